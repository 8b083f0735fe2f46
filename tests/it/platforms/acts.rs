//! What each platform's adapter shows to people in the chat: a notice with its picture, and what is left of
//! it once it is over.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chrono::TimeDelta;
use seventytwo::broadcast::message::{Known, message};
use seventytwo::broadcast::platforms::{Act, Picture, TakeBack};
use seventytwo::domain::case_number::CaseNumber;
use seventytwo::domain::delivery::Purpose;
use seventytwo::domain::notice::{LastSeen, Person, Precision, Public, Sex, Subject};
use seventytwo::domain::region::Region;

use super::*;
use crate::fakes::Shown;

/// The tests of this file.
pub const TESTS: &[Test] = &[
    alone!(a_notice_is_shown_with_its_picture),
    alone!(the_longest_notice_is_cut_and_taken),
    alone!(an_answer_that_repeats_the_longest_words_is_read_whole),
    alone!(each_way_of_taking_back_leaves_what_it_says),
    alone!(what_is_taken_back_already_stays_so),
    alone!(what_is_impossible_is_told_from_what_is_done),
    alone!(a_picture_is_uploaded_once_and_said_by_its_handle),
    alone!(a_request_said_again_makes_no_second_event),
    alone!(a_webhook_of_slack_takes_nothing_back),
    alone!(limits_are_read_in_their_own_unit),
    alone!(a_dead_key_is_named_and_whose_it_is),
];

const LINK: &str = "https://72.example.org/n/00000-00010";
const POSTER: &str = "https://72.example.org/n/00000-00010/poster.jpg";
const PHOTO: Bytes = Bytes::from_static(b"\xff\xd8\xff\xe0a face\r\n--boundary\r\n\xff\xd9");
const NEUTRAL: Bytes = Bytes::from_static(b"\xff\xd8\xff\xe0nobody\xff\xd9");

fn person(description: &str) -> Public {
    Public {
        region: Region::parse("131003").unwrap(),
        subject: Subject::MissingPerson {
            person: Person {
                name: "王秀英".into(),
                age: 76,
                sex: Some(Sex::Female),
                height_cm: Some(158),
                appearance: Some("花白短发".into()),
                clothing: Some("红色棉袄".into()),
                medical_urgent: true,
            },
        },
        last_seen: Some(LastSeen { at: now(), precision: Precision::About, place: "人民公园".into() }),
        description: description.to_owned(),
        police_station: None,
        phone: None,
        photos: Vec::new(),
    }
}

fn saying(purpose: Purpose, description: &str) -> Message {
    let (case, public) = (CaseNumber::from_bits(1), person(description));
    let mut said = message(&Known {
        purpose,
        kind: public.subject.kind(),
        case_number: &case,
        link: LINK,
        poster: Some(POSTER),
        public: Some(&public),
        outcome: None,
        language: Language::ZhCn,
        at: now(),
    });
    said.picture = Some(if purpose.ends() { NEUTRAL } else { PHOTO });
    said
}

fn alert() -> Message {
    saying(Purpose::Alert, "出门买菜未归。")
}

fn closing() -> Message {
    saying(Purpose::Closing, "")
}

fn stamp() -> Stamp {
    Stamp::new(now(), Uuid::from_u128(7))
}

impl Lane {
    async fn to(platform: Platform) -> Lane {
        Lane::start(platform, Rules { secret: secret_of(platform), keyword: None }).await
    }

    /// Sends every part of a message, a second apart; returns the references.
    async fn say(&self, message: &Message) -> Vec<Option<String>> {
        let adapter = adapter(self.credentials.platform);
        let mut references = Vec::new();
        for part in 0..adapter.parts(message) {
            let (act, mut stamp) = (Act::Say(part), stamp());
            let picture = message.picture.as_ref().filter(|_| adapter.form(act).pictured);
            if let Some(upload) = picture.and_then(|picture| adapter.upload(picture, &self.credentials)) {
                stamp.media = self.send(act, upload).await.media.map(Arc::from);
                assert!(stamp.media.is_some());
            }
            match self.act(act, message, &stamp).await.outcome {
                Outcome::Delivered(reference) => references.push(reference),
                other => panic!("{:?}: {other:?}", self.credentials.platform),
            }
            self.fake.read().expect("what was said");
        }
        references
    }

