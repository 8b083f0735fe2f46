//! The cost of a peer that misbehaves below HTTP: perhaps the message it took, and nobody else's.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use seventytwo::broadcast::send::{Limits, Sender};
use seventytwo::domain::group::Platform;

use super::count;
use super::crowd::{Crowd, Mood};
use super::faults::{go_live, house_of};
use super::pace::draw_nothing;
use crate::fakes::{Act, Wire};
use crate::house::House;
use crate::process::connect;
use crate::{Test, housed};

pub const TESTS: &[Test] = &[
    housed!(an_answer_that_never_ends_is_doubt_and_delays_nobody_else),
    housed!(uploads_that_fail_are_held_against_the_host),
];

/// A body that proves a delivery but is shorter than announced.
const TOO_SHORT: &str = "HTTP/1.1 200 OK\r\ncontent-length: 9000\r\n\r\n{\"errcode\":0,\"errmsg\":\"ok\"}";
const TAKEN: &str = "HTTP/1.1 200 OK\r\ncontent-length: 27\r\n\r\n{\"errcode\":0,\"errmsg\":\"ok\"}";

/// The origin of a wire, without a path.
fn origin(wire: &Wire) -> String {
    wire.address.origin().ascii_serialization()
}

/// An answer is waited for up to the deadline of the exchange, whatever arrives meanwhile.
async fn an_answer_that_never_ends_is_doubt_and_delays_nobody_else(house: House) -> House {
    let stuck = Wire::start(&[Act::Stall(TOO_SHORT), Act::Drip(TOO_SHORT), Act::Say(TAKEN)]).await;
    let well = Crowd::start(Mood::Well(0)).await;
    let (url, others) = (origin(&stuck), [(Platform::Wecom, well.url.as_str(), "well".to_owned())]);
    let crowds = [(Platform::Dingtalk, url.as_str()), (Platform::Wecom, well.url.as_str())];
    let (mut house, moderator) = house_of(house, &crowds).await;
    draw_nothing(&mut house);
    connect(&house.db, "王群主", [(Platform::Dingtalk, url.as_str(), "stuck".to_owned())]).await;
    connect(&house.db, "王群主", others).await;

    let overtakes = async {
        while well.requests() == 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(stuck.ended(), 0, "it waited for the one that hangs");
    };
    let ((_, manage), ()) = tokio::join!(go_live(&house, &moderator), overtakes);
    assert_eq!((stuck.requests(), doubts(&house).await), (1, 1));
    assert_eq!(
        count(&house.db, "SELECT COUNT(*) AS n FROM deliveries WHERE state = 'open' AND reach = 1").await,
        1
    );
    // The next time, when nobody else is asked, the limit is short enough to wait for.
    let limits = Limits { exchange: Duration::from_secs(5), ..Limits::default() };
    let guard = house.stations.worker.sender.guard().clone();
    house.stations.worker.sender = Arc::new(Sender::new(guard, limits));
    // Sent once more after a minute, and never again.
    for (minutes, requests) in [(0, 1), (2, 2), (60, 2)] {
        house.pass(TimeDelta::minutes(minutes)).await;
        assert_eq!((stuck.requests(), doubts(&house).await), (requests, requests as i64), "{minutes}");
    }
    let given_up = "SELECT COUNT(*) AS n FROM deliveries WHERE state = 'given_up' AND reach = 1";
    assert_eq!(count(&house.db, given_up).await, 1);
    assert_eq!(well.requests(), 2, "words and poster, each once");

    // A group that may have heard of it hears that it is over.
    house.close(&manage, "returned").await;
    house.settle().await;
    assert_eq!(stuck.requests(), 3);
    house
}

/// Attempts in doubt because the answer never ended.
async fn doubts(house: &House) -> i64 {
    let doubts = "SELECT COUNT(*) AS n FROM attempts WHERE outcome = 'unknown' AND code = 'timeout'";
    count(&house.db, doubts).await
}

/// The words of a message arrive in three rooms; then its picture cannot be uploaded.
async fn uploads_that_fail_are_held_against_the_host(house: House) -> House {
    const SAID: &str = "HTTP/1.1 200 OK\r\ncontent-length: 17\r\n\r\n{\"event_id\":\"$a\"}";
    const UPLOADED: &str = "HTTP/1.1 200 OK\r\ncontent-length: 30\r\n\r\n{\"content_uri\":\"mxc://x/face\"}";
    const UNWELL: &str = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n";
    // Three rounds: the ninth request is under way when the eighth fails.
    let failing = [Act::Close, Act::Say(UNWELL), Act::Close].repeat(3);
    let uploaded = [Act::Say(UPLOADED), Act::Say(SAID), Act::Say(SAID), Act::Say(SAID)];
    let acts: Vec<Act> = [Act::Say(SAID)].repeat(3).into_iter().chain(failing).chain(uploaded).collect();
    let wire = Wire::start(&acts).await;
    let url = origin(&wire);
    let (house, moderator) = house_of(house, &[(Platform::Matrix, &url)]).await;
    let rooms = ["one", "two", "three"].map(|room| (Platform::Matrix, url.as_str(), room.to_owned()));
    connect(&house.db, "王群主", rooms).await;
    go_live(&house, &moderator).await;
    let away = || house.stations.worker.hosts.lock().away(house.clock.now());
    assert_eq!(wire.requests(), 3, "the words");
    while away() == 0 {
        assert!(wire.requests() < 3 + 8, "eight have failed, of three rooms");
        // Longer than any wait of ours.
        house.pass(TimeDelta::minutes(20)).await;
    }
    assert_eq!(wire.requests(), 3 + 9);
    for _ in 0..4 {
        house.pass(TimeDelta::minutes(20)).await;
    }
    assert_eq!((wire.requests(), away()), (acts.len(), 0));
    assert_eq!(count(&house.db, "SELECT COUNT(*) AS n FROM deliveries WHERE state = 'delivered'").await, 3);
    house
}
