//! Answers that prove an act, and what may happen to them on their way.

use super::*;

/// An answer that is still being written.
#[derive(Clone, Debug, Default)]
pub(super) struct Draft {
    pub(super) status: u16,
    /// The members of its object by their pointers, each as JSON.
    pub(super) members: Vec<(&'static str, String)>,
    /// What it says instead of an object.
    pub(super) text: Option<&'static str>,
}

impl Draft {
    pub(super) fn body(&self) -> String {
        let members =
            self.members.iter().map(|(pointer, json)| (pointer.trim_start_matches('/'), json.as_str()));
        self.text.map_or_else(|| object(&members.collect::<Vec<_>>()), str::to_owned)
    }

    pub(super) fn answer(&self) -> Response {
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
pub(super) enum Change {
    Status(u16),
    Set(&'static str, String),
    Drop(usize),
    Say(&'static str),
}

impl Draft {
    pub(super) fn change(&mut self, change: Change) {
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

/// Values that prove something somewhere, and some that nearly do so.
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
    "the payload is too large",
    "posted",
    "{\"error\":{\"code\":\"x\"",
    "{",
    "{\"errcode\":0",
];

pub(super) fn changes() -> impl Strategy<Value = Vec<Change>> {
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