    /// What people see, one line per message.
    fn shown(&self) -> Vec<Shown> {
        self.fake.shown()
    }
}

/// The platforms on which a message can be taken back.
fn revocable() -> impl Iterator<Item = Platform> {
    Platform::ALL.into_iter().filter(|platform| !adapter(*platform).profile().takes_back.is_empty())
}

async fn a_notice_is_shown_with_its_picture() {
    for platform in Platform::ALL {
        let lane = Lane::to(platform).await;
        lane.say(&alert()).await;
        let shown = lane.shown();
        let read: String = shown.iter().map(|shown| shown.text.as_str()).collect();
        assert!(read.contains("【72小时】寻人") && read.contains("王秀英"), "{platform:?}: {read}");
        assert!(read.contains(LINK), "{platform:?}: {read}");
        let picture = shown.iter().any(|shown| shown.picture.is_some());
        assert_eq!(picture, adapter(platform).profile().picture != Picture::Absent, "{platform:?}");
        lane.fake.assert_drained().await;
    }
}

async fn the_longest_notice_is_cut_and_taken() {
    let long = saying(Purpose::Alert, &"很长的描述，还有\"引号\"和\\斜杠。👨‍👩‍👧".repeat(400));
    for platform in Platform::ALL {
        let lane = Lane::to(platform).await;
        lane.say(&long).await;
        assert!(lane.shown()[0].text.contains(LINK), "{platform:?}");
        lane.fake.assert_drained().await;
    }
}

async fn an_answer_that_repeats_the_longest_words_is_read_whole() {
    let long = saying(Purpose::Alert, &"很长的描述。".repeat(1_000)).words_alone();
    let lane = Lane::to(Platform::Telegram).await;
    assert!(matches!(&lane.say(&long).await[..], [Some(_)]));
    assert!(lane.shown()[0].text.chars().count() > 4_000);
    lane.fake.assert_drained().await;
}

async fn each_way_of_taking_back_leaves_what_it_says() {
    for platform in revocable() {
        for way in adapter(platform).profile().takes_back {
            let lane = Lane::to(platform).await;
            for reference in lane.say(&alert()).await {
                let reference = reference.expect("a reference");
                lane.fake.set_now(now() + TimeDelta::minutes(5));
                let act = way.act(&reference);
                let mut stamp = stamp();
                stamp.id = Uuid::from_u128(8);
                let verdict = lane.act(act, &closing(), &stamp).await;
                assert!(
                    matches!(verdict.outcome, Outcome::Delivered(_)),
                    "{platform:?} {way:?}: {verdict:?}"
                );
            }
            let shown = lane.shown();
            let face = |shown: &Shown| {
                shown.text.contains("王秀英") || shown.picture.as_ref().is_some_and(|p| p == POSTER)
            };
            match way {
                TakeBack::Edit => {
                    assert!(!shown.is_empty() && !shown.iter().any(face), "{platform:?}: {shown:?}");
                    assert!(shown[0].text.contains("本条信息已结束"), "{platform:?}: {shown:?}");
                }
                TakeBack::Delete => assert_eq!(shown, [], "{platform:?}"),
                TakeBack::Reply => {
                    assert_eq!(shown[1].answers.as_ref(), Some(&shown[0].id), "{platform:?}");
                    lane.fake.read().unwrap();
                }
            }
            lane.fake.assert_drained().await;
        }
    }
}

