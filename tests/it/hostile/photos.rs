//! Files that are not photos, and forms without one.

use std::io::Cursor;

use chrono::TimeDelta;
use image::{DynamicImage, ImageFormat, RgbImage};
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::json;
use seventytwo::domain::people::Role;
use seventytwo::intake::photos::LOOSE_AT_MOST;

use super::{ask, faults, only, request};
use crate::chaos::run;
use crate::house::{House, Reply};
use crate::notices::{self, jpeg};
use crate::{Test, housed};

/// The tests of this file.
pub const TESTS: &[Test] = &[
    housed!(what_is_no_photo_is_refused_with_the_reason),
    housed!(forms_without_a_photo_are_told_so),
    housed!(photos_that_nobody_takes_do_not_fill_the_house),
    housed!(what_belongs_to_no_notice_is_shown_to_nobody_else),
];

async fn send(house: &House, part: Part) -> Reply {
    let form = Form::new().part("photo", part);
    ask(request(house, Method::POST, "/api/v1/photos").multipart(form)).await
}

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(RgbImage::new(width, height)).write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// A small file that claims to be a picture of that size.
fn bomb(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = png(64, 64);
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    let crc = crc32(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&crc.to_be_bytes());
    bytes
}

/// A WebP whose 40 megapixels take no bits at all, and decoding them seconds.
fn even_webp() -> Vec<u8> {
    b"RIFF\x14\0\0\0WEBPVP8L\x08\0\0\0\x2f\x3f\xdf\xe1\x04\x88\x88\x08".to_vec()
}

/// <https://www.w3.org/TR/png-3/#D-CRCAppendix>
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |c, _| if c & 1 == 1 { 0xedb8_8320 ^ (c >> 1) } else { c >> 1 })
    })
}

async fn what_is_no_photo_is_refused_with_the_reason(house: House) -> House {
    let whole = jpeg();
    let svg = r#"<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>"#;
    for (name, bytes) in [
        ("empty", Vec::new()),
        ("text", b"not a picture at all".to_vec()),
        ("svg", svg.into()),
        ("html", b"<!doctype html><img src=x onerror=alert(1)>".to_vec()),
        ("gif", b"GIF89a\x01\x00\x01\x00\x80\x00\x00".to_vec()),
        ("pdf", b"%PDF-1.7\n".to_vec()),
        ("heic", b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00".to_vec()),
        ("truncated", whole[..whole.len() / 2].to_vec()),
        ("only a header", whole[..20].to_vec()),
        ("bomb", bomb(30_000, 30_000)),
        ("wide", bomb(u32::MAX >> 1, 1)),
        ("flat", bomb(0, 0)),
        ("lying", bomb(6_000, 6_000)),
        ("tiny", png(7, 7)),
        ("28 bytes, 40 megapixels", even_webp()),
    ] {
        // Its name and type do not matter: the content decides.
        let part = Part::bytes(bytes).file_name("photo.jpg").mime_str("image/jpeg").unwrap();
        let reply = send(&house, part).await;
        let detail = reply.body["detail"].as_str().unwrap_or_default().to_owned();
        assert_eq!(reply.problem(422), "photo_refused", "{name}");
        assert!(!detail.is_empty() && !detail.starts_with("photo-"), "{name} has no sentence: {detail}");
    }
    let large = send(&house, Part::bytes(vec![0xff; 8 * 1024 * 1024 + 1]).file_name("x.jpg")).await;
    assert_eq!(large.problem(413), "too_large");
    // And a photo is a photo, whatever it is called.
    for name in ["x.exe", "../../etc/passwd", "\u{202e}gpj.js", ""] {
        let taken = send(&house, Part::bytes(whole.clone()).file_name(name.to_owned())).await.expect(201);
        assert!(taken["id"].is_string(), "{name}: {taken}");
    }
    house
}

async fn forms_without_a_photo_are_told_so(house: House) -> House {
    let other = Form::new().part("picture", Part::bytes(jpeg()).file_name("x.jpg"));
    let reply = ask(request(&house, Method::POST, "/api/v1/photos").multipart(other)).await;
    assert_eq!(reply.problem(422), "photo_refused");
    // Of two photos nobody can say which is meant.
    let part = || Part::bytes(jpeg()).file_name("x.jpg");
    let two = Form::new().part("photo", part()).part("picture", part()).part("photo", part());
    assert_eq!(
        faults(ask(request(&house, Method::POST, "/api/v1/photos").multipart(two)).await),
        only(["photo"])
    );
    let one = Form::new().part("picture", part()).part("photo", part()).text("word", "x");
    ask(request(&house, Method::POST, "/api/v1/photos").multipart(one)).await.expect(201);
    for (kind, body) in [
        ("application/json", "{}"),
        ("application/x-www-form-urlencoded", "photo=x"),
        ("image/jpeg", "\u{fffd}"),
        ("photo", "x"),
        ("", "x"),
    ] {
        let sent = request(&house, Method::POST, "/api/v1/photos").header("content-type", kind).body(body);
        assert_eq!(ask(sent).await.problem(415), "wrong_content_type", "{kind}: {body}");
    }
    let bare = request(&house, Method::POST, "/api/v1/photos").body("x");
    assert_eq!(ask(bare).await.problem(415), "wrong_content_type");
    // Called a form, but not readable as one.
    for (kind, body) in [
        ("multipart/form-data", "x"),
        ("multipart/form-data; boundary=", "x"),
        ("multipart/form-data; boundary=b", "no boundary at all"),
        ("multipart/form-data; boundary=b", "--b\r\n\r\n"),
        (
            "multipart/form-data; boundary=b",
            "--b\r\ncontent-disposition: form-data; name=\"photo\"\r\n\r\nhalf",
        ),
        ("multipart/form-data; boundary=b", ""),
    ] {
        let sent = request(&house, Method::POST, "/api/v1/photos").header("content-type", kind).body(body);
        let broken = ask(sent).await;
        assert!(broken.body["fields"]["body"].is_string(), "{kind}: {body}: {}", broken.text);
        assert_eq!(broken.problem(422), "invalid_fields", "{kind}: {body}");
    }
    // A form that ends at once is valid, but has no photo.
    let ended = request(&house, Method::POST, "/api/v1/photos")
        .header("content-type", "multipart/form-data; boundary=b")
        .body("--b--\r\n");
    assert_eq!(ask(ended).await.problem(422), "photo_refused");
    house
}

/// 9,998 photos uploaded together with the first.
const FILL_SQLITE: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9998) \
     INSERT INTO photos SELECT randomblob(16), NULL, x'', 80, 80, 0, created_at FROM n, (SELECT created_at FROM photos)";
