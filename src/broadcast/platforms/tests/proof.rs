//! What proves that an act was done, as the vendors' documents have it and without a look at the adapters; and
//! that exactly this is taken for done.

use std::ops::RangeInclusive;

use super::*;

/// What an answer must be to prove something.
#[derive(Debug)]
enum Proof {
    /// One of these statuses, whatever else it says.
    Status(RangeInclusive<u16>),
    /// This status, and this body to the letter.
    Body(u16, &'static str),
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
use Proof::{Body as Says, Object, Status};

/// A reference that each act of taking back is about.
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
        // With wait=true the message comes back. Which one was edited is known.
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
        // The workflow took it. What its author lets it say with 200 is not known; the old connectors said 1.
        (Platform::Teams, _) => &[Says(202, ""), Object(202, &[("/error", Absent)]), Says(200, "1")],
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

    /// One that holds, as JSON; nothing where nothing does.
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
    fn is_given_by(&self, answer: &Answer) -> bool {
        match self {
            Status(statuses) => statuses.contains(&answer.status),
            Says(status, body) => answer.status == *status && answer.body == body.as_bytes(),
            Object(status, members) => {
                let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
                let holds = |(pointer, is): &(&str, Is)| is.holds(said.pointer(pointer));
                answer.status == *status && said.is_object() && members.iter().all(holds)
            }
        }
    }

    /// The plainest answer that gives it.
    fn example(&self) -> Draft {
        match self {
            Status(statuses) => Draft { status: *statuses.start(), ..Draft::default() },
            Says(status, body) => Draft { status: *status, text: Some(body), ..Draft::default() },
            Object(status, members) => {
                let members = members.iter().filter_map(|(pointer, is)| Some((*pointer, is.example()?)));
                Draft { status: *status, members: members.collect(), ..Draft::default() }
            }
        }
    }
}

/// Whether an answer proves an act.
fn proves(platform: Platform, act: Act<'_>, answer: &Answer) -> bool {
    proofs(platform, act).iter().any(|proof| proof.is_given_by(answer))
}

fn is_done(platform: Platform, act: Act<'_>, answer: &Answer) -> bool {
    matches!(adapter(platform).judge(act, answer).outcome, Outcome::Delivered(_))
}

/// What our program asks of a platform.
fn acts(platform: Platform) -> impl Iterator<Item = Act<'static>> {
    let ways = adapter(platform).profile().takes_back.iter().map(move |way| way.act(reference(platform)));
    [Act::Say(0), Act::Say(1)].into_iter().chain(ways)
}

/// An answer that is still being written.
#[derive(Clone, Debug, Default)]
struct Draft {
    status: u16,
    /// The members of its object by their pointers, each as JSON…
    members: Vec<(&'static str, String)>,
    /// …or what it says instead.
    text: Option<&'static str>,
}

impl Draft {
    fn body(&self) -> String {
        let members =
            self.members.iter().map(|(pointer, json)| (pointer.trim_start_matches('/'), json.as_str()));
        self.text.map_or_else(|| object(&members.collect::<Vec<_>>()), str::to_owned)
    }

