//! The picture of a message cannot be drawn for a while: words wait for it briefly or not at all, and once it
//! can be drawn, every group that lacks it gets it.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use chrono::TimeDelta;
use futures_util::future::BoxFuture;
use serde_json::json;
use seventytwo::broadcast::drawing::{Drawn, Failed};
use seventytwo::broadcast::script::Numbered;
use seventytwo::domain::group::Platform;
use seventytwo::domain::people::Role;
use seventytwo::store::deliveries;

use super::clocks::house_of;
use super::crowd::{Crowd, Mood};
use super::{count, pace};
use crate::fakes::Fake;
use crate::house::{COOLING, House, Person};
use crate::process::{connect, eventually};
use crate::{Test, housed, notices};

pub const TESTS: &[Test] = &[
    housed!(a_photo_that_cannot_be_read_for_a_moment_is_seen),
    housed!(words_wait_for_a_photo_that_is_away_for_a_moment),
    housed!(words_wait_shortly_for_a_photo_that_stays_away),
    housed!(a_photo_that_never_comes_ends_with_its_notice),
    housed!(words_without_their_picture_wait_for_nobody),
    housed!(a_disk_that_hangs_holds_up_no_words),
    housed!(an_upload_that_hangs_holds_up_no_words),
    housed!(pictures_of_many_notices_at_once_are_kept_within_bounds_and_each_is_seen),
];

/// Platforms that show a picture in a message after the words, and one that shows it with the words.
const APART: [Platform; 2] = [Platform::Wecom, Platform::Matrix];
const WITH_IT: Platform = Platform::Telegram;

/// A notice that goes live in half a minute, with a photo or without.
async fn approve(house: &House, moderator: &Person, phone: &str, with_photo: bool) -> String {
    let mut notice = notices::lost_property(house.clock.now());
    notice["reporter"]["phone"] = phone.into();
    if with_photo {
        notice["photo_ids"] = json!([house.photo(notices::jpeg()).await]);
    }
    let (case, _) = house.submit(&notice).await;
    house.approve(&case, &[moderator]).await;
    case
}

/// Makes photos unreadable until the flag is set. A poster without a photo can always be drawn.
fn photos_of(house: &mut House) -> Arc<AtomicBool> {
    let readable = Arc::<AtomicBool>::default();
    let told = readable.clone();
    let draw = move |_, said: Option<Numbered>, _| -> BoxFuture<'static, Drawn> {
        let drawn = told.load(Ordering::SeqCst) || said.is_none_or(|(_, public)| public.photos.is_empty());
        Box::pin(
            async move { if drawn { Ok(Some(Bytes::from_static(b"\xff\xd8\xff"))) } else { Err(Failed) } },
        )
    };
    pace::draw_by(house, Arc::new(draw));
    readable
}

/// Lets this much time pass, step by step.
async fn wait(house: &House, seconds: i64) {
    for _ in 0..seconds / 2 {
        house.pass(TimeDelta::seconds(2)).await;
    }
}

/// How often a chat was shown a case's words, and how many pictures.
fn seen(chat: &Arc<Fake>, case: &str) -> (usize, usize) {
    let shown = chat.shown();
    let words = shown.iter().filter(|shown| shown.text.contains(case)).count();
    (words, shown.iter().filter(|shown| shown.picture.is_some()).count())
}

/// The folder of the photos is missing, like a disk that is not mounted yet.
async fn a_photo_that_cannot_be_read_for_a_moment_is_seen(house: House) -> House {
    let (house, moderator) = house_of(house, &APART).await;
    let case = approve(&house, &moderator, "13800138001", true).await;
    let [photos, away] = ["photos", "away"].map(|name| house.db.folder.path().join("blobs").join(name));
    std::fs::rename(&photos, &away).unwrap();
    house.pass(COOLING).await;
    let all_see = |what| house.chats.iter().all(|chat| seen(chat, &case) == what);
    assert!(all_see((1, 0)), "words of their own do not wait");
    std::fs::rename(&away, &photos).unwrap();
    let seen_now = async || {
        house.pass(TimeDelta::seconds(2)).await;
        all_see((1, 1))
    };
    eventually("the picture is seen", seen_now).await;
    let told = "SELECT COUNT(*) AS n FROM deliveries WHERE state = 'delivered'";
    assert_eq!(count(&house.db, told).await, 2);
    house.overhear().await;
    house
}