const FILL_POSTGRES: &str = "INSERT INTO photos SELECT gen_random_uuid(), NULL::uuid, ''::bytea, 80, 80, 0, created_at \
     FROM generate_series(1, 9998), (SELECT created_at FROM photos) AS first";

async fn photos_that_nobody_takes_do_not_fill_the_house(house: House) -> House {
    let began = house.clock.now();
    let taken = house.photo(jpeg()).await;
    house.advance(TimeDelta::milliseconds(60_300));
    assert_eq!(LOOSE_AT_MOST, 10_000);
    run(&house.db, if house.db.is_sqlite() { FILL_SQLITE } else { FILL_POSTGRES }).await;
    house.photo(jpeg()).await;
    let full = send(&house, Part::bytes(jpeg()).file_name("x.jpg")).await;
    // A client that comes back after these whole seconds finds room.
    assert_eq!(full.headers["retry-after"], (24 * 60 * 60 - 60).to_string());
    assert_eq!(full.problem(429), "too_many_requests");
    // A person filling in a form loses nothing of it, and is told that it can be sent without a photo.
    let words = Form::new()
        .text("description", "遗失在 12 路公交车上")
        .part("photo", Part::bytes(jpeg()).file_name("x.jpg"));
    let form = ask(request(&house, Method::POST, "/report/lost_property?lang=zh-CN").multipart(words)).await;
    assert_eq!(form.status, 422, "{}", form.text);
    assert!(
        form.text.contains("遗失在 12 路公交车上") && form.text.contains("请先不带照片提交"),
        "{}",
        form.text
    );

    // A notice that takes a photo makes room for another, and so does time.
    let mut body = notices::lost_property(began);
    body["photo_ids"] = json!([taken]);
    house.post("/notices", None, &body).await.expect(201);
    house.photo(jpeg()).await;
    send(&house, Part::bytes(jpeg()).file_name("x.jpg")).await.problem(429);
    house.pass(TimeDelta::hours(24)).await;
    house.photo(jpeg()).await;
    house
}

async fn what_belongs_to_no_notice_is_shown_to_nobody_else(house: House) -> House {
    let part = Part::bytes(jpeg()).file_name("x.jpg");
    let taken = send(&house, part).await.expect(201);
    let url = taken["url"].as_str().unwrap();
    let page = url.strip_prefix(&house.base).expect("an address of this house");
    let (moderator, lead) =
        (house.person("林志愿", Role::Moderator).await, house.person("陈组长", Role::Lead).await);
    let (a, b) = (house.session(&moderator).await, house.session(&lead).await);
    let everybody = [String::new(), format!("session={a}"), format!("session={b}")];
    let seen = async |path: &str| {
        let mut seen = Vec::new();
        for cookie in &everybody {
            seen.push(house.page_as(path, cookie).await.status.as_u16());
        }
        seen
    };
    for size in ["full", "page", "thumb"] {
        assert_eq!(seen(&page.replace("page", size)).await, [404; 3], "{size}");
    }
    // From the moment that a notice has it, those who verify see it; once that is live, everybody does.
    let mut body = notices::lost_property(house.clock.now());
    body["photo_ids"] = json!([taken["id"]]);
    let case = house.post("/notices", None, &body).await.expect(201);
    assert_eq!(seen(page).await, [404, 200, 200]);
    house.go_live(case["case_number"].as_str().unwrap(), &[&moderator]).await;
    assert_eq!(seen(page).await, [200; 3]);
    house
}
