//! The shape of an incoming notice, for the API's description. The notice itself is read field by field in
//! `submission` and `subjects`. Names and bounds come from there, and a test gives real notices to both.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::subjects::{AGE, CODE, HEIGHT_CM, LINK, PEOPLE, SAFETY};
use super::submission::{DESCRIPTION, LINE, PHOTOS};
use crate::domain::notice::{Category, Direction, Emergency, Kind, NAME, Precision, Sex};

/// The shape of a notice.
pub const NOTICE: &str = "Notice";
/// The shape of a correction, which is a merge patch.
pub const CHANGE: &str = "NoticeChange";

/// The shapes of a notice, its parts and a correction, by name.
pub fn shapes() -> Map<String, Value> {
    let mut shapes = parts();
    let kinds = kinds();
    let names: Vec<&str> = kinds.iter().map(|(_, name, _)| *name).collect();
    let mapping: Map<String, Value> =
        kinds.iter().map(|(kind, name, _)| (kind.as_str().to_owned(), json!(path(name)))).collect();
    let notice = json!({
        "description": "A notice of one of the four kinds.",
        "oneOf": names.iter().map(|name| reference(name)).collect::<Vec<_>>(),
        "discriminator": {"propertyName": "kind", "mapping": mapping},
    });
    shapes.extend(kinds.into_iter().map(|(_, name, shape)| (name.to_owned(), shape)));
    let change = change(&shapes, &names);
    shapes.insert(NOTICE.to_owned(), notice);
    shapes.insert(CHANGE.to_owned(), change);
    shapes
}

fn path(name: &str) -> String {
    format!("#/components/schemas/{name}")
}

fn reference(name: &str) -> Value {
    json!({"$ref": path(name)})
}

/// An object that allows these fields and no others.
fn object(description: &str, required: &[&str], fields: Value) -> Value {
    let mut shape = json!({"type": "object", "description": description, "properties": fields});
    if !required.is_empty() {
        shape["required"] = json!(required);
    }
    shape["additionalProperties"] = json!(false);
    shape
}

fn text(max: usize) -> Value {
    json!({"type": "string", "minLength": 1, "maxLength": max})
}

/// One of these names, as they are serialised.
fn choice<T: Serialize>(names: &[T]) -> Value {
    json!({"type": "string", "enum": names})
}

fn yes_no() -> Value {
    json!({"type": "boolean", "default": false})
}

/// A boolean that must be `true`.
fn yes() -> Value {
    json!({"type": "boolean", "enum": [true]})
}

/// The same field, but nullable.
fn optional(mut field: Value) -> Value {
    field["type"] = json!([field["type"].take(), "null"]);
    if let Some(names) = field.get_mut("enum").and_then(Value::as_array_mut) {
        names.push(Value::Null);
    }
    field
}

fn said(mut field: Value, description: &str) -> Value {
    field["description"] = json!(description);
    field
}

fn parts() -> Map<String, Value> {
    let shapes = [
        (
            "Reporter",
            object(
                "Who reports. A missing person's reporter says how they are related.",
                &["name", "phone"],
                json!({
                    "name": text(NAME),
                    "phone": said(json!({"type": "string"}), "A telephone number of the mainland, or with its country's code; spaces, dashes and full-width digits are forgiven."),
                    "relation": optional(text(NAME)),
                    "publish_phone": said(optional(yes_no()), "Whether the telephone number may stand in the notice."),
                }),
            ),
        ),
        (
            "Consent",
            object(
                "What the reporter agrees to; a missing person's notice needs all three.",
                &["truthful", "publish"],
                json!({"truthful": yes(), "publish": yes(), "sensitive": optional(json!({"type": "boolean"}))}),
            ),
        ),
        (
            "LastSeen",
            object(
                "When and where.",
                &["at", "place"],
                json!({
                    "at": said(json!({"type": "string", "format": "date-time"}), "RFC 3339 with its offset, not in the future."),
                    "precision": optional(said(choice(&Precision::ALL), "`about` where absent.")),
                    "place": text(LINE),
                }),
            ),
        ),
        ("MissingPerson", missing_person()),
        (
            "Police",
            object(
                "What was told to the police.",
                &[],
                json!({"reported": optional(yes_no()), "station": optional(text(NAME)), "reference": optional(text(CODE))}),
            ),
        ),
        (
            "Safety",
            object(
                "Whether the person sought may be hiding.",
                &["violence", "protection_order", "left_voluntarily"],
                json!({
                    "violence": {"type": "boolean"},
                    "protection_order": {"type": "boolean"},
                    "left_voluntarily": {"type": "boolean"},
                    "unsure": {
                        "description": "Which of these are answered yes because nobody knows.",
                        "type": "array", "maxItems": SAFETY.len(), "uniqueItems": true,
                        "items": choice(&SAFETY.map(|(question, _)| question)),
                    },
                }),
            ),
        ),
        (
            "Property",
            object(
                "The thing.",
                &["direction", "what"],
                json!({
                    "direction": choice(&Direction::ALL),
                    "what": text(NAME),
                    "brand": optional(text(NAME)),
                    "colour": optional(text(NAME)),
                    "is_document": said(optional(yes_no()), "An identity document: its numbers are masked."),
                    "held_at": optional(text(LINE)),
                }),
            ),
        ),
        (
            "Incident",
            object(
                "The emergency.",
                &["what", "emergency_called"],
                json!({
                    "what": choice(&Emergency::ALL),
                    "people": optional(json!({"type": "integer", "minimum": PEOPLE.start(), "maximum": PEOPLE.end()})),
                    "emergency_called": yes(),
                }),
            ),
        ),
        ("Campaign", campaign()),
    ];
    shapes.into_iter().map(|(name, shape)| (name.to_owned(), shape)).collect()
}