async fn words_wait_for_a_photo_that_is_away_for_a_moment(house: House) -> House {
    let (mut house, moderator) = house_of(house, &[WITH_IT]).await;
    let readable = photos_of(&mut house);
    let case = approve(&house, &moderator, "13800138001", true).await;
    house.pass(COOLING).await;
    assert_eq!(seen(&house.chats[0], &case), (0, 0));
    readable.store(true, Ordering::SeqCst);
    wait(&house, 4).await;
    assert_eq!(seen(&house.chats[0], &case), (1, 1));
    house.overhear().await;
    house
}

async fn words_wait_shortly_for_a_photo_that_stays_away(house: House) -> House {
    let (mut house, moderator) = house_of(house, &[APART[0], WITH_IT]).await;
    let readable = photos_of(&mut house);
    let case = approve(&house, &moderator, "13800138001", true).await;
    house.pass(COOLING).await;
    wait(&house, 20).await;
    assert_eq!(seen(&house.chats[1], &case), (1, 0), "words alone");
    let other = approve(&house, &moderator, "13800138002", false).await;
    house.pass(COOLING).await;
    for chat in &house.chats {
        assert_eq!(seen(chat, &other), (1, 1), "nothing else waits for it");
    }
    let failing = "SELECT COUNT(*) AS n FROM lanes WHERE failures > 0";
    assert_eq!(count(&house.db, failing).await, 0, "it is no fault of a group's");
    wait(&house, 120).await;
    readable.store(true, Ordering::SeqCst);
    wait(&house, 300).await;
    assert_eq!(seen(&house.chats[0], &case), (1, 2), "its picture, too");
    assert_eq!(seen(&house.chats[1], &case), (1, 1), "said once");
    house.overhear().await;
    house
}

/// A group that got the words has received the notice.
async fn a_photo_that_never_comes_ends_with_its_notice(house: House) -> House {
    let (mut house, moderator) = house_of(house, &[APART[0]]).await;
    photos_of(&mut house);
    approve(&house, &moderator, "13800138001", true).await;
    house.pass(COOLING).await;
    let ends = house.clock.now() + TimeDelta::hours(72);
    house.pass(TimeDelta::hours(71)).await;
    let next = async || {
        let now = house.clock.now();
        let due = house.stations.shared.store.read(move |c| deliveries::next_due(c, now)).await.unwrap();
        due.filter(|due| *due < ends)
    };
    while let Some(due) = next().await {
        house.pass(due - house.clock.now()).await;
    }
    let told = "SELECT COUNT(*) AS n FROM deliveries WHERE state = 'delivered'";
    assert_eq!(count(&house.db, told).await, 1);
    house.overhear().await;
    house
}

/// Two groups of one account, each of which could tell the other the account's id for the picture.
async fn words_without_their_picture_wait_for_nobody(house: House) -> House {
    let crowd = Crowd::start(Mood::Silent).await;
    let mut house = house.and_gateways(vec![(WITH_IT, crowd.url.clone())]).await;
    photos_of(&mut house);
    house.person("王群主", Role::GroupAdmin).await;
    let moderator = house.person("林志愿", Role::Moderator).await;
    let groups = ["-1001", "-1002"].map(|chat| (WITH_IT, crowd.url.as_str(), chat.to_owned()));
    connect(&house.db, "王群主", groups).await;
    approve(&house, &moderator, "13800138001", true).await;
    let said = async {
        house.pass(COOLING).await;
        house.pass(TimeDelta::seconds(10)).await;
    };
    let both = async {
        eventually("both are asked", async || crowd.requests() == 2).await;
        crowd.turn(Mood::Well(0));
    };
    tokio::join!(said, both);
    let waited = "SELECT COUNT(*) AS n FROM attempts WHERE code = 'timeout'";
    assert_eq!(count(&house.db, waited).await, 0, "one waited for the other's answer");
    house
}

/// A photo that cannot be read to its end: a pipe, into which nobody writes, is in its place.
struct Stuck(PathBuf);

impl Stuck {
    fn of_the_only_photo(house: &House) -> Stuck {
        let photos = std::fs::read_dir(house.db.folder.path().join("blobs/photos")).unwrap();
        let pages: Vec<PathBuf> = photos.map(|photo| photo.unwrap().path().join("page")).collect();
        let [page] = pages.as_slice() else { panic!("{pages:?}") };
        std::fs::rename(page, page.with_extension("kept")).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(page).status().unwrap().success());
        Stuck(page.clone())
    }
}

