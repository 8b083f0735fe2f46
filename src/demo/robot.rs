//! A strict stand-in for a WeCom group and its robots: it refuses what the real ones refuse, with the same
//! code, so that what works here works there.
//!
//! Limits: <https://developer.work.weixin.qq.com/document/path/91770>;
//! codes: <https://developer.work.weixin.qq.com/document/path/90313>.

use std::collections::VecDeque;
use std::io::Cursor;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use image::{ImageFormat, ImageReader};
use md5::{Digest, Md5};
use serde_json::{Value, json};

use crate::domain::hex::hex;
use crate::vault;

/// The longest text, in bytes of UTF-8.
pub const TEXT: usize = 2_048;
/// The largest picture, in bytes before base64.
pub const PICTURE: usize = 2 * 1024 * 1024;
/// The largest body that is read, in bytes: the largest picture in base64, with room to spare.
pub const BODY: usize = 4 * 1024 * 1024;
/// The most messages of one robot within [`WINDOW`].
pub const RATE: usize = 20;
/// The period of [`RATE`].
pub const WINDOW: TimeDelta = TimeDelta::minutes(1);
/// How many messages the chat keeps.
pub const REMEMBERED: usize = 200;

/// What was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    Text(String),
    Picture {
        bytes: Bytes,
        content_type: &'static str,
        /// The MD5 in hexadecimal; it keeps the pictures of two runs apart in a browser's cache.
        md5: String,
    },
}

/// One message of the chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Counts from 1, without gaps.
    pub number: u64,
    pub at: DateTime<Utc>,
    /// The index of the robot that said it, from 0.
    pub robot: usize,
    pub content: Content,
}

/// Why the robot refused a message. Like the real one it says so in an answer with status 200.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    UnknownKey,
    TooOften,
    NotJson,
    UnknownType,
    Empty,
    TooLong,
    PictureSize,
    PictureFormat,
    PictureDigest,
}

impl Refusal {
    /// The vendor's code and words.
    pub const fn said(self) -> (i32, &'static str) {
        match self {
            Refusal::UnknownKey => (93_000, "invalid webhook url, hint: practice robot"),
            Refusal::TooOften => (45_009, "api freq out of limit, hint: practice robot"),
            Refusal::NotJson => (40_035, "invalid parameter, application/json expected"),
            Refusal::UnknownType => (40_008, "invalid message type"),
            Refusal::Empty => (44_004, "empty content"),
            Refusal::TooLong => (40_058, "text.content exceed max length 2048"),
            Refusal::PictureSize => (40_009, "invalid image size"),
            Refusal::PictureFormat => (40_123, "invalid image format"),
            Refusal::PictureDigest => (301_019, "media md5 not match"),
        }
    }
}

/// The body of the answer.
pub fn answer(taken: Result<(), Refusal>) -> Value {
    let (code, words) = taken.err().map_or((0, "ok"), Refusal::said);
    json!({"errcode": code, "errmsg": words})
}

/// A robot of the chat; anyone who knows its key speaks through it.
struct Robot {
    key: String,
    /// When the messages of the last [`WINDOW`] were accepted.
    taken: VecDeque<DateTime<Utc>>,
}

/// One group chat: its robots, and what they have said.
pub struct Chat {
    robots: Vec<Robot>,
    messages: VecDeque<Message>,
    /// The number of the last message.
    last: u64,
}

impl Chat {
    /// An empty chat with a robot for each key.
    pub fn new(keys: impl IntoIterator<Item = String>) -> Chat {
        let robots = keys.into_iter().map(|key| Robot { key, taken: VecDeque::new() }).collect();
        Chat { robots, messages: VecDeque::new(), last: 0 }
    }

    /// The key at the end of a robot's webhook URL.
    pub fn key(&self, robot: usize) -> &str {
        &self.robots[robot].key
    }

    /// The kept messages, oldest first.
    pub fn messages(&self) -> impl Iterator<Item = &Message> {
        self.messages.iter()
    }

    /// Takes a message into the chat; its type comes without parameters.
    ///
    /// # Errors
    /// What the real robot would refuse.
    pub fn take(
        &mut self,
        key: &str,
        content_type: &str,
        body: &[u8],
        now: DateTime<Utc>,
    ) -> Result<(), Refusal> {
        let mut robots = self.robots.iter_mut().enumerate();
        let known = robots.find(|(_, robot)| vault::same(key.as_bytes(), robot.key.as_bytes()));
        let (number, robot) = known.ok_or(Refusal::UnknownKey)?;
        robot.taken.retain(|at| now - *at < WINDOW);
        if robot.taken.len() >= RATE {
            return Err(Refusal::TooOften);
        }
        let content = read(content_type, body)?;
        robot.taken.push_back(now);
        self.last += 1;
        if self.messages.len() == REMEMBERED {
            self.messages.pop_front();
        }
        self.messages.push_back(Message { number: self.last, at: now, robot: number, content });
        Ok(())
    }
}

