//! Every adapter, through the real sender, against its platform's stand-in.

pub mod acts;
pub mod document;

use std::cell::Cell;
use std::future::ready;
use std::io::Read as _;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use futures_util::future::join_all;
use serde_json::{Value, json};
use seventytwo::broadcast::guard::{Guard, Refused};
use seventytwo::broadcast::message::{Message, plain};
use seventytwo::broadcast::platforms::{self, Credentials, Outgoing, Stamp, Verdict, adapter};
use seventytwo::broadcast::send::{Limits, SendFault, Sender, Unanswered};
use seventytwo::domain::delivery::{Fault, Outcome};
use seventytwo::domain::group::Platform;
use seventytwo::domain::language::Language;
use tokio::net::TcpListener;
use url::Url;
use uuid::Uuid;

use crate::fakes::{Act, Fake, Rules, Wire};
use crate::postgres::vacant_port;
use crate::{Test, alone};

/// The tests of this file.
pub const TESTS: &[Test] = &[
    alone!(every_platform_takes_what_we_send),
    alone!(a_wrong_secret_an_old_clock_and_a_missing_keyword_are_named),
    alone!(the_twenty_first_message_of_a_minute_is_limited),
    alone!(faults_of_a_platform_are_judged_and_redirects_not_followed),
    alone!(connections_are_kept),
    alone!(a_connection_closed_while_it_rested_costs_nothing),
    alone!(silence_after_a_request_is_doubt_and_never_repeated),
    alone!(of_an_endless_answer_64_kilobytes_are_read),
    alone!(a_host_at_its_cap_lets_requests_wait_and_then_go),
    alone!(what_may_no_longer_leave_is_held_back_when_its_turn_has_come),
    alone!(few_connections_to_a_host_are_opened_at_a_time),
    alone!(what_is_refused_is_not_connected_to),
    alone!(nobody_listening_is_no_delivery),
];

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OK: &str = "HTTP/1.1 204 No Content\r\n\r\n";
/// Answers that break off in the head or in the body.
const HALF_A_HEAD: &str = "HTTP/1.1 200 OK\r\nx-slow:";
const HALF_A_BODY: &str = "HTTP/1.1 200 OK\r\ncontent-length: 9000\r\n\r\n{\"ok\":true}";

fn now() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 23, 1, 40, 0).unwrap()
}

fn words() -> Message {
    plain(Language::ZhCn, "broadcast-code", &[("code", "123456".into())], DateTime::UNIX_EPOCH)
}

/// A group admin's credentials, with fields added or replaced.
fn credentials(fake: &Fake, more: &[(&str, &str)]) -> Credentials {
    let mut given = fake.credentials();
    given.extend(more.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))));
    let (platform, gateway) = fake.gateway();
    adapter(platform).credentials(&given, &[7; 32], Some(&gateway)).unwrap()
}

/// One group on one stand-in, and the way to reach it.
struct Lane {
    fake: Fake,
    sender: Sender,
    credentials: Credentials,
}

impl Lane {
    async fn start(platform: Platform, rules: Rules) -> Lane {
        let fake = Fake::start(platform, rules, now()).await;
        let sender = Sender::new(Guard::new([fake.gateway()]), Limits::default());
        let credentials = credentials(&fake, &[]);
        Lane { fake, sender, credentials }
    }

    /// Sends the first part of a message.
    async fn deliver(&self, message: &Message, at: DateTime<Utc>) -> Verdict {
        self.act(platforms::Act::Say(0), message, &Stamp::new(at, Uuid::from_u128(7))).await
    }

    async fn act(&self, act: platforms::Act<'_>, message: &Message, stamp: &Stamp) -> Verdict {
        let adapter = adapter(self.credentials.platform);
        let body = adapter.compose(message, act).expect("something to say");
        self.send(act, adapter.address(act, &body, &self.credentials, stamp)).await
    }

    async fn send(&self, act: platforms::Act<'_>, outgoing: Outgoing) -> Verdict {
        adapter(self.credentials.platform).judge(act, &self.sender.send(outgoing).await.unwrap())
    }
}

fn secret_of(platform: Platform) -> Option<String> {
    match platform {
        Platform::Dingtalk | Platform::Feishu => Some("SECret".into()),
        Platform::Webhook => Some(SECRET.into()),
        _ => None,
    }
}

