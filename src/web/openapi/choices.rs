//! Fields with a closed set of names, for the description. The names come from the code that defines them.

use serde_json::{Value, json};

use crate::domain::delivery::Purpose;
use crate::domain::group::{GroupState, Platform};
use crate::domain::language::Language;
use crate::domain::life_cycle::{State, Step};
use crate::domain::notice::{Kind, Outcome};
use crate::review::reasons;
use crate::review::tips::Fate;

/// A schema, one of its fields, and the names allowed in it.
type Choice = (&'static str, &'static str, Vec<&'static str>);

fn choices() -> Vec<Choice> {
    let kinds = || Kind::ALL.map(Kind::as_str).to_vec();
    let states = || State::ALL.map(State::as_str).to_vec();
    let group_states = || GroupState::ALL.map(GroupState::as_str).to_vec();
    let languages = || Language::ALL.map(Language::as_str).to_vec();
    let platforms = || Platform::ALL.map(Platform::as_str).to_vec();
    let not_live = states().into_iter().filter(|state| *state != State::Live.as_str()).collect();
    let decisions = [Step::Approve, Step::Reject, Step::Ask, Step::Escalate].map(Step::as_str).to_vec();
    vec![
        ("ChangeBody", "kinds", kinds()),
        ("ChangeBody", "language", languages()),
        ("CloseBody", "outcome", Outcome::ALL.map(Outcome::as_str).to_vec()),
        ("Closed", "outcome", Outcome::ALL.map(Outcome::as_str).to_vec()),
        ("Closed", "state", states()),
        ("Counted", "purpose", Purpose::ALL.map(Purpose::as_str).to_vec()),
        ("DecisionBody", "action", decisions),
        ("GroupBody", "kinds", kinds()),
        ("GroupBody", "language", languages()),
        ("GroupBody", "platform", platforms()),
        ("GroupBody", "state", group_states()),
        ("GroupStanding", "state", group_states()),
        ("PausedGroup", "state", group_states()),
        ("LiveNotice", "kind", kinds()),
        ("LiveNotice", "state", vec![State::Live.as_str()]),
        ("MyNotice", "kind", kinds()),
        ("MyNotice", "state", states()),
        ("MyStanding", "state", states()),
        ("NewGroupBody", "kinds", kinds()),
        ("NewGroupBody", "language", languages()),
        ("NewGroupBody", "platform", platforms()),
        ("PhoneBody", "reason", reasons::REVEAL.to_vec()),
        ("QuietNotice", "kind", kinds()),
        ("QuietNotice", "state", not_live),
        ("RemoveBody", "reason", reasons::REMOVE.to_vec()),
        ("Sheet", "kind", kinds()),
        ("Sheet", "state", states()),
        ("Standing", "state", states()),
        ("VerdictBody", "action", Fate::ALL.map(Fate::as_str).to_vec()),
        ("Waiting", "kind", kinds()),
        ("Waiting", "state", states()),
    ]
}

/// Adds the names to the schemas.
pub fn tell(shapes: &mut Value) {
    for (shape, field, names) in choices() {
        let field = shapes
            .pointer_mut(&format!("/{shape}/properties/{field}"))
            .unwrap_or_else(|| panic!("{shape} has no field {field}"));
        let mut names: Vec<Value> = names.into_iter().map(Value::from).collect();
        let is = |field: &Value, sort: &str| {
            field["type"] == sort
                || field["type"].as_array().is_some_and(|sorts| sorts.iter().any(|s| s == sort))
        };
        // A list holds such names; a plain field is one.
        let of = if is(field, "array") { &mut field["items"] } else { field };
        if is(of, "null") {
            names.push(Value::Null);
        }
        of["enum"] = json!(names);
    }
}