fn read(content_type: &str, body: &[u8]) -> Result<Content, Refusal> {
    if !content_type.eq_ignore_ascii_case("application/json") {
        return Err(Refusal::NotJson);
    }
    let body: Value = serde_json::from_slice(body).map_err(|_| Refusal::NotJson)?;
    match body["msgtype"].as_str() {
        Some("text") => text(&body["text"]),
        Some("image") => picture(&body["image"]),
        _ => Err(Refusal::UnknownType),
    }
}

fn text(part: &Value) -> Result<Content, Refusal> {
    match part["content"].as_str() {
        None | Some("") => Err(Refusal::Empty),
        Some(text) if text.len() > TEXT => Err(Refusal::TooLong),
        Some(text) => Ok(Content::Text(text.to_owned())),
    }
}

fn picture(part: &Value) -> Result<Content, Refusal> {
    let (Some(base64), Some(claimed)) = (part["base64"].as_str(), part["md5"].as_str()) else {
        return Err(Refusal::Empty);
    };
    let bytes = STANDARD.decode(base64).map_err(|_| Refusal::PictureFormat)?;
    if bytes.len() > PICTURE {
        return Err(Refusal::PictureSize);
    }
    let md5 = hex(&Md5::digest(&bytes));
    if !claimed.eq_ignore_ascii_case(&md5) {
        return Err(Refusal::PictureDigest);
    }
    let content_type = content_type(&bytes).ok_or(Refusal::PictureFormat)?;
    Ok(Content::Picture { bytes: bytes.into(), content_type, md5 })
}

/// The content type of a picture, where it can be decoded completely.
fn content_type(bytes: &[u8]) -> Option<&'static str> {
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok()?;
    let content_type = match reader.format()? {
        ImageFormat::Jpeg => "image/jpeg",
        ImageFormat::Png => "image/png",
        _ => return None,
    };
    reader.decode().ok().map(|_| content_type)
}

#[cfg(test)]
mod tests {
    use image::{DynamicImage, RgbImage};

    use super::*;

    const KEY: &str = "practice";
    const JSON: &str = "application/json";

    const SECOND: &str = "second";

