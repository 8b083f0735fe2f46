//! A notice in one line, by which its reporter recognises it and sees what has arrived.

use serde_json::Value;

use crate::domain::language::Language;
use crate::domain::notice::Kind;
use crate::domain::region::Region;
use crate::web::frame::Frame;

/// Who or what is sought, the age, the place, and the number of photos of a submitted notice.
pub fn summary(frame: &Frame, kind: Kind, notice: &Value) -> String {
    let told = |path: &str| notice.pointer(path)?.as_str().map(str::to_owned);
    let what = match kind {
        Kind::MissingPerson => told("/person/name"),
        Kind::LostProperty => told("/item/what"),
        Kind::Rescue => told("/incident/what").map(|what| frame.t(&format!("f-incident-what-{what}"))),
        Kind::Donation => told("/campaign/organisation"),
    };
    let age = notice["person"]["age"].as_i64().map(|age| frame.tn("fact-years", "number", age));
    let region = told("/region").and_then(|code| Region::parse(&code).ok());
    let place = told("/last_seen/place");
    let chinese = frame.language == Language::ZhCn;
    let whole = region.zip(place.as_deref()).filter(|_| chinese).and_then(|(r, place)| r.completing(place));
    let region = region.filter(|_| whole.is_none()).map(|region| region.name_in(frame.language));
    let photos = notice["photo_ids"].as_array().map_or(0, Vec::len);
    let photos = frame.tn("my-photos", "number", photos as i64);
    let parts = [what, age, region, whole.or(place), Some(photos)];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}