fn missing_person() -> Value {
    object(
        "The person sought.",
        &["name", "age"],
        json!({
            "name": text(NAME),
            "age": {"type": "integer", "minimum": AGE.start(), "maximum": AGE.end()},
            "sex": optional(choice(&Sex::ALL)),
            "category": said(optional(choice(&Category::ALL)), "Follows from the age of whoever is under 18; needed from then on. Never printed."),
            "height_cm": optional(json!({"type": "integer", "minimum": HEIGHT_CM.start(), "maximum": HEIGHT_CM.end()})),
            "appearance": optional(text(LINE)),
            "clothing": optional(text(LINE)),
            "medical_urgent": optional(yes_no()),
        }),
    )
}

fn campaign() -> Value {
    let date = || json!({"type": "string", "format": "date"});
    object(
        "The campaign of a qualified charity.",
        &["organisation", "credit_code", "filing_number", "url", "starts_on", "ends_on", "needs"],
        json!({
            "organisation": text(NAME),
            "credit_code": said(json!({"type": "string"}), "GB 32100, with its check character."),
            "filing_number": said(json!({"type": "string"}), "Begins with the credit code."),
            "url": said(json!({"type": "string", "format": "uri", "maxLength": LINK}), "On a designated platform, over https."),
            "starts_on": date(),
            "ends_on": date(),
            "needs": text(DESCRIPTION),
        }),
    )
}

/// The four kinds, each with its shape and that shape's name.
fn kinds() -> [(Kind, &'static str, Value); 4] {
    let secret =
        |field: Value| said(field, "Known to the reporter alone; kept back to tell true tips from false.");
    let related = json!({"allOf": [reference("Reporter"), {"required": ["relation"], "properties": {"relation": {"type": "string"}}}]});
    let agreed = json!({"allOf": [reference("Consent"), {"required": ["sensitive"], "properties": {"sensitive": {"enum": [true]}}}]});
    [
        (
            Kind::MissingPerson,
            "MissingPersonNotice",
            notice(
                Kind::MissingPerson,
                "Somebody is missing.",
                &["description", "person", "last_seen", "safety"],
                json!({
                    "reporter": related,
                    "consent": agreed,
                    "person": reference("MissingPerson"),
                    "last_seen": reference("LastSeen"),
                    "police": reference("Police"),
                    "safety": reference("Safety"),
                    "secret_detail": secret(optional(text(LINE))),
                }),
            ),
        ),
        (
            Kind::LostProperty,
            "LostPropertyNotice",
            notice(
                Kind::LostProperty,
                "Something was lost or found.",
                &["description", "item", "last_seen", "secret_detail"],
                json!({
                    "item": reference("Property"),
                    "last_seen": reference("LastSeen"),
                    "secret_detail": secret(text(LINE)),
                }),
            ),
        ),
        (
            Kind::Rescue,
            "RescueNotice",
            notice(
                Kind::Rescue,
                "People are in danger.",
                &["description", "incident", "last_seen"],
                json!({"incident": reference("Incident"), "last_seen": reference("LastSeen")}),
            ),
        ),
        (
            Kind::Donation,
            "DonationNotice",
            notice(
                Kind::Donation,
                "A charity asks for donations.",
                &["campaign"],
                json!({"description": optional(text(DESCRIPTION)), "campaign": reference("Campaign")}),
            ),
        ),
    ]
}

/// One kind of notice: the fields of all kinds, and its own.
fn notice(kind: Kind, description: &str, required: &[&str], own: Value) -> Value {
    let mut fields = json!({
        "kind": choice(&[kind]),
        "region": {"type": "string", "pattern": "^[0-9]{6}$", "description": "A code of GB/T 2260."},
        "reporter": reference("Reporter"),
        "consent": reference("Consent"),
        "photo_ids": {
            "type": "array", "maxItems": PHOTOS, "uniqueItems": true, "items": {"type": "string", "format": "uuid"},
        },
        "description": text(DESCRIPTION),
    });
    for (name, field) in own.as_object().into_iter().flatten() {
        fields[name] = field.clone();
    }
    let required = [&["kind", "region", "reporter", "consent"], required].concat();
    object(description, &required, fields)
}

/// A correction: any field of any kind, each of them optional, and null to remove it.
fn change(shapes: &Map<String, Value>, kinds: &[&str]) -> Value {
    let mut fields = Map::new();
    for name in kinds {
        for (field, shape) in shapes[*name]["properties"].as_object().into_iter().flatten() {
            fields.entry(field.clone()).or_insert_with(|| loosened(shape, shapes));
        }
    }
    fields.insert("kind".to_owned(), choice(&Kind::ALL));
    object(
        "A JSON merge patch (RFC 7396) of the notice: what is absent stays, null takes away. The kind stays.",
        &[],
        Value::Object(fields),
    )
}

fn loosened(shape: &Value, shapes: &Map<String, Value>) -> Value {
    let first = shape["allOf"].get(0).unwrap_or(shape);
    let named = first["$ref"].as_str().and_then(|to| shapes.get(to.rsplit('/').next()?));
    let mut loose = named.unwrap_or(first).clone();
    if let Some(parts) = loose.as_object_mut() {
        parts.remove("required");
    }
    if let Some(fields) = loose.get_mut("properties").and_then(Value::as_object_mut) {
        for field in fields.values_mut() {
            *field = loosened(field, shapes);
        }
    }
    if loose["type"].is_string() { optional(loose) } else { loose }
}