async fn what_is_taken_back_already_stays_so() {
    for platform in revocable() {
        let lane = Lane::to(platform).await;
        let reference = lane.say(&alert()).await.remove(0).unwrap();
        for (delivery, way) in
            [TakeBack::Edit, TakeBack::Edit, TakeBack::Delete, TakeBack::Delete].iter().enumerate()
        {
            let stamp = Stamp::new(now(), Uuid::from_u128(delivery as u128));
            let verdict = lane.act(way.act(&reference), &closing(), &stamp).await;
            assert_eq!(verdict.outcome, Outcome::Delivered(None), "{platform:?} {way:?}: {verdict:?}");
        }
        assert!(lane.shown().iter().all(|shown| !shown.text.contains("王秀英")), "{platform:?}");
        lane.fake.assert_drained().await;
    }
}

/// After two days Telegram deletes no more but still edits.
async fn what_is_impossible_is_told_from_what_is_done() {
    let lane = Lane::to(Platform::Telegram).await;
    let reference = lane.say(&alert()).await.remove(0).unwrap();
    lane.fake.set_now(now() + TimeDelta::hours(48));
    assert_eq!(lane.act(Act::Delete(&reference), &closing(), &stamp()).await.outcome, Outcome::Bad);
    assert!(lane.shown()[0].text.contains("王秀英"));
    let mut undrawn = closing();
    undrawn.picture = None;
    let words = lane.act(Act::Edit(&reference), &undrawn, &stamp()).await.outcome;
    assert_eq!(words, Outcome::Delivered(None), "only the words are changed then");
    assert!(!lane.shown()[0].text.contains("王秀英"));
    let edited = lane.act(Act::Edit(&reference), &closing(), &stamp()).await.outcome;
    assert_eq!(edited, Outcome::Delivered(None));
    assert!(!lane.shown()[0].text.contains("王秀英"));
    lane.fake.assert_drained().await;
}

async fn a_picture_is_uploaded_once_and_said_by_its_handle() {
    let lane = Lane::to(Platform::Telegram).await;
    let first = lane.deliver(&alert(), now()).await;
    let handle: Arc<str> = first.media.expect("a handle").into();
    let known = Stamp { media: Some(Arc::clone(&handle)), ..stamp() };
    let body = adapter(Platform::Telegram).compose(&alert(), Act::Say(0)).unwrap();
    let again = adapter(Platform::Telegram).address(Act::Say(0), &body, &lane.credentials, &known);
    assert!(!again.body.windows(6).any(|window| window == b"a face"), "{}", again.body.len());
    lane.fake.set_now(now() + TimeDelta::seconds(1));
    assert!(matches!(lane.send(Act::Say(0), again).await.outcome, Outcome::Delivered(Some(_))));
    // So is the picture that replaces it.
    let Outcome::Delivered(Some(reference)) = &first.outcome else { panic!("{:?}", first.outcome) };
    let neutral = lane.act(Act::Edit(reference), &closing(), &stamp()).await.media.expect("another handle");
    assert_ne!(*handle, *neutral);
    let known = Stamp { media: Some(neutral.clone().into()), ..stamp() };
    let second = lane.shown()[1].id.clone();
    let reference = reference.rsplit_once('/').map(|(start, _)| format!("{start}/{second}")).unwrap();
    assert_eq!(lane.act(Act::Edit(&reference), &closing(), &known).await.outcome, Outcome::Delivered(None));
    let pictures: Vec<_> = lane.shown().into_iter().map(|shown| shown.picture).collect();
    assert_eq!(pictures, [Some(neutral.clone()), Some(neutral)]);
    lane.fake.read_all();
    lane.fake.assert_drained().await;
}

async fn a_request_said_again_makes_no_second_event() {
    let lane = Lane::to(Platform::Matrix).await;
    let first = lane.deliver(&words(), now()).await.outcome;
    assert_eq!(lane.deliver(&words(), now() + TimeDelta::minutes(9)).await.outcome, first);
    assert_eq!(lane.shown().len(), 1);
    let other = Stamp::new(now(), Uuid::from_u128(8));
    assert_ne!(lane.act(Act::Say(0), &words(), &other).await.outcome, first);
    assert_eq!(lane.shown().len(), 2);
    lane.fake.read_all();
    lane.fake.assert_drained().await;
}