    fn answer(&self) -> Answer {
        answer(self.status, &self.body())
    }
}

/// An object of members that may lie within others: `result/chat/id`. The first of a name counts.
fn object(members: &[(&str, &str)]) -> String {
    let first = |path: &str| path.split('/').next().unwrap_or_default().to_owned();
    let mut written: Vec<String> = Vec::new();
    for (place, (path, json)) in members.iter().enumerate() {
        let name = first(path);
        if members[..place].iter().any(|(other, _)| first(other) == name) {
            continue;
        }
        let below = |(path, json): &(&'_ str, &'_ str)| {
            let (other, rest) = path.split_once('/')?;
            (other == name).then(|| (rest.to_owned(), (*json).to_owned()))
        };
        let inner: Vec<(String, String)> = members.iter().filter_map(below).collect();
        let value = match path.contains('/') {
            false => (*json).to_owned(),
            true => {
                object(&inner.iter().map(|(path, json)| (path.as_str(), json.as_str())).collect::<Vec<_>>())
            }
        };
        written.push(format!("{}:{value}", quoted(&name)));
    }
    format!("{{{}}}", written.join(","))
}

/// Something done to an answer on its way.
#[derive(Clone, Debug)]
enum Change {
    Status(u16),
    Set(&'static str, String),
    Drop(usize),
    Say(&'static str),
}

impl Draft {
    fn change(&mut self, change: Change) {
        match change {
            Change::Status(status) => self.status = status,
            Change::Set(pointer, json) => {
                self.members.retain(|(known, _)| *known != pointer);
                self.members.insert(0, (pointer, json));
            }
            Change::Drop(place) if !self.members.is_empty() => {
                self.members.remove(place % self.members.len());
            }
            Change::Drop(_) => {}
            Change::Say(text) => self.text = Some(text),
        }
    }
}

/// Members that some platform looks at, and some that lie beside them.
const POINTERS: &[&str] = &[
    "/errcode",
    "/errmsg",
    "/status",
    "/punish",
    "/wait",
    "/code",
    "/StatusCode",
    "/msg",
    "/data",
    "/ok",
    "/error",
    "/error/code",
    "/error/message",
    "/channel",
    "/ts",
    "/id",
    "/message",
    "/retry_after",
    "/global",
    "/result",
    "/result/message_id",
    "/result/chat",
    "/result/chat/id",
    "/result/photo",
    "/result/ok",
    "/error_code",
    "/description",
    "/parameters/retry_after",
    "/parameters/migrate_to_chat_id",
    "/event_id",
    "/content_uri",
    "/success",
    "/data/errcode",
    "/data/code",
    "/data/id",
];

/// Values that prove something somewhere, and some that nearly do.
const VALUES: &[&str] = &[
    "0",
    "-0",
    "0.0",
    "0e5",
    "1e400",
    "1e300",
    "18446744073709551616",
    "9223372036854775808",
    "-1",
    "1",
    "42",
    "43",
    "42.0",
    "200",
    "400",
    "429",
    "10008",
    "1111",
    "null",
    "true",
    "false",
    "\"\"",
    "\"0\"",
    "\"42\"",
    "\"400\"",
    "\"10008\"",
    "\"true\"",
    "\"ok\"",
    "\" ok\"",
    "\"OK\"",
    "\"$\"",
    "\"$a\"",
    "\"a$\"",
    "\"1102\"",
    "\"1103\"",
    "\"-1\"",
    "\"2.3\"",
    "\"2.30\"",
    "\"C1\"",
    "\"1\\u0000\"",
    "\"message_not_found\"",
    "\"message not found\"",
    "\"Bad Request: message is not modified: x\"",
    "\"Bad Request: MESSAGE IS NOT MODIFIED\"",
    "\"Bad Request: chat title is not modified\"",
    "\"Bad Request: message to edit not found\"",
    "\"Bad Request: message to delete not found\"",
    "\"Bad Request: message to be replied not found\"",
    "\"ok. Warning: wrong json format. \"",
    "\"WorkflowNotFound\"",
    "\"M_NOT_FOUND\"",
    "[]",
    "[0]",
    "[true]",
    "{}",
    "{\"id\":1}",
    "[{\"file_id\":\"x\"}]",
    "\"\\ud83d\"",
    "tru",
    "'0'",
    "",
];

const TEXTS: &[&str] = &[
    "ok",
    " ok",
    "ok\n",
    "OK",
    "\u{feff}ok",
    "okay",
    "1",
    "1 ",
    "0",
    "\"1\"",
    "true",
    "null",
    "[]",
    "",
    " ",
    "<html>",
    "<html>ok</html>",
    "no_service",
    "message_not_found",
    "error",
    "HTTP error 429",
    "{",
    "{\"errcode\":0",
];

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let json = prop_oneof![
        6 => prop::sample::select(VALUES).prop_map(str::to_owned),
        1 => any::<i64>().prop_map(|number| number.to_string()),
        1 => ".{0,12}".prop_map(|text| quoted(&text)),
    ];
    let status =
        prop_oneof![prop::sample::select(vec![200_u16, 201, 202, 204, 400, 404, 429, 500]), 100_u16..600];
    let change = prop_oneof![
        4 => (prop::sample::select(POINTERS), json).prop_map(|(pointer, json)| Change::Set(pointer, json)),
        2 => any::<usize>().prop_map(Change::Drop),
        2 => status.prop_map(Change::Status),
        1 => prop::sample::select(TEXTS).prop_map(Change::Say),
    ];
    prop::collection::vec(change, 0..4)
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

    /// Nearly a proof is none, whatever went wrong with it: a value of another kind, a member elsewhere, a body
    /// that was cut off or has something before or behind it, another status. And what is still one, is.
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
            let answer = Answer { status: draft.status, headers, body: body.into() };
            for platform in Platform::ALL {
                for act in acts(platform) {
                    let (done, proven) = (is_done(platform, act, &answer), proves(platform, act, &answer));
                    prop_assert_eq!(done, proven, "{:?} {:?} {:?}", platform, act, answer);
                }
            }
        }
    }
}
