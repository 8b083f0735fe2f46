//! Our sender and our stand-in, compared with Synapse's own answers.

use chrono::DateTime;
use reqwest::Method;
use serde_json::{Value, json};
use seventytwo::broadcast::guard::Guard;
use seventytwo::broadcast::message::plain;
use seventytwo::broadcast::platforms::{Act, Credentials, Stamp, Verdict, adapter};
use seventytwo::broadcast::send::{Limits, Sender};
use seventytwo::clock::new_id;
use seventytwo::domain::delivery::{Fault, Outcome};
use seventytwo::domain::group::Platform;
use seventytwo::domain::language::Language;
use url::Url;

use super::server::{Room, Synapse, encoded, http};
use crate::fakes::{Fake, Rules, example};
use crate::house::{Reply, morning, reply};
use crate::{Test, alone};

/// The tests of this file.
pub const TESTS: &[Test] =
    &[alone!(what_synapse_refuses_is_understood), alone!(the_stand_in_answers_as_synapse_does)];

/// A room's credentials, as a group has them.
struct Lane {
    sender: Sender,
    credentials: Credentials,
}

impl Lane {
    fn to(homeserver: &str, room: &str, token: &str) -> Lane {
        let gateway = (Platform::Matrix, Url::parse(homeserver).unwrap());
        let given = json!({"homeserver": homeserver, "access_token": token, "room_id": room});
        let credentials = adapter(Platform::Matrix).credentials(given.as_object().unwrap(), &[7; 32], None);
        let sender = Sender::new(Guard::new([gateway]), Limits::default());
        Lane { sender, credentials: credentials.unwrap() }
    }

    /// Each act is a delivery of its own.
    async fn act(&self, act: Act<'_>) -> Verdict {
        let matrix = adapter(Platform::Matrix);
        let body =
            matrix.compose(&plain(Language::ZhCn, "broadcast-test", &[], DateTime::UNIX_EPOCH), act).unwrap();
        let outgoing =
            matrix.address(act, &body, &self.credentials, &Stamp::new(morning(), new_id(morning())));
        matrix.judge(act, &self.sender.send(outgoing).await.unwrap())
    }

    async fn outcome(&self, act: Act<'_>) -> Outcome {
        self.act(act).await.outcome
    }
}

async fn what_synapse_refuses_is_understood() {
    let (room, url) = (Room::open_old().await, &Synapse::shared().await.url);
    let lane = Lane::to(url, &room.id, &room.bot.token);
    let say = Act::Say(0);
    let Outcome::Delivered(Some(reference)) = lane.outcome(say).await else { panic!("not delivered") };

    // A message that never existed cannot be edited, and its absence does not prove that ours was withdrawn.
    assert_eq!(lane.outcome(Act::Edit("words/$never")).await, Outcome::Bad);
    assert_eq!(lane.outcome(Act::Delete("words/$never")).await, Outcome::Bad);
    for _ in 0..2 {
        assert_eq!(lane.outcome(Act::Delete(&reference)).await, Outcome::Delivered(None));
    }

    let stranger = Lane::to(url, &room.id, "syt_other").act(say).await;
    assert_eq!((stranger.outcome, stranger.wide), (Outcome::Config(Fault::Credential), true));
    for unknown in ["!nowhere:localhost", "!nowhere"] {
        assert_eq!(Lane::to(url, unknown, &room.bot.token).outcome(say).await, Outcome::Gone);
    }
    room.set_power_to_speak(50).await;
    let mute = lane.act(say).await;
    assert_eq!((mute.outcome, mute.wide), (Outcome::Config(Fault::Permission), false));
    assert_eq!(lane.outcome(Act::Delete(&reference)).await, Outcome::Bad);
    room.set_power_to_speak(0).await;
    for act in ["kick", "ban", "unban", "invite"] {
        room.moderate(act).await;
        assert_eq!(lane.outcome(say).await, Outcome::Gone, "{act}");
        assert_eq!(lane.outcome(Act::Delete(&reference)).await, Outcome::Gone, "{act}");
    }
}

/// A homeserver and a room on it, called without our adapter.
struct Target {
    http: reqwest::Client,
    /// Without a slash at the end.
    url: String,
    room: String,
    token: String,
}

/// What both must agree on: the status, the error code, and whether they say how long to wait.
type Told = (u16, String, bool);

impl Target {
    async fn ask(&self, method: Method, path: &str, token: Option<&str>, body: &str) -> Reply {
        let request = self.http.request(method, format!("{}/_matrix/{path}", self.url));
        let request = match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        reply(request.header("content-type", "application/json").body(body.to_owned())).await
    }

    async fn put(&self, rest: &str, body: &Value) -> Reply {
        let path = format!("client/v3/rooms/{}/{rest}", encoded(&self.room));
        self.ask(Method::PUT, &path, Some(&self.token), &body.to_string()).await
    }

