//! For tests: an intake on its own store, and request bodies without a fault.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::photos::Stored;
use super::submission::parse;
use super::{Intake, Request, api};
use crate::domain::life_cycle::{Needs, Weighing};
use crate::web::shared::Shared;

pub(crate) struct Scene {
    pub intake: Intake,
    pub shared: Shared,
    _folder: TempDir,
}

impl Scene {
    pub(crate) async fn new() -> Scene {
        let folder = tempfile::tempdir().unwrap();
        let mut shared = Shared::for_tests(folder.path(), "https://72.example.org").await;
        // The intake is tested against a policy of its own, so that changing the real policy breaks nothing
        // here.
        shared.weigh = |_, private, _| Weighing {
            needs: Needs { approvals: 1 + u8::from(private.safety.violence), leads: 0 },
            sealed: private.safety.violence,
            urgency: 2 + i16::from(private.safety.violence),
            second_look: false,
            police_follow_up: false,
            guarded: private.safety.violence,
        };
        Scene { intake: api::station(&shared), shared, _folder: folder }
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.shared.clock.now()
    }

    /// A photo of that width that belongs to no notice.
    pub(crate) async fn photo(&self, width: u32) -> Stored {
        let sender = "203.0.113.0/24".parse().unwrap();
        self.intake.store_photo(png(width), sender, self.now()).await.unwrap()
    }

    pub(crate) fn request(&self, body: &Value, key: Option<&str>) -> Request {
        Request {
            submission: parse(body, self.now()).unwrap(),
            key: key.map(str::to_owned),
            body_hash: api::body_hash(body),
            submitted_by: None,
        }
    }
}

/// A picture of that width.
pub(crate) fn png(width: u32) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let picture = image::RgbImage::from_fn(width, 80, |x, y| image::Rgb([x as u8, y as u8, 90]));
    picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// The time of the tests' clock.
pub(crate) fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

fn common(kind: &str) -> Value {
    json!({
        "kind": kind,
        "region": "131003",
        "reporter": {"name": "李梅", "phone": "+86 138 0013 8000", "relation": "女儿", "publish_phone": false},
        "consent": {"truthful": true, "publish": true, "sensitive": true},
        "photo_ids": [],
        "description": "早上出门后未回家。",
    })
}

fn seen() -> Value {
    json!({"at": "2027-01-15T09:40:00+08:00", "precision": "about", "place": "人民公园东门"})
}

pub(crate) fn missing_person() -> Value {
    let mut body = common("missing_person");
    body["person"] = json!({
        "name": "王秀英", "age": 76, "sex": "female", "category": "dementia", "height_cm": 158,
        "appearance": "短发", "clothing": "深红色外套", "medical_urgent": true,
    });
    body["last_seen"] = seen();
    body["police"] = json!({"reported": true, "station": "和平路派出所", "reference": "A123"});
    body["safety"] = json!({"violence": false, "protection_order": false, "left_voluntarily": false});
    body["secret_detail"] = json!("左手腕有一块旧表");
    body
}

pub(crate) fn lost_property() -> Value {
    let mut body = common("lost_property");
    body["item"] = json!({"direction": "found", "what": "黑色钱包", "is_document": false});
    body["last_seen"] = seen();
    body["secret_detail"] = json!("夹层里有一张照片");
    body
}

pub(crate) fn rescue() -> Value {
    let mut body = common("rescue");
    body["incident"] = json!({"what": "flood", "people": "３", "emergency_called": true});
    body["last_seen"] = seen();
    body
}

pub(crate) fn donation() -> Value {
    let mut body = common("donation");
    body["campaign"] = json!({
        "organisation": "某某慈善基金会",
        "credit_code": "53330000501874064B",
        "filing_number": "53330000501874064BA18023",
        "url": "https://gongyi.qq.com/succor/detail.htm?id=1",
        "starts_on": "2027-01-01",
        "ends_on": "2027-12-31",
        "needs": "棉被两百床",
    });
    body
}
