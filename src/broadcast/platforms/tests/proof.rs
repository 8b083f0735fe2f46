//! What proves that an act was done, taken from the vendors' documents without a look at the adapters; and
//! that exactly this counts as done.

use std::ops::RangeInclusive;

use super::*;

mod drafts;

use drafts::{Draft, changes};

/// What an answer must be to prove something.
#[derive(Debug)]
enum Proof {
    /// One of these statuses, whatever else it says.
    Status(RangeInclusive<u16>),
    /// This status, and this body to the letter.
    Body(u16, &'static str),
    /// This status of the host of Teams' workflows, and nothing said against it: no page, no object that is
    /// broken or names an error, none of the words in which the connectors before hid a failure.
    Accepted(u16),
    /// This status, and a JSON object whose members, by their pointers, are so.
    Object(u16, &'static [(&'static str, Is)]),
}

/// What a member must be.
#[derive(Clone, Copy, Debug)]
enum Is {
    /// This value, written like this: 0 is neither "0" nor 0.0.
    This(&'static str),
    /// Not this value.
    NotThis(&'static str),
    Absent,
    /// A text, not empty.
    Text,
    /// A text that goes on after this beginning.
    After(&'static str),
    /// A text that says this somewhere.
    Saying(&'static str),
    /// Not a text that says this somewhere.
    Silent(&'static str),
    /// A text of up to twenty digits.
    Digits,
    /// A whole number above zero.
    Positive,
    /// A whole number, not zero.
    Number,
}

use Is::{Absent, After, Digits, NotThis, Number, Positive, Saying, Silent, Text, This};
use Proof::{Accepted, Body as Says, Object, Status};

/// The reference that acts of taking back are about.
fn reference(platform: Platform) -> &'static str {
    match platform {
        Platform::Slack => "C1/2.3",
        Platform::Discord => "1102",
        Platform::Telegram => "text/-100/42",
        _ => "words/$a",
    }
}

/// The table.
fn proofs(platform: Platform, act: Act<'_>) -> &'static [Proof] {
    const DONE: Is = This("true");
    match (platform, act) {
        // The code is there and 0. With the warning, the server understood a part of what was sent.
        (Platform::Wecom, _) => {
            &[Object(200, &[("/errcode", This("0")), ("/errmsg", Silent("wrong json format"))])]
        }
        // The gateway in front of the robots has words of its own, and no code.
        (Platform::Dingtalk, _) => {
            &[Object(200, &[("/errcode", This("0")), ("/punish", Absent), ("/status", NotThis("1111"))])]
        }
        // The older of the two names alone, or both agreed.
        (Platform::Feishu, _) => &[
            Object(200, &[("/code", This("0")), ("/StatusCode", Absent)]),
            Object(200, &[("/code", This("0")), ("/StatusCode", This("0"))]),
            Object(200, &[("/code", Absent), ("/StatusCode", This("0"))]),
        ],
        // A webhook says one word; the API names the message.
        (Platform::Slack, Act::Say(_)) => {
            &[Says(200, "ok"), Object(200, &[("/ok", DONE), ("/channel", Text), ("/ts", Text)])]
        }
        (Platform::Slack, Act::Reply(_)) => {
            &[Object(200, &[("/ok", DONE), ("/channel", Text), ("/ts", Text)])]
        }
        (Platform::Slack, Act::Edit(_)) => {
            &[Object(200, &[("/ok", DONE), ("/channel", Text), ("/ts", This("\"2.3\""))])]
        }
        (Platform::Slack, Act::Delete(_)) => &[
            Object(200, &[("/ok", DONE), ("/channel", Text), ("/ts", This("\"2.3\""))]),
            Object(200, &[("/ok", This("false")), ("/error", This("\"message_not_found\""))]),
        ],
        // With wait=true the message comes back. An edit names its message itself.
        (Platform::Discord, Act::Say(_) | Act::Reply(_)) => {
            &[Object(200, &[("/id", Digits), ("/code", Absent)])]
        }
        (Platform::Discord, Act::Edit(_)) => &[Object(200, &[("/id", This("\"1102\"")), ("/code", Absent)])],
        (Platform::Discord, Act::Delete(_)) => &[Status(204..=204), Object(404, &[("/code", This("10008"))])],
        (Platform::Telegram, Act::Say(_) | Act::Reply(_)) => {
            &[Object(200, &[("/ok", DONE), ("/result/message_id", Positive), ("/result/chat/id", Number)])]
        }
        (Platform::Telegram, Act::Edit(_)) => &[
            Object(200, &[("/ok", DONE), ("/result/message_id", This("42")), ("/result/chat/id", Number)]),
            Object(
                400,
                &[
                    ("/ok", This("false")),
                    ("/error_code", This("400")),
                    ("/description", Saying("message is not modified")),
                ],
            ),
        ],
        (Platform::Telegram, Act::Delete(_)) => &[
            Object(200, &[("/ok", DONE), ("/result", DONE)]),
            Object(
                400,
                &[
                    ("/ok", This("false")),
                    ("/error_code", This("400")),
                    ("/description", Saying("message to delete not found")),
                ],
            ),
        ],
        (Platform::Matrix, _) => &[Object(200, &[("/event_id", After("$")), ("/errcode", Absent)])],
        (Platform::Mattermost, _) => &[Says(200, "ok")],
        (Platform::Rocketchat, _) => &[Object(200, &[("/success", DONE), ("/error", Absent)])],
        // The workflow took it: 202, or 200 where its author lets it answer, in whatever words, but not those
        // of a failure.
        (Platform::Teams, _) => &[Accepted(200), Accepted(202)],
        // Success is 2xx, and nothing else counts.
        (Platform::Webhook, _) => &[Status(200..=299)],
    }
}

impl Is {
    fn holds(self, value: Option<&Value>) -> bool {
        let text = value.and_then(Value::as_str);
        let number = value.and_then(Value::as_i64);
        match self {
            This(json) => value.map(Value::to_string).as_deref() == Some(json),
            NotThis(json) => value.map(Value::to_string).as_deref() != Some(json),
            Absent => value.is_none(),
            Text => text.is_some_and(|text| !text.is_empty()),
            After(start) => {
                text.and_then(|text| text.strip_prefix(start)).is_some_and(|rest| !rest.is_empty())
            }
            Saying(words) => text.is_some_and(|text| text.contains(words)),
            Silent(words) => text.is_none_or(|text| !text.contains(words)),
            Digits => text.is_some_and(|text| {
                (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
            }),
            Positive => number.is_some_and(|number| number > 0),
            Number => number.is_some_and(|number| number != 0),
        }
    }

    /// A value for which it holds, as JSON; `None` where the member may be absent.
    fn example(self) -> Option<String> {
        Some(match self {
            This(json) => json.to_owned(),
            NotThis(_) | Absent | Silent(_) => return None,
            Text => quoted("C1"),
            After(start) => quoted(&format!("{start}a")),
            Saying(words) => quoted(&format!("Bad Request: {words}: as it is")),
            Digits => quoted("1102"),
            Positive => "42".to_owned(),
            Number => "-100".to_owned(),
        })
    }
}

impl Proof {
    fn is_given_by(&self, answer: &Response) -> bool {
        match self {
            Status(statuses) => statuses.contains(&answer.status),
            Says(status, body) => answer.status == *status && answer.body == body.as_bytes(),
            Accepted(status) => {
                let text = String::from_utf8_lossy(&answer.body).to_lowercase();
                let silent = ["http error", "payload is too large"].iter().all(|words| !text.contains(words));
                let object = serde_json::from_slice::<Map<String, Value>>(&answer.body);
                let sound = match object {
                    Ok(object) => !object.contains_key("error"),
                    Err(_) => !text.trim_start_matches(blank).starts_with(['<', '{']),
                };
                answer.status == *status && silent && sound
            }
            Object(status, members) => {
                let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
                let holds = |(pointer, is): &(&str, Is)| is.holds(said.pointer(pointer));
                answer.status == *status && said.is_object() && members.iter().all(holds)
            }
        }
    }

    /// The plainest answer that gives this proof.
    fn example(&self) -> Draft {
        match self {
            Status(statuses) => Draft { status: *statuses.start(), ..Draft::default() },
            Says(status, body) => Draft { status: *status, text: Some(body), ..Draft::default() },
            Accepted(status) => Draft { status: *status, text: Some("posted"), ..Draft::default() },
            Object(status, members) => {
                let members = members.iter().filter_map(|(pointer, is)| Some((*pointer, is.example()?)));
                Draft { status: *status, members: members.collect(), ..Draft::default() }
            }
        }
    }
}

fn blank(sign: char) -> bool {
    sign.is_whitespace() || sign == '\u{feff}'
}

/// Whether an answer proves an act.
fn proves(platform: Platform, act: Act<'_>, answer: &Response) -> bool {
    proofs(platform, act).iter().any(|proof| proof.is_given_by(answer))
}

fn is_done(platform: Platform, act: Act<'_>, answer: &Response) -> bool {
    matches!(adapter(platform).judge(act, answer).outcome, Outcome::Delivered(_))
}

/// What our program asks of a platform.
fn acts(platform: Platform) -> impl Iterator<Item = Act<'static>> {
    let ways = adapter(platform).profile().takes_back.iter().map(move |way| way.act(reference(platform)));
    [Act::Say(0), Act::Say(1)].into_iter().chain(ways)
}

#[test]
fn whatever_proves_an_act_is_taken_for_done() {
    for platform in Platform::ALL {
        for act in acts(platform) {
            for proof in proofs(platform, act) {
                let answer = proof.example().answer();
                assert!(proof.is_given_by(&answer), "{platform:?} {proof:?}: {answer:?}");
                assert!(is_done(platform, act, &answer), "{platform:?} {act:?}: {answer:?}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    /// Something that is nearly a proof is none, whatever is wrong with it: a value of another kind, a member
    /// in another place, a body that was cut off or has something before or behind it, another status. And
    /// what still is a proof counts as one.
    #[test]
    fn exactly_what_proves_an_act_is_taken_for_done(
        of in any::<(usize, usize, usize)>(),
        changes in changes(),
        cut in prop_oneof![3 => Just(100_usize), 1 => 0_usize..100],
        before in prop::sample::select(vec!["", "", "", "\u{feff}", " ", "\n", "x", "<", ")]}'\n"]),
        after in prop::sample::select(vec!["", "", "", " ", "\n", "x", "}", "\0", "{}"]),
        noise in prop::collection::vec(any::<u8>(), 0..64),
        header in prop::sample::select(&HEADERS[..]),
        value in prop_oneof!["[0-9.e+-]{0,12}", ".{0,20}"],
    ) {
        let platform = Platform::ALL[of.0 % Platform::ALL.len()];
        let acts_of = acts(platform).collect::<Vec<_>>();
        let proofs = proofs(platform, acts_of[of.1 % acts_of.len()]);
        let mut draft = proofs[of.2 % proofs.len()].example();
        changes.into_iter().for_each(|change| draft.change(change));
        let mut body = draft.body().into_bytes();
        body.truncate(body.len() * cut / 100);
        let body = [before.as_bytes(), &body, after.as_bytes()].concat();
        for body in [body, noise] {
            let headers = vec![(header, value.clone())];
            let answer = Response { status: draft.status, headers, body: body.into() };
            for platform in Platform::ALL {
                for act in acts(platform) {
                    let (done, proven) = (is_done(platform, act, &answer), proves(platform, act, &answer));
                    prop_assert_eq!(done, proven, "{:?} {:?} {:?}", platform, act, answer);
                }
            }
        }
    }
}