    async fn say(&self, transaction: &str, words: &str) -> Reply {
        self.put(&format!("send/m.room.message/{transaction}"), &notice(words)).await
    }

    async fn edit(&self, transaction: &str, event: &str) -> Reply {
        let mut body = notice("* over");
        body["m.new_content"] = notice("over");
        body["m.relates_to"] = json!({"rel_type": "m.replace", "event_id": event});
        self.put(&format!("send/m.room.message/{transaction}"), &body).await
    }

    async fn redact(&self, transaction: &str, event: &str) -> Reply {
        self.put(&format!("redact/{}/{transaction}", encoded(event)), &json!({"reason": "over"})).await
    }

    async fn upload(&self) -> Reply {
        let request = self.http.post(format!("{}/_matrix/media/v3/upload?filename=poster.jpg", self.url));
        let request = request.bearer_auth(&self.token).header("content-type", "image/jpeg");
        reply(request.body(&b"\xff\xd8\xff"[..])).await
    }

    /// Everything that our program may request, and what may go wrong with it.
    async fn asked(&self) -> Vec<(&'static str, Told)> {
        let said = self.say("t1", "one").await;
        let first = event(&said);
        let again = self.say("t1", "two").await;
        assert_eq!(event(&again), first);
        let path = format!("client/v3/rooms/{}/send/m.room.message", encoded(&self.room));
        let room = |transaction: &str| format!("{path}/{transaction}");
        let one = notice("one").to_string();
        let mut told = vec![
            ("said", said),
            ("said again", again),
            ("said again by nobody", self.ask(Method::PUT, &room("t1"), None, &one).await),
            ("said again by a stranger", self.ask(Method::PUT, &room("t1"), Some("other"), &one).await),
            ("edited", self.edit("t2", &first).await),
            ("edited, what never was", self.edit("t3", "$never").await),
            ("withdrawn", self.redact("t4", &first).await),
            ("withdrawn again", self.redact("t5", &first).await),
            ("edited, what was withdrawn", self.edit("t6", &first).await),
            ("withdrawn, what never was", self.redact("t7", "$never").await),
            ("no JSON", self.ask(Method::PUT, &room("t8"), Some(&self.token), "{").await),
            ("no words", self.put("send/m.room.message/t9", &json!({"msgtype": "m.notice"})).await),
            ("too many words", self.say("t10", &"很".repeat(22_000)).await),
            ("no such request", self.put("shout/t11", &notice("one")).await),
        ];
        let nowhere = "client/v3/rooms/%21nowhere/send/m.room.message/t12";
        told.push(("elsewhere", self.ask(Method::PUT, nowhere, Some(&self.token), &one).await));
        let uploaded = self.upload().await;
        let image = json!({
            "msgtype": "m.image", "body": "one", "filename": "poster.jpg", "url": uploaded.body["content_uri"],
            "m.mentions": {},
        });
        told.extend([("uploaded", uploaded), ("shown", self.put("send/m.room.message/t13", &image).await)]);
        let last = event(&told.last().expect("a picture").1);
        let mut number = 0;
        let limited = loop {
            number += 1;
            let said = self.say(&format!("u{number}"), "one").await;
            if said.status != 200 {
                break said;
            }
            assert!(number < 100, "no limit");
        };
        told.extend([
            ("limited", limited),
            ("edited over the limit", self.edit("t14", &last).await),
            ("withdrawn over the limit", self.redact("t15", &last).await),
            ("said again over the limit", self.say("t1", "one").await),
            ("uploaded over the limit", self.upload().await),
        ]);
        told.into_iter().map(|(what, reply)| (what, essence(&reply))).collect()
    }
}

fn notice(words: &str) -> Value {
    json!({"msgtype": "m.notice", "body": words, "m.mentions": {}})
}

fn event(reply: &Reply) -> String {
    reply.body["event_id"].as_str().unwrap_or_else(|| panic!("{}", reply.text)).to_owned()
}

fn essence(reply: &Reply) -> Told {
    let code = reply.body["errcode"].as_str().unwrap_or_default().to_owned();
    let waits = reply.headers.contains_key("retry-after") && reply.body["retry_after_ms"].is_u64();
    (reply.status.as_u16(), code, waits)
}

async fn the_stand_in_answers_as_synapse_does() {
    let fake = Fake::start(Platform::Matrix, Rules::default(), morning()).await;
    let stand_in = Target {
        http: http(),
        url: fake.gateway().1.as_str().trim_end_matches('/').to_owned(),
        room: example(Platform::Matrix, "room_id").to_owned(),
        token: example(Platform::Matrix, "access_token").to_owned(),
    };
    let room = Room::open().await;
    let synapse = Target {
        http: http(),
        url: Synapse::shared().await.url.clone(),
        room: room.id,
        token: room.bot.token,
    };
    let (there, here) = (synapse.asked().await, stand_in.asked().await);
    assert_eq!(there, here, "Synapse first");
    fake.read_all();
    fake.assert_drained().await;
}