async fn a_webhook_of_slack_takes_nothing_back() {
    let mut lane = Lane::to(Platform::Slack).await;
    assert_eq!(adapter(Platform::Slack).takes_back(&lane.credentials).len(), 3);
    let given = json!({"url": lane.fake.robot()});
    lane.credentials =
        adapter(Platform::Slack).credentials(given.as_object().unwrap(), &[7; 32], None).unwrap();
    assert_eq!(adapter(Platform::Slack).takes_back(&lane.credentials), []);
    assert_eq!(lane.say(&alert()).await, [None]);
    assert_eq!(lane.shown()[0].picture.as_deref(), Some(POSTER));
    lane.fake.assert_drained().await;
}

async fn limits_are_read_in_their_own_unit() {
    for (platform, room, wait, wide) in [
        (Platform::Slack, 1, 7, false),
        (Platform::Discord, 5, 2, false),
        (Platform::Telegram, 1, 9, false),
        (Platform::Matrix, 10, 5, true),
        (Platform::Rocketchat, 10, 42, false),
        (Platform::Teams, 4, 60, false),
    ] {
        let lane = Lane::to(platform).await;
        let say = async |number: u128| {
            lane.act(Act::Say(0), &words(), &Stamp::new(now(), Uuid::from_u128(number))).await
        };
        let mut last = None;
        for number in 0..room {
            let verdict = say(number).await;
            assert!(matches!(verdict.outcome, Outcome::Delivered(_)), "{platform:?}: {verdict:?}");
            last = Some(verdict.rest);
            lane.fake.read().unwrap();
        }
        // Only Discord announces that the next request would be one too many.
        let rest = (platform == Platform::Discord).then_some(Duration::from_secs(2));
        assert_eq!(last, Some(rest), "{platform:?}");
        let limited = say(99).await;
        assert_eq!(
            (&limited.outcome, limited.wide),
            (&Outcome::Slow(Duration::from_secs(wait)), wide),
            "{platform:?}"
        );
        lane.fake.assert_drained().await;
    }
}

async fn a_dead_key_is_named_and_whose_it_is() {
    for (platform, field, value, outcome) in [
        (Platform::Slack, "token", "xoxb-other", Outcome::Config(Fault::Credential)),
        (Platform::Telegram, "token", "1:other", Outcome::Config(Fault::Credential)),
        (Platform::Matrix, "access_token", "other", Outcome::Config(Fault::Credential)),
        (Platform::Slack, "channel", "C000", Outcome::Gone),
        (Platform::Telegram, "chat_id", "-5", Outcome::Gone),
        (Platform::Matrix, "room_id", "!other", Outcome::Gone),
    ] {
        let mut lane = Lane::to(platform).await;
        lane.credentials = credentials(&lane.fake, &[(field, value)]);
        let verdict = lane.deliver(&words(), now()).await;
        let of_account = outcome == Outcome::Config(Fault::Credential);
        assert_eq!((verdict.outcome, verdict.wide), (outcome, of_account), "{platform:?} {field}");
        lane.fake.assert_drained().await;
    }
    for (platform, outcome) in [
        (Platform::Discord, Outcome::Gone),
        (Platform::Mattermost, Outcome::Gone),
        (Platform::Rocketchat, Outcome::Gone),
        (Platform::Teams, Outcome::Config(Fault::Credential)),
    ] {
        let mut lane = Lane::to(platform).await;
        let robot = lane.fake.robot() + "5";
        lane.credentials = credentials(&lane.fake, &[("url", &robot)]);
        assert_eq!(lane.deliver(&words(), now()).await.outcome, outcome, "{platform:?}");
        lane.fake.assert_drained().await;
    }
}