impl Drop for Stuck {
    /// Restores the photo; readers waiting on the pipe get an empty file.
    fn drop(&mut self) {
        let pipe = self.0.with_extension("pipe");
        std::fs::rename(&self.0, &pipe).unwrap();
        std::fs::rename(self.0.with_extension("kept"), &self.0).unwrap();
        std::thread::spawn(move || std::fs::OpenOptions::new().write(true).open(pipe));
    }
}

async fn a_disk_that_hangs_holds_up_no_words(house: House) -> House {
    let (house, moderator) = house_of(house, &[APART[0], WITH_IT]).await;
    let case = approve(&house, &moderator, "13800138001", true).await;
    let stuck = Stuck::of_the_only_photo(&house);
    let other = approve(&house, &moderator, "13800138002", false).await;
    let [apart, with_it] = house.chats.as_slice() else { panic!("two chats") };
    let heard = async || {
        house.pass(TimeDelta::seconds(2)).await;
        seen(apart, &other) == (1, 1) && seen(with_it, &other).0 == 1
    };
    house.pass(COOLING).await;
    eventually("the other is heard of, with its picture", heard).await;
    assert_eq!(seen(apart, &case), (1, 1), "the picture of the other");
    drop(stuck);
    let all = async || {
        house.pass(TimeDelta::seconds(2)).await;
        seen(apart, &case) == (1, 2) && seen(with_it, &case).0 > 0
    };
    eventually("the picture is seen", all).await;
    wait(&house, 30).await;
    assert_eq!((seen(apart, &case), seen(with_it, &case).0), ((1, 2), 1), "said once");
    house.overhear().await;
    house
}

/// Many groups of one bot, whose platform answers nothing that can be understood: two of them try the picture, all
/// others are told the words, and so are those two when their turn comes again.
async fn an_upload_that_hangs_holds_up_no_words(house: House) -> House {
    const GROUPS: usize = 12;
    let crowd = Crowd::start(Mood::Unwell(200)).await;
    let house = house.and_gateways(vec![(WITH_IT, crowd.url.clone())]).await;
    let moderator = house.person("林志愿", Role::Moderator).await;
    house.person("王群主", Role::GroupAdmin).await;
    let chats = (0..GROUPS).map(|number| (WITH_IT, &*crowd.url, format!("-{}", 1001 + number)));
    connect(&house.db, "王群主", chats).await;
    approve(&house, &moderator, "13800138001", true).await;
    house.pass(COOLING).await;
    wait(&house, 30).await;
    let with_picture = || crowd.arrivals().iter().filter(|arrival| arrival.said.len() > 10_000).count();
    assert_eq!((crowd.requests(), with_picture()), (GROUPS, 2));
    wait(&house, 90).await;
    assert_eq!((crowd.requests(), with_picture()), (2 * GROUPS, 2));
    house
}

/// A picture of 1 MB for each notice. A picture that is cached somewhere has more than one owner.
async fn pictures_of_many_notices_at_once_are_kept_within_bounds_and_each_is_seen(house: House) -> House {
    const BYTES: usize = 1024 * 1024;
    const ROOM: usize = 16;
    let (mut house, moderator) = house_of(house, &APART).await;
    let drawn = Arc::<Mutex<Vec<Bytes>>>::default();
    let by = drawn.clone();
    let draw = move |_, _, _| -> BoxFuture<'static, Drawn> {
        let mut picture = vec![0; BYTES];
        picture[..3].copy_from_slice(b"\xff\xd8\xff");
        let picture = Bytes::from(picture);
        by.lock().unwrap().push(picture.clone());
        Box::pin(async move { Ok(Some(picture)) })
    };
    pace::draw_by(&mut house, Arc::new(draw));
    let mut told = 0;
    // First as many as there is room for, then more than that.
    for (notices, times_drawn) in [(10, Some(10)), (20, None)] {
        for number in told..told + notices {
            approve(&house, &moderator, &format!("138001380{number:02}"), false).await;
        }
        told += notices;
        let seen = |chat: &Arc<Fake>| chat.shown().iter().filter(|shown| shown.picture.is_some()).count();
        let all = async || {
            house.pass(TimeDelta::seconds(5)).await;
            house.chats.iter().all(|chat| seen(chat) == told)
        };
        house.pass(COOLING).await;
        eventually("each chat sees each picture", all).await;
        let drawn = drawn.lock().unwrap();
        assert!(times_drawn.is_none_or(|times| drawn.len() == times), "drawn {} times", drawn.len());
        let kept = drawn.iter().filter(|picture| !picture.is_unique()).count();
        assert!(kept <= ROOM, "{kept} MB are kept");
    }
    house.overhear().await;
    house
}
