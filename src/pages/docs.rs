//! `/api/docs`: the OpenAPI document as a page that needs no script.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde_json::{Map, Value};

use crate::web::frame::{Frame, page as answer};
use crate::web::problem::{CODES, Problem};

mod said;

/// A field of a body, or a parameter of a call.
struct Field {
    name: String,
    kind: Kind,
    required: bool,
    /// Where a parameter goes: `path`, `query` or `header`.
    place: String,
    words: String,
}

/// The type of a value: words for it, and the schema that they name.
#[derive(Default)]
struct Kind {
    words: String,
    shape: Option<String>,
}

struct Reply {
    status: String,
    words: String,
    kind: Kind,
}

struct Call {
    anchor: String,
    method: String,
    path: String,
    summary: String,
    words: String,
    closed: bool,
    parameters: Vec<Field>,
    body: Option<Kind>,
    replies: Vec<Reply>,
}

struct Group {
    name: String,
    calls: Vec<Call>,
}

struct Shape {
    name: String,
    words: String,
    fields: Vec<Field>,
    kind: Kind,
}

#[derive(Template)]
#[template(path = "docs.html")]
struct DocsPage<'a> {
    frame: &'a Frame,
    version: &'a str,
    groups: Vec<Group>,
    shapes: Vec<Shape>,
    codes: &'static [(&'static str, StatusCode)],
}

/// The calls of the API, their parameters, bodies and answers, and the codes of problems.
///
/// # Errors
/// When the template cannot be rendered.
pub fn page(http: &HttpRequest, api: &Value) -> Result<HttpResponse, Problem> {
    let mut document = api.clone();
    let frame = &Frame::public(http);
    said::tell(&mut document, frame.language);
    let template = DocsPage {
        frame,
        version: api["info"]["version"].as_str().unwrap_or_default(),
        groups: groups(&document["paths"]),
        shapes: members(&document["components"]["schemas"])
            .map(|(name, shape)| read_shape(name, shape))
            .collect(),
        codes: CODES,
    };
    answer(http, frame, &template)
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// A description in its parts, each with whether it is code: what stands between backticks.
fn parts(words: &str) -> impl Iterator<Item = (bool, &str)> {
    words.split('`').enumerate().map(|(at, part)| (at % 2 == 1, part))
}

fn words(value: &Value) -> String {
    value.as_str().unwrap_or_default().trim().to_owned()
}

fn groups(paths: &Value) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (path, methods) in members(paths) {
        for (method, operation) in members(methods).filter(|(_, o)| o["responses"].is_object()) {
            let name = words(&operation["tags"][0]);
            let call = read_call(path, method, operation);
            match groups.iter_mut().find(|group| group.name == name) {
                Some(group) => group.calls.push(call),
                None => groups.push(Group { name, calls: vec![call] }),
            }
        }
    }
    groups
}

fn read_call(path: &str, method: &str, operation: &Value) -> Call {
    let said = path.replace(['/', '{', '}'], " ");
    let parameters = items(&operation["parameters"]).map(|parameter| Field {
        name: words(&parameter["name"]),
        kind: kind(&parameter["schema"]),
        required: parameter["required"] == true,
        place: words(&parameter["in"]),
        words: words(&parameter["description"]),
    });
    let replies = members(&operation["responses"]).map(|(status, reply)| Reply {
        status: status.clone(),
        words: words(&reply["description"]),
        kind: content(reply),
    });
    Call {
        anchor: format!("{method}-{}", said.split_whitespace().collect::<Vec<_>>().join("-")),
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: words(&operation["summary"]),
        words: words(&operation["description"]),
        closed: items(&operation["security"]).next().is_some(),
        parameters: parameters.collect(),
        body: operation.get("requestBody").map(content),
        replies: replies.collect(),
    }
}

/// The type of a body or an answer, with its media type where that is not JSON.
fn content(of: &Value) -> Kind {
    let Some((media, body)) = members(&of["content"]).next() else { return Kind::default() };
    let mut kind = kind(&body["schema"]);
    if media != "application/json" {
        kind.words = format!("{media} {}", kind.words);
    }
    kind
}

fn read_shape(name: &str, shape: &Value) -> Shape {
    let required = |field: &str| items(&shape["required"]).any(|name| name == field);
    let fields = members(&shape["properties"]).map(|(name, field)| Field {
        name: name.clone(),
        kind: kind(field),
        required: required(name),
        place: String::new(),
        words: words(&field["description"]),
    });
    Shape {
        name: name.to_owned(),
        words: words(&shape["description"]),
        fields: fields.collect(),
        kind: kind(shape),
    }
}