async fn every_platform_takes_what_we_send() {
    for platform in Platform::ALL {
        let lane = Lane::start(platform, Rules { secret: secret_of(platform), keyword: None }).await;
        let outcome = lane.deliver(&words(), now()).await.outcome;
        let referred = matches!(outcome, Outcome::Delivered(Some(_)));
        assert!(matches!(outcome, Outcome::Delivered(_)), "{platform:?}: {outcome:?}");
        assert_eq!(referred, !adapter(platform).takes_back(&lane.credentials).is_empty(), "{platform:?}");
        assert!(lane.fake.read().unwrap().to_string().contains("【72小时】"));
        lane.fake.assert_drained().await;
    }
}

async fn a_wrong_secret_an_old_clock_and_a_missing_keyword_are_named() {
    for platform in [Platform::Dingtalk, Platform::Feishu] {
        let rules = Rules { secret: Some("SECret".into()), keyword: Some("寻亲".into()) };
        let mut lane = Lane::start(platform, rules).await;
        let fault = |verdict: Verdict| match verdict.outcome {
            Outcome::Config(fault) => fault,
            other => panic!("{other:?}"),
        };
        assert_eq!(fault(lane.deliver(&words(), now()).await), Fault::Keyword);
        let old = if platform == Platform::Dingtalk { Fault::Clock } else { Fault::Signature };
        assert_eq!(fault(lane.deliver(&words(), now() - TimeDelta::hours(2)).await), old);
        lane.credentials = credentials(&lane.fake, &[("secret", "SECond"), ("keyword", "寻亲")]);
        assert_eq!(fault(lane.deliver(&words(), now()).await), Fault::Signature);
        lane.credentials = credentials(&lane.fake, &[("keyword", "寻亲")]);
        assert_eq!(lane.deliver(&words(), now()).await.outcome, Outcome::Delivered(None));
        assert!(lane.fake.read().is_some());
        lane.fake.assert_drained().await;
    }
}

async fn the_twenty_first_message_of_a_minute_is_limited() {
    for (platform, wait) in [(Platform::Wecom, 60), (Platform::Dingtalk, 600)] {
        let lane = Lane::start(platform, Rules::default()).await;
        for _ in 0..20 {
            assert_eq!(lane.deliver(&words(), now()).await.outcome, Outcome::Delivered(None));
            lane.fake.read().unwrap();
        }
        let limited = Outcome::Slow(Duration::from_secs(wait));
        assert_eq!(lane.deliver(&words(), now()).await.outcome, limited);
        let wait = TimeDelta::seconds(wait as i64);
        lane.fake.set_now(now() + wait - TimeDelta::seconds(1));
        assert_eq!(lane.deliver(&words(), now()).await.outcome, limited);
        lane.fake.set_now(now() + wait);
        assert_eq!(lane.deliver(&words(), now()).await.outcome, Outcome::Delivered(None));
        lane.fake.read().unwrap();
        lane.fake.assert_drained().await;
    }
}