    fn chat() -> Chat {
        Chat::new([KEY, SECOND].map(str::to_owned))
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn say(text: &str) -> Vec<u8> {
        json!({"msgtype": "text", "text": {"content": text}}).to_string().into_bytes()
    }

    fn show(raw: &[u8], md5: &str) -> Vec<u8> {
        let image = json!({"base64": STANDARD.encode(raw), "md5": md5});
        json!({"msgtype": "image", "image": image}).to_string().into_bytes()
    }

    fn drawn(format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        DynamicImage::ImageRgb8(RgbImage::new(64, 64)).write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    fn digest(raw: &[u8]) -> String {
        hex(&Md5::digest(raw))
    }

    fn taken(body: &[u8]) -> Result<(), Refusal> {
        chat().take(KEY, JSON, body, at(0))
    }

    #[test]
    fn only_its_key_opens_the_chat() {
        let mut chat = chat();
        for key in ["", "practic", "practice2", "PRACTICE"] {
            assert_eq!(chat.take(key, JSON, &say("x"), at(0)), Err(Refusal::UnknownKey), "{key:?}");
        }
        assert_eq!(chat.messages().count(), 0);
        assert_eq!(chat.take(KEY, JSON, &say("x"), at(0)), Ok(()));
    }

    #[test]
    fn a_text_is_measured_in_bytes() {
        let fits = format!("{}ab", "字".repeat(682));
        assert_eq!(fits.len(), TEXT);
        assert_eq!(taken(&say(&fits)), Ok(()));
        assert_eq!(taken(&say(&(fits + "c"))), Err(Refusal::TooLong));
        assert_eq!(taken(&say("")), Err(Refusal::Empty));
    }

    #[test]
    fn only_json_of_a_known_type_is_read() {
        let mut chat = chat();
        for kind in ["text/plain", "", "application/x-www-form-urlencoded"] {
            assert_eq!(chat.take(KEY, kind, &say("x"), at(0)), Err(Refusal::NotJson), "{kind:?}");
        }
        assert_eq!(chat.take(KEY, "Application/JSON", &say("x"), at(0)), Ok(()));
        assert_eq!(taken(b"{"), Err(Refusal::NotJson));
        for body in [r#"{"msgtype":"markdown","markdown":{"content":"x"}}"#, "{}", "[]", r#"{"msgtype":7}"#] {
            assert_eq!(taken(body.as_bytes()), Err(Refusal::UnknownType), "{body}");
        }
    }

    #[test]
    fn a_picture_needs_the_digest_of_its_raw_bytes() {
        for format in [ImageFormat::Jpeg, ImageFormat::Png] {
            let raw = drawn(format);
            assert_eq!(taken(&show(&raw, &digest(&raw))), Ok(()));
            assert_eq!(taken(&show(&raw, &digest(&raw).to_uppercase())), Ok(()));
            let of_base64 = digest(STANDARD.encode(&raw).as_bytes());
            assert_eq!(taken(&show(&raw, &of_base64)), Err(Refusal::PictureDigest));
        }
    }

    #[test]
    fn a_picture_must_be_a_whole_jpeg_or_png() {
        let webp = drawn(ImageFormat::WebP);
        assert_eq!(taken(&show(&webp, &digest(&webp))), Err(Refusal::PictureFormat));
        let png = drawn(ImageFormat::Png);
        let cut = &png[..png.len() / 2];
        assert_eq!(taken(&show(cut, &digest(cut))), Err(Refusal::PictureFormat));
        let broken = json!({"msgtype": "image", "image": {"base64": "data:image/png;base64,xx", "md5": ""}});
        assert_eq!(taken(broken.to_string().as_bytes()), Err(Refusal::PictureFormat));
        assert_eq!(taken(br#"{"msgtype":"image","image":{}}"#), Err(Refusal::Empty));
    }

    #[test]
    fn a_picture_has_at_most_two_megabytes() {
        // Bytes after a PNG's end are not part of it, so here only the size can be refused.
        let mut raw = drawn(ImageFormat::Png);
        raw.resize(PICTURE, 0);
        let largest = show(&raw, &digest(&raw));
        assert!(largest.len() <= BODY);
        assert_eq!(taken(&largest), Ok(()));
        raw.push(0);
        assert_eq!(taken(&show(&raw, &digest(&raw))), Err(Refusal::PictureSize));
    }

    #[test]
    fn twenty_messages_in_any_minute() {
        let mut chat = chat();
        for second in 0..20 {
            assert_eq!(chat.take(KEY, JSON, &say("x"), at(second)), Ok(()), "{second}");
        }
        assert_eq!(chat.take(KEY, JSON, &say("x"), at(59)), Err(Refusal::TooOften));
        assert_eq!(chat.take(KEY, JSON, &say("x"), at(60)), Ok(()));
        assert_eq!(chat.take(KEY, JSON, &say("x"), at(60)), Err(Refusal::TooOften));
        assert_eq!(chat.take(SECOND, JSON, &say("x"), at(60)), Ok(()), "each robot has its own");
        assert_eq!(chat.messages().last().map(|m| m.robot), Some(1));
    }

    #[test]
    fn what_is_refused_uses_nothing_up() {
        let mut chat = chat();
        for _ in 0..RATE {
            assert_eq!(chat.take(KEY, JSON, &say(""), at(0)), Err(Refusal::Empty));
        }
        assert_eq!(chat.take(KEY, JSON, &say("x"), at(0)), Ok(()));
        assert_eq!(chat.messages().map(|m| m.number).collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn the_oldest_messages_are_forgotten() {
        let mut chat = chat();
        for n in 0..i64::try_from(REMEMBERED).unwrap() + 5 {
            chat.take(KEY, JSON, &say(&n.to_string()), at(4 * n)).unwrap();
        }
        let numbers: Vec<u64> = chat.messages().map(|m| m.number).collect();
        assert_eq!(numbers, (6..=205).collect::<Vec<_>>());
    }

    #[test]
    fn answers_look_like_the_vendors() {
        assert_eq!(answer(Ok(())), json!({"errcode": 0, "errmsg": "ok"}));
        assert_eq!(answer(Err(Refusal::UnknownKey))["errcode"], 93_000);
        assert_eq!(answer(Err(Refusal::TooOften))["errcode"], 45_009);
    }
}