/// A schema in a few words.
fn kind(schema: &Value) -> Kind {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return Kind { words: name.to_owned(), shape: Some(name.to_owned()) };
    }
    for several in ["oneOf", "anyOf", "allOf"] {
        let kinds: Vec<Kind> =
            items(&schema[several]).map(kind).filter(|k| !["null", ""].contains(&k.words.as_str())).collect();
        if !kinds.is_empty() {
            let all: Vec<&str> = kinds.iter().map(|k| k.words.as_str()).collect();
            let joined = all.join(" | ");
            return Kind { words: joined, shape: kinds.into_iter().find_map(|k| k.shape) };
        }
    }
    if let Some(values) = schema["enum"].as_array() {
        let named = values.iter().filter(|value| !value.is_null());
        let all: Vec<String> =
            named.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)).collect();
        return Kind { words: all.join(" | "), shape: None };
    }
    let name = match &schema["type"] {
        Value::Array(types) => {
            types.iter().filter_map(Value::as_str).find(|t| *t != "null").unwrap_or_default()
        }
        one => one.as_str().unwrap_or_default(),
    };
    if name == "array" {
        let of = kind(&schema["items"]);
        return Kind { words: format!("{}[]", of.words), shape: of.shape };
    }
    let format = schema["format"].as_str().map(|format| format!(" ({format})")).unwrap_or_default();
    Kind { words: format!("{name}{format}"), shape: None }
}

#[cfg(test)]
mod tests {
    use actix_web::body::to_bytes;
    use actix_web::test::TestRequest;
    use serde_json::json;

    use super::{CODES, groups, kind};
    use crate::domain::language::Language;
    use crate::language::has;

    #[test]
    fn every_code_has_its_sentences_and_every_sentence_its_code() {
        let written = include_str!("../../assets/i18n/en/web.ftl");
        let mut keys: Vec<&str> = written
            .lines()
            .filter_map(|line| line.strip_prefix("problem-")?.split(" =").next())
            .filter(|key| !key.ends_with("-detail"))
            .collect();
        let mut codes: Vec<&str> = CODES.iter().map(|(code, _)| *code).collect();
        keys.sort_unstable();
        codes.sort_unstable();
        assert_eq!(codes, keys);
        for language in Language::ALL {
            for (code, _) in CODES {
                assert!(has(language, &format!("problem-{code}")), "{code}");
                // A refused photo has a sentence for each thing that can be wrong with it.
                let detail = *code == "photo_refused" || has(language, &format!("problem-{code}-detail"));
                assert!(detail, "{code}");
            }
        }
    }

    #[actix_web::test]
    async fn the_page_speaks_one_language() {
        let (chinese, english) = ("接入群聊：会往群里发一个六位验证码", "Connect a chat: a six-digit code");
        for (language, said, other) in [("zh-CN", chinese, english), ("en", english, chinese)] {
            let http = TestRequest::with_uri(&format!("/api/docs?lang={language}")).to_http_request();
            let answer = super::page(&http, crate::web::openapi::document()).unwrap();
            let html = String::from_utf8(to_bytes(answer.into_body()).await.unwrap().to_vec()).unwrap();
            assert!(html.contains(said) && !html.contains(other), "{language}: {html}");
            assert!(html.contains("case_number"), "names stay as they are");
        }
    }

    #[test]
    fn schemas_are_told_in_few_words() {
        for (schema, expected) in [
            (json!({"type": "string"}), "string"),
            (json!({"type": ["string", "null"], "format": "date-time"}), "string (date-time)"),
            (json!({"type": "array", "items": {"$ref": "#/components/schemas/Notice"}}), "Notice[]"),
            (json!({"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Notice"}]}), "Notice"),
            (json!({"type": "string", "enum": ["a", "b"]}), "a | b"),
            (json!({"type": ["string", "null"], "enum": ["a", "b", null]}), "a | b"),
            (json!({"allOf": [{"$ref": "#/components/schemas/Notice"}, {"required": ["x"]}]}), "Notice"),
            (json!({}), ""),
        ] {
            assert_eq!(kind(&schema).words, expected, "{schema}");
        }
    }

    #[test]
    fn calls_are_grouped_by_their_tag() {
        let paths = json!({
            "/notices/{case}": {"get": {"tags": ["notices"], "responses": {"200": {"description": "it"}},
                "parameters": [{"name": "case", "in": "path", "required": true, "schema": {"type": "string"}}]}},
            "/photos": {"post": {"tags": ["photos"], "responses": {}, "security": [{"token": []}]}},
            "/notices": {"get": {"tags": ["notices"], "responses": {}}},
        });
        let groups = groups(&paths);
        let told: Vec<(&str, usize)> = groups.iter().map(|g| (g.name.as_str(), g.calls.len())).collect();
        assert_eq!(told.len(), 2);
        assert!(told.contains(&("notices", 2)) && told.contains(&("photos", 1)));
        let call = groups.iter().flat_map(|g| &g.calls).find(|c| c.path.contains('{')).unwrap();
        assert_eq!((call.anchor.as_str(), call.closed), ("get-notices-case", false));
        assert!(call.parameters[0].required);
    }
}
