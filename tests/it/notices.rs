//! Notices as families and finders would submit them, and a look into the raw database.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::sql_types::{Binary, Text};
use diesel::{QueryableByName, RunQueryDsl as _};
use image::{DynamicImage, Rgb, RgbImage};
use serde_json::{Value, json};
use seventytwo::store::Conn;

use crate::house::House;
use crate::process::peek;

fn reporter() -> Value {
    json!({"name": "王小红", "phone": "+86 138 0013 8000", "relation": "daughter", "publish_phone": false})
}

/// An old woman who cannot find her way home.
pub fn missing_person(now: DateTime<Utc>) -> Value {
    json!({
        "kind": "missing_person", "region": "131003", "reporter": reporter(),
        "consent": {"truthful": true, "publish": true, "sensitive": true},
        "photo_ids": [], "description": "早上出门买菜后未归，能说出自己的姓名。",
        "person": {"name": "李玉兰", "age": 76, "sex": "female", "category": "dementia", "height_cm": 158,
                   "appearance": "花白短发，中等身材", "clothing": "紫色开衫，黑色裤子", "medical_urgent": true},
        "last_seen": {"at": (now - TimeDelta::hours(2)).to_rfc3339(), "precision": "about",
                      "place": "银河南路与爱民东道路口"},
        "police": {"reported": true, "station": "银河南路派出所", "reference": "廊公安受字2026第1123号"},
        "safety": {"violence": false, "protection_order": false, "left_voluntarily": false},
        "secret_detail": "左手小指有一道旧伤",
    })
}

/// A rucksack left in a bus.
pub fn lost_property(now: DateTime<Utc>) -> Value {
    json!({
        "kind": "lost_property", "region": "131003", "reporter": reporter(),
        "consent": {"truthful": true, "publish": true}, "photo_ids": [],
        "description": "遗失在 12 路公交车上。",
        "item": {"direction": "lost", "what": "双肩包", "brand": "探路者", "colour": "蓝色", "is_document": false},
        "last_seen": {"at": (now - TimeDelta::hours(3)).to_rfc3339(), "precision": "about", "place": "12 路公交车"},
        "secret_detail": "内袋里有一张合影",
    })
}

/// People cut off by water.
pub fn rescue(now: DateTime<Utc>) -> Value {
    json!({
        "kind": "rescue", "region": "131003", "reporter": reporter(),
        "consent": {"truthful": true, "publish": true}, "photo_ids": [],
        "description": "河水上涨，三人被困在桥头平台，手机电量不足。",
        "incident": {"what": "flood", "people": 3, "emergency_called": true},
        "last_seen": {"at": (now - TimeDelta::minutes(20)).to_rfc3339(), "precision": "exact", "place": "永定河大桥南侧"},
    })
}

/// A campaign of a foundation.
pub fn donation(now: DateTime<Utc>) -> Value {
    let day = |days: i64| (now + TimeDelta::days(days)).date_naive().to_string();
    json!({
        "kind": "donation", "region": "131003", "reporter": reporter(),
        "consent": {"truthful": true, "publish": true}, "photo_ids": [],
        "description": "为山区学校募集过冬物资。",
        "campaign": {"organisation": "浙江省某某慈善基金会", "credit_code": "53330000501874064B",
                     "filing_number": "53330000501874064BA18023", "url": "https://gongyi.qq.com/succor/detail.htm?id=1",
                     "starts_on": day(-5), "ends_on": day(20), "needs": "棉衣、被褥、文具"},
    })
}

/// A photo as a phone would upload it.
pub fn jpeg() -> Vec<u8> {
    let picture = RgbImage::from_fn(900, 1200, |x, y| Rgb([(x / 4) as u8, (y / 5) as u8, 120]));
    let mut bytes = std::io::Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(picture).write_to(&mut bytes, image::ImageFormat::Jpeg).unwrap();
    bytes.into_inner()
}

/// None of these words can be read in the database: in the raw files of SQLite, in the rows of PostgreSQL.
pub async fn assert_unreadable(house: &House, words: &[&str]) {
    let held = if house.db.is_sqlite() { files(house) } else { rows(house).await };
    assert!(!held.is_empty(), "nothing was looked at");
    for (place, bytes) in held {
        for word in words {
            let found = bytes.windows(word.len()).any(|w| w == word.as_bytes());
            assert!(!found, "{word} can be read in {place}");
        }
    }
}

fn files(house: &House) -> Vec<(String, Vec<u8>)> {
    let files = std::fs::read_dir(house.db.folder.path()).unwrap().flatten().map(|file| file.path());
    files.filter_map(|path| Some((path.display().to_string(), std::fs::read(path).ok()?))).collect()
}

/// Each table as one text, in which bytes are written as they are.
async fn rows(house: &House) -> Vec<(String, Vec<u8>)> {
    #[derive(QueryableByName)]
    struct Table {
        #[diesel(sql_type = Text)]
        name: String,
    }
    #[derive(QueryableByName)]
    struct Rows {
        #[diesel(sql_type = Binary)]
        bytes: Vec<u8>,
    }
    peek(&house.db, |conn| {
        let Conn::Pg(c) = conn else { unreachable!("a server") };
        let tables: Vec<Table> =
            diesel::sql_query("SELECT relname AS name FROM pg_stat_user_tables").load(&mut **c)?;
        let mut read = Vec::new();
        for Table { name } in tables {
            let rows: Rows = diesel::sql_query(format!(
                "SELECT COALESCE(string_agg(convert_to(t::text, 'UTF8'), ''), '') AS bytes FROM {name} t"
            ))
            .get_result(&mut **c)?;
            let hidden: Rows = diesel::sql_query(format!(
                "SELECT COALESCE(string_agg(decode(m[1], 'hex'), ''), '') AS bytes \
                 FROM {name} t, regexp_matches(t::text, '\\\\x([0-9a-f]+)', 'g') AS m"
            ))
            .get_result(&mut **c)?;
            read.extend([(name.clone(), rows.bytes), (format!("bytes of {name}"), hidden.bytes)]);
        }
        Ok(read)
    })
    .await
}