async fn faults_of_a_platform_are_judged_and_redirects_not_followed() {
    let lane = Lane::start(Platform::Wecom, Rules::default()).await;
    let canary = Wire::start(&[]).await;
    for (status, header, body, outcome) in [
        (302, ("location", canary.address.as_str()), "", Outcome::Retry),
        (429, ("retry-after", "17"), "", Outcome::Slow(Duration::from_secs(17))),
        (500, ("x-nothing", ""), "<html>", Outcome::Retry),
        (200, ("x-nothing", ""), "<html>ok</html>", Outcome::Unknown),
        (200, ("x-nothing", ""), r#"{"errcode":93000,"errmsg":"invalid webhook url"}"#, Outcome::Gone),
    ] {
        lane.fake.script(status, &[header], body);
        assert_eq!(lane.deliver(&words(), now()).await.outcome, outcome, "{status} {body}");
    }
    assert_eq!(canary.connections(), 0);
    lane.fake.assert_drained().await;
}

/// Short enough to wait for, yet enough for a peer that answers on a busy machine.
const EXCHANGE: Duration = Duration::from_secs(5);

/// A request to a peer that may misbehave.
fn to(wire: &Wire) -> (Sender, Outgoing) {
    let limits = Limits { exchange: EXCHANGE, ..Limits::default() };
    let sender = Sender::new(Guard::new([(Platform::Webhook, wire.address.clone())]), limits);
    let adapter = adapter(Platform::Webhook);
    let credentials = Credentials::at(Platform::Webhook, wire.address.to_string());
    let (act, stamp) = (platforms::Act::Say(0), Stamp::new(now(), Uuid::from_u128(7)));
    let outgoing = adapter.address(act, &adapter.compose(&words(), act).unwrap(), &credentials, &stamp);
    (sender, outgoing)
}

async fn connections_are_kept() {
    let wire = Wire::start(&[Act::Say(OK); 5]).await;
    let (sender, outgoing) = to(&wire);
    for _ in 0..5 {
        assert_eq!(sender.send(outgoing.clone()).await.unwrap().status, 204);
    }
    assert_eq!((wire.connections(), wire.requests()), (1, 5));
}

async fn a_connection_closed_while_it_rested_costs_nothing() {
    let wire = Wire::start(&[Act::SayAndClose(OK), Act::Say(OK)]).await;
    let (sender, outgoing) = to(&wire);
    sender.send(outgoing.clone()).await.unwrap();
    wire.closed().await;
    assert_eq!(sender.send(outgoing).await.unwrap().status, 204);
    assert_eq!((wire.connections(), wire.requests()), (2, 2));
}

async fn silence_after_a_request_is_doubt_and_never_repeated() {
    let (late, broken) = (SendFault::Timeout { sent: true }, SendFault::Broken { sent: true });
    let cases = [
        (Act::Hang, late),
        (Act::Stall(HALF_A_HEAD), late),
        (Act::Stall(HALF_A_BODY), late),
        (Act::Drip(HALF_A_HEAD), late),
        (Act::Drip(HALF_A_BODY), late),
        (Act::Close, broken),
        (Act::SayAndClose(HALF_A_HEAD), broken),
        (Act::SayAndClose(HALF_A_BODY), broken),
    ];
    let ends = async |act: Act, fault: SendFault, before: usize| {
        let acts: Vec<Act> = [Act::Say(OK)].repeat(before).into_iter().chain([act]).collect();
        let wire = Wire::start(&acts).await;
        let (sender, outgoing) = to(&wire);
        for _ in 0..before {
            sender.send(outgoing.clone()).await.unwrap();
        }
        assert_eq!(sender.send(outgoing).await, Err(fault), "{act:?}");
        assert_eq!(fault.outcome(), Outcome::Unknown);
        assert_eq!(wire.requests(), before + 1, "{act:?}");
    };
    // Once on a fresh connection and once on a used one; all wait at the same time.
    let twice = cases.iter().flat_map(|case| [(case, 0), (case, 1)]);
    join_all(twice.map(|(&(act, fault), before)| ends(act, fault, before))).await;
}

async fn of_an_endless_answer_64_kilobytes_are_read() {
    let wire = Wire::start(&[Act::Endless, Act::Say(OK)]).await;
    let (sender, outgoing) = to(&wire);
    assert_eq!(sender.send(outgoing.clone()).await.unwrap().body.len(), 64 * 1024);
    assert_eq!(sender.send(outgoing).await.unwrap().status, 204);
    assert_eq!(wire.connections(), 2, "the connection is not used again");
}

async fn a_host_at_its_cap_lets_requests_wait_and_then_go() {
    let wire = Wire::start(&[Act::Hang, Act::Say(OK)]).await;
    let (_, outgoing) = to(&wire);
    let limits =
        Limits { per_host: 1, queue: Duration::from_millis(100), exchange: EXCHANGE, ..Limits::default() };
    let sender = Sender::new(Guard::new([(Platform::Webhook, wire.address.clone())]), limits);
    let (first, second) = tokio::join!(sender.send(outgoing.clone()), sender.send(outgoing.clone()));
    assert_eq!(first, Err(SendFault::Timeout { sent: true }));
    assert_eq!(second, Err(SendFault::Timeout { sent: false }));
    assert_eq!(sender.send(outgoing).await.unwrap().status, 204);
}

async fn what_may_no_longer_leave_is_held_back_when_its_turn_has_come() {
    let wire = Wire::start(&[Act::Hang, Act::Say(OK), Act::Say(OK)]).await;
    let (_, outgoing) = to(&wire);
    // A request waits for the place until it is free.
    let limits = Limits { per_host: 1, queue: 2 * EXCHANGE, exchange: EXCHANGE, ..Limits::default() };
    let sender = Sender::new(Guard::new([(Platform::Webhook, wire.address.clone())]), limits);
    // The only place is taken by a request that hangs; while the others wait for it, their notice ends.
    let over = Cell::new(false);
    let may = |longest: Duration| {
        assert!(longest <= limits.exchange);
        ready(if over.get() { Err("over") } else { Ok(()) })
    };
    let hangs = async {
        let hung = sender.send(outgoing.clone()).await;
        over.set(true);
        hung
    };
    let (hung, second, third) =
        tokio::join!(hangs, sender.send_if(outgoing.clone(), may), sender.send_if(outgoing.clone(), may),);
    assert_eq!(hung, Err(SendFault::Timeout { sent: true }));
    for held in [second, third] {
        assert!(matches!(held, Err(Unanswered::Withheld("over"))), "{held:?}");
    }
    assert_eq!(wire.requests(), 1);
    sender.send(outgoing).await.unwrap();
    assert_eq!(wire.connections(), 2, "the connection that was not used is there for the next");
}

async fn few_connections_to_a_host_are_opened_at_a_time() {
    let peer = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("https://{}/hook", peer.local_addr().unwrap())).unwrap();
    let limits = Limits { opening: 2, connect: Duration::from_millis(300), ..Limits::default() };
    let sender = Sender::new(Guard::new([(Platform::Webhook, url.clone())]), limits);
    let (_, outgoing) = to(&Wire::start(&[]).await);
    let outgoing = Outgoing { url, ..outgoing };
    // It accepts connections and does not answer: each is being opened until its time is up.
    let (mut open, mut most) = (Vec::new(), 0);
    let takes = async {
        loop {
            let taken = peer.accept().await.unwrap().0.into_std().unwrap();
            // Asks the operating system: a request that gave up did so before the next one came.
            open.retain(is_open);
            open.push(taken);
            most = open.len().max(most);
        }
    };
    let sends = join_all((0..6).map(|_| sender.send(outgoing.clone())));
    let ended = tokio::select! { ended = sends => ended, () = takes => unreachable!("it takes for ever") };
    assert!(ended.iter().all(|ended| *ended == Err(SendFault::Connect)), "{ended:?}");
    assert_eq!(most, 2);
}

fn is_open(mut stream: &std::net::TcpStream) -> bool {
    let mut heard = [0; 4096];
    loop {
        match stream.read(&mut heard) {
            Ok(0) => return false,
            Ok(_) => {}
            Err(error) => return error.kind() == std::io::ErrorKind::WouldBlock,
        }
    }
}

async fn what_is_refused_is_not_connected_to() {
    let canary = Wire::start(&[]).await;
    let sender = Sender::new(Guard::default(), Limits::default());
    let (_, outgoing) = to(&canary);
    let refused = |url: &str| sender.send(Outgoing { url: Url::parse(url).unwrap(), ..outgoing.clone() });
    assert_eq!(refused(canary.address.as_str()).await, Err(SendFault::Refused(Refused::Scheme)));
    let tls = format!("https://localhost:{}/", canary.address.port().unwrap());
    assert_eq!(refused(&tls).await, Err(SendFault::Refused(Refused::Host)));
    assert_eq!(canary.connections(), 0);
}

async fn nobody_listening_is_no_delivery() {
    let (_nobody, port) = vacant_port();
    let wire = Wire::start(&[]).await;
    let (_, outgoing) = to(&wire);
    let url = Url::parse(&format!("http://127.0.0.1:{port}/")).unwrap();
    let sender = Sender::new(Guard::new([(Platform::Webhook, url.clone())]), Limits::default());
    let fault = sender.send(Outgoing { url, ..outgoing }).await.unwrap_err();
    assert_eq!((fault, fault.outcome()), (SendFault::Connect, Outcome::Retry));
    assert_eq!(json!(fault.as_str()), "connect");
}
