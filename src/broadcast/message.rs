//! What is said: once per broadcast and language, the same in meaning on every platform.
//!
//! A message is typed sections rather than a text, because every platform cuts by its own unit and
//! some want a link or a picture apart. The first line, the case number and the link are never cut;
//! of the rest the least needed goes first.

use bytes::Bytes;
use chrono::{DateTime, FixedOffset, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

use crate::domain::case_number::CaseNumber;
use crate::domain::delivery::Purpose;
use crate::domain::language::Language;
use crate::domain::notice::{Kind, Outcome, Public};
use crate::domain::text::{Unit, for_group, one_line};
use crate::language::{Arg, text, text_with};

mod lines;

/// What every message begins with, so that a chat's keyword filter can be set to it.
pub const PREFIX: &str = "【72小时】";

/// The longest name or thing in the heading of a notice, in characters.
const NAME: usize = 40;
/// The longest heading of a notice in a digest, in characters.
const DIGESTED: usize = 32;
/// A line shortened to less than this many units says nothing any more and is left out.
const STUB: usize = 24;
/// China has one time zone and no summer time.
const SHANGHAI: FixedOffset = FixedOffset::east_opt(8 * 3600).expect("eight hours are less than a day");

/// What is known about one broadcast.
#[derive(Clone, Debug)]
pub struct Said<'a> {
    pub purpose: Purpose,
    pub kind: Kind,
    pub case_number: &'a CaseNumber,
    /// The notice's public page.
    pub link: &'a str,
    /// Where a platform can fetch the poster.
    pub poster: Option<&'a str>,
    /// Absent where nothing may be shown any more.
    pub public: Option<&'a Public>,
    /// Only with the reporter's consent.
    pub outcome: Option<Outcome>,
    pub language: Language,
    /// When the broadcast was decided.
    pub at: DateTime<Utc>,
}

/// What a line is about; its name in the payload for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    Subject,
    Looks,
    Clothing,
    LastSeen,
    Region,
    HeldAt,
    Needs,
    Health,
    Police,
    Description,
}

impl Field {
    /// The name in the payload for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Field::Subject => "subject",
            Field::Looks => "looks",
            Field::Clothing => "clothing",
            Field::LastSeen => "last_seen",
            Field::Region => "region",
            Field::HeldAt => "held_at",
            Field::Needs => "needs",
            Field::Health => "health",
            Field::Police => "police",
            Field::Description => "description",
        }
    }

    /// In which order lines go when there is no room: the highest first.
    const fn expendable(self) -> u8 {
        match self {
            Field::Subject => 0,
            Field::LastSeen | Field::Region => 1,
            Field::Health => 2,
            Field::HeldAt => 3,
            Field::Police => 4,
            Field::Clothing => 5,
            Field::Looks => 6,
            Field::Needs => 7,
            Field::Description => 8,
        }
    }
}

/// One line of the body: our label, and what the public told, made harmless.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub field: Field,
    label: String,
    value: String,
}

impl Line {
    /// The whole line.
    pub fn text(&self) -> String {
        format!("{}{}", self.label, self.value)
    }
}

/// A link and the words before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub label: String,
    pub url: String,
}

/// One thing to say, ready for every platform of one language.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    pub language: Language,
    /// Where a platform can fetch a picture.
    pub poster: Option<String>,
    /// There is a picture to be said, whether or not it is drawn yet.
    pub has_picture: bool,
    /// The picture itself, a JPEG, set in for forms that need it. Of what is over it is one that shows
    /// nobody and takes the poster's place, and `has_picture` is false: nothing new is to be seen.
    pub picture: Option<Bytes>,
    first: String,
    lines: Vec<Line>,
    tail: Vec<String>,
    link: Option<Link>,
    /// The event's type, time and further data, for programs.
    event: Option<Event>,
}

#[derive(Clone, Debug, PartialEq)]
struct Event {
    kind: String,
    at: DateTime<Utc>,
    data: Map<String, Value>,
}

/// A message cut to a platform's limit.
#[derive(Clone, Debug)]
pub struct Cut<'a> {
    pub first: &'a str,
    pub lines: Vec<Line>,
    pub tail: &'a [String],
    pub link: Option<&'a Link>,
}

impl Cut<'_> {
    /// What stands between the first line and the link, line by line.
    pub fn body(&self) -> impl Iterator<Item = String> {
        self.lines.iter().map(Line::text).chain(self.tail.iter().cloned())
    }

    /// Everything, one line each.
    pub fn text(&self) -> String {
        let link = self.link.map(|link| format!("{}{}", link.label, link.url));
        let lines: Vec<String> = [self.first.to_owned()].into_iter().chain(self.body()).chain(link).collect();
        lines.join("\n")
    }
}

impl Message {
    /// The first line; it begins with [`PREFIX`].
    pub fn first(&self) -> &str {
        &self.first
    }

    /// The message in at most `limit` units, line ends included. Only a limit too small for the
    /// parts that are never cut (some 400 bytes and the link) is exceeded.
    pub fn cut(&self, unit: Unit, limit: usize) -> Cut<'_> {
        let mut cut =
            Cut { first: &self.first, lines: self.lines.clone(), tail: &self.tail, link: self.link.as_ref() };
        loop {
            let over = unit.measure(&cut.text()).saturating_sub(limit);
            let last = (0..cut.lines.len()).max_by_key(|i| cut.lines[*i].field.expendable());
            let Some(last) = last.filter(|_| over > 0) else { return cut };
            let value = &mut cut.lines[last].value;
            match unit.measure(value).checked_sub(over) {
                Some(room) if room >= STUB => *value = unit.cut(value, room),
                _ => drop(cut.lines.remove(last)),
            }
        }
    }

    /// [`Message::cut`] as one text.
    pub fn text(&self, unit: Unit, limit: usize) -> String {
        self.cut(unit, limit).text()
    }

    /// The message as an event for programs, its text within `limit`.
    pub fn event(&self, unit: Unit, limit: usize) -> Value {
        let cut = self.cut(unit, limit);
        let mut data = Map::new();
        data.insert("language".into(), self.language.as_str().into());
        data.insert("title".into(), self.first.clone().into());
        data.insert("text".into(), cut.text().into());
        let Some(event) = &self.event else { return json!({"type": "message", "data": data}) };
        let fields = cut.lines.iter().map(|line| (line.field.as_str().to_owned(), line.value.clone().into()));
        data.insert("fields".into(), Value::Object(fields.collect()));
        data.extend(event.data.clone());
        let at = event.at.to_rfc3339_opts(SecondsFormat::Secs, true);
        json!({"type": event.kind, "timestamp": at, "data": data})
    }
}

/// A message about a chat rather than a notice: `broadcast-code` with `code`, `broadcast-test`.
pub fn plain(language: Language, key: &str, args: &[Arg<'_>]) -> Message {
    Message {
        language,
        poster: None,
        has_picture: false,
        picture: None,
        first: format!("{PREFIX}{}", text_with(language, key, args)),
        lines: Vec::new(),
        tail: Vec::new(),
        link: None,
        event: None,
    }
}

/// One message that tells what several others would have: of each its heading and its link.
pub fn digest(language: Language, messages: &[Message]) -> Message {
    let count = [("count", messages.len().into())];
    let told = |message: &Message| {
        let subject = message.lines.iter().find(|line| line.field == Field::Subject)?;
        let heading = Unit::Chars.cut(&subject.text(), DIGESTED);
        let link = message.link.as_ref().map(|link| link.url.as_str()).unwrap_or_default();
        Some(Line { field: Field::Subject, label: String::new(), value: format!("{heading} {link}") })
    };
    let at = messages.iter().filter_map(|message| message.event.as_ref()).map(|event| event.at).max();
    let told_of = messages.iter().filter_map(|message| message.event.as_ref());
    let notices: Vec<Value> = told_of.map(|event| Value::Object(event.data.clone())).collect();
    let data = Map::from_iter([("notices".to_owned(), notices.into())]);
    Message {
        lines: messages.iter().filter_map(told).collect(),
        event: at.map(|at| Event { kind: "digest.published".to_owned(), at, data }),
        ..plain(language, "broadcast-first-digest", &count)
    }
}

/// The message of one broadcast in one language.
pub fn message(said: &Said<'_>) -> Message {
    let words = Words(said.language);
    // What is over shows nothing of the person any more.
    let public = said.public.filter(|_| !said.purpose.ends());
    Message {
        language: said.language,
        poster: public.and(said.poster).map(str::to_owned),
        has_picture: public.and(said.poster).is_some(),
        picture: None,
        first: format!("{PREFIX}{}", first(said, words)),
        lines: public.map(|public| lines::lines(public, words)).unwrap_or_default(),
        tail: tail(said, public, words),
        link: Some(Link {
            label: words.label(if said.purpose.ends() { "broadcast-link-ended" } else { "broadcast-link" }),
            url: said.link.to_owned(),
        }),
        event: Some(event(said, public.is_some())),
    }
}

fn first(said: &Said<'_>, words: Words) -> String {
    let kind = words.of(&format!("broadcast-kind-{}", said.kind.as_str()));
    match (said.purpose, said.outcome) {
        (Purpose::Alert, _) => words.with("broadcast-first-alert", &[("kind", kind.into())]),
        (Purpose::Update, _) => words.with("broadcast-first-update", &[("kind", kind.into())]),
        (Purpose::Correction, _) => words.of("broadcast-first-correction"),
        (Purpose::Closing, None) => words.of("broadcast-first-closing"),
        (Purpose::Closing, Some(outcome)) => words.of(&format!("broadcast-first-{}", outcome.as_str())),
    }
}

fn tail(said: &Said<'_>, public: Option<&Public>, words: Words) -> Vec<String> {
    let mut tail = Vec::new();
    if said.purpose == Purpose::Correction {
        tail.push(words.of("broadcast-delete"));
    }
    if said.kind == Kind::Donation && !said.purpose.ends() {
        tail.push(words.of("broadcast-donate"));
    }
    if let Some(phone) = public.and_then(|public| public.phone.as_deref()) {
        let phone: String = phone.chars().filter(|c| c.is_ascii_digit() || *c == '+').take(16).collect();
        tail.push(words.with("broadcast-phone", &[("phone", phone.into())]));
    }
    tail.push(words.with("broadcast-case", &[("case", said.case_number.to_string().into())]));
    tail
}

fn event(said: &Said<'_>, shows: bool) -> Event {
    let happened = match said.purpose {
        Purpose::Alert => "published",
        Purpose::Update => "updated",
        Purpose::Closing => "closed",
        Purpose::Correction => "corrected",
    };
    let mut data = Map::new();
    data.insert("case_number".into(), said.case_number.to_string().into());
    data.insert("kind".into(), said.kind.as_str().into());
    data.insert("url".into(), said.link.into());
    if let Some(poster) = said.poster.filter(|_| shows) {
        data.insert("poster".into(), poster.into());
    }
    if let Some(outcome) = said.outcome.filter(|_| said.purpose == Purpose::Closing) {
        data.insert("outcome".into(), outcome.as_str().into());
    }
    Event { kind: format!("{}.{happened}", said.kind.as_str()), at: said.at, data }
}

/// Text of the public, on one line.
fn harmless(text: &str) -> String {
    for_group(&one_line(text, usize::MAX))
}

/// A name or the like, short enough never to crowd out what stands beside it.
fn name(text: &str) -> String {
    Unit::Chars.cut(&harmless(text), NAME)
}

/// Sentences of one language.
#[derive(Clone, Copy)]
struct Words(Language);

impl Words {
    fn of(self, key: &str) -> String {
        text(self.0, key)
    }

    fn with(self, key: &str, args: &[Arg<'_>]) -> String {
        text_with(self.0, key, args)
    }

    /// What stands before a value.
    fn label(self, key: &str) -> String {
        match self.0 {
            Language::ZhCn => self.of(key),
            Language::En => self.of(key) + " ",
        }
    }

    fn line(self, field: Field, label: &str, value: String) -> Line {
        Line { field, label: self.label(label), value }
    }

    /// The parts there are, with commas.
    fn list<const N: usize>(self, parts: [Option<String>; N]) -> String {
        let comma = match self.0 {
            Language::ZhCn => "，",
            Language::En => ", ",
        };
        parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(comma)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::domain::notice::*;
    use crate::domain::region::Region;
    use chrono::TimeZone;
    use proptest::prelude::*;

    pub(crate) const LINK: &str = "https://72.example.org/n/00000-00010";

    pub(crate) fn person() -> Public {
        Public {
            region: Region::parse("131003").unwrap(),
            subject: Subject::MissingPerson {
                person: Person {
                    name: "王秀英".into(),
                    age: 76,
                    sex: Some(Sex::Female),
                    height_cm: Some(158),
                    appearance: Some("花白短发，左手戴银镯".into()),
                    clothing: Some("红色棉袄，黑裤子".into()),
                    medical_urgent: true,
                },
            },
            last_seen: Some(LastSeen {
                at: Utc.with_ymd_and_hms(2026, 11, 23, 1, 40, 0).unwrap(),
                precision: Precision::About,
                place: "人民公园南门".into(),
            }),
            description: "出门买菜未归。".into(),
            police_station: Some("爱民东道派出所".into()),
            phone: None,
            photos: Vec::new(),
        }
    }

    /// A broadcast about `public` in Chinese.
    pub(crate) fn said<'a>(case: &'a CaseNumber, public: &'a Public) -> Said<'a> {
        Said {
            purpose: Purpose::Alert,
            kind: public.subject.kind(),
            case_number: case,
            link: LINK,
            poster: None,
            public: Some(public),
            outcome: None,
            language: Language::ZhCn,
            at: Utc.with_ymd_and_hms(2026, 11, 23, 4, 0, 0).unwrap(),
        }
    }

    fn whole(said: &Said<'_>) -> String {
        message(said).text(Unit::Chars, usize::MAX)
    }

    #[test]
    fn a_digest_tells_of_every_notice_where_there_is_least_room() {
        use crate::store::digests::MOST;
        const STRICTEST: usize = 2_048;
        let case = CaseNumber::from_bits(1);
        let long = "𠮷".repeat(60);
        let item = Item {
            direction: Direction::Lost,
            what: long.clone(),
            brand: Some(long.clone()),
            colour: Some(long),
            is_document: false,
            held_at: None,
        };
        let public = Public { subject: Subject::LostProperty { item }, ..person() };
        for language in [Language::ZhCn, Language::En] {
            let all = vec![message(&Said { language, ..said(&case, &public) }); MOST];
            let text = digest(language, &all).text(Unit::Bytes, STRICTEST);
            assert_eq!(text.matches(LINK).count(), MOST, "{text}");
            assert!(text.starts_with(PREFIX) && text.len() <= STRICTEST, "{} bytes", text.len());
        }
    }

    #[test]
    fn an_alert_reads_well() {
        let case = CaseNumber::from_bits(1);
        let expected = format!(
            "【72小时】寻人\n\
             姓名：王秀英，女，76岁，身高158厘米\n\
             体貌：花白短发，左手戴银镯\n\
             衣着：红色棉袄，黑裤子\n\
             最后出现：11月23日 09:40左右，河北省廊坊市广阳区，人民公园南门\n\
             健康状况需要尽快找到\n\
             已报警：爱民东道派出所\n\
             详情：出门买菜未归。\n\
             编号：{case}\n\
             核实与提供线索：{LINK}"
        );
        assert_eq!(whole(&said(&case, &person())), expected);
    }

    #[test]
    fn an_english_alert_reads_well() {
        let case = CaseNumber::from_bits(1);
        let expected = format!(
            "【72小时】Missing person\n\
             Name: 王秀英, female, aged 76, 158 cm tall\n\
             Looks: 花白短发，左手戴银镯\n\
             Clothing: 红色棉袄，黑裤子\n\
             Last seen: 23/11 about 09:40, 河北省廊坊市广阳区, 人民公园南门\n\
             Their health needs them found soon\n\
             Police informed: 爱民东道派出所\n\
             Details: 出门买菜未归。\n\
             Case number: {case}\n\
             Verify or send a tip: {LINK}"
        );
        assert_eq!(whole(&Said { language: Language::En, ..said(&case, &person()) }), expected);
    }

    #[test]
    fn every_kind_says_what_it_is_about() {
        let case = CaseNumber::from_bits(1);
        let item = Item {
            direction: Direction::Found,
            what: "身份证".into(),
            brand: None,
            colour: None,
            is_document: true,
            held_at: Some("广阳道志愿者服务站".into()),
        };
        let campaign = Campaign {
            organisation: "廊坊市慈善总会".into(),
            credit_code: "53131000000000000X".into(),
            filing_number: "53131000000000000XA00001".into(),
            url: "https://gongyi.example.com/p/1".into(),
            starts_on: chrono::NaiveDate::from_ymd_opt(2026, 11, 1).unwrap(),
            ends_on: chrono::NaiveDate::from_ymd_opt(2026, 12, 1).unwrap(),
            needs: "御寒棉被500床".into(),
        };
        let subjects = [
            (
                Subject::LostProperty { item },
                "【72小时】失物招领\n捡到：身份证\n认领处：广阳道志愿者服务站\n捡到于：",
            ),
            (
                Subject::Rescue {
                    incident: Incident { what: crate::domain::notice::Emergency::Flood, people: Some(3) },
                },
                "【72小时】生命救援\n险情：洪涝，3人\n地点：",
            ),
            (
                Subject::Donation { campaign },
                "【72小时】公益捐款\n发起：廊坊市慈善总会\n所需：御寒棉被500床\n地点：",
            ),
        ];
        for (subject, start) in subjects {
            let donation = subject.kind() == Kind::Donation;
            let public = Public { subject, ..person() };
            let text = whole(&said(&case, &public));
            assert!(text.starts_with(start), "{text}");
            assert_eq!(text.contains("切勿转账给个人"), donation);
            assert_eq!(text.matches("http").count(), 1, "no link but ours: {text}");
        }
    }

    #[test]
    fn what_is_over_shows_nothing_of_the_person() {
        let (case, public) = (CaseNumber::from_bits(1), person());
        let alert = Said { poster: Some("https://72.example.org/p.jpg"), ..said(&case, &public) };
        let end = |purpose, outcome| message(&Said { purpose, outcome, ..alert.clone() });
        for (message, expected) in [
            (end(Purpose::Closing, None), "【72小时】本条信息已结束,请停止转发\n"),
            (end(Purpose::Closing, Some(Outcome::Found)), "【72小时】已平安找到，请停止转发\n"),
            (
                end(Purpose::Correction, None),
                "【72小时】更正：此前信息不实，已撤回\n请删除此前收到的消息，不要再转发\n",
            ),
        ] {
            let text = message.text(Unit::Bytes, 2048);
            assert_eq!(text, format!("{expected}编号：{case}\n查看状态：{LINK}"));
            assert_eq!((message.poster, message.has_picture), (None, false));
        }
        let update = end(Purpose::Update, None).text(Unit::Bytes, 2048);
        assert!(update.starts_with("【72小时】信息更新：寻人\n姓名：王秀英"), "{update}");
    }

    #[test]
    fn a_phone_is_said_only_where_it_is_public() {
        let case = CaseNumber::from_bits(1);
        assert!(!whole(&said(&case, &person())).contains("电话"));
        let public = Public { phone: Some("+8613800138000".into()), ..person() };
        assert!(whole(&said(&case, &public)).contains("\n联系电话：+8613800138000\n编号："));
    }

    #[test]
    fn every_sentence_is_there_in_both_languages() {
        for language in Language::ALL {
            for key in ["broadcast-code", "broadcast-test"] {
                let text = plain(language, key, &[("code", "123456".into())]).text(Unit::Chars, 999);
                assert!(
                    text.starts_with(PREFIX) && !text.contains("broadcast-") && !text.contains('{'),
                    "{text}"
                );
            }
            let case = CaseNumber::from_bits(1);
            for purpose in Purpose::ALL {
                for outcome in [None].into_iter().chain(Outcome::ALL.map(Some)) {
                    let text = whole(&Said { purpose, outcome, language, ..said(&case, &person()) });
                    assert!(!text.contains("broadcast-") && !text.contains('{'), "{text}");
                }
            }
        }
    }

    #[test]
    fn the_least_needed_goes_first() {
        let case = CaseNumber::from_bits(1);
        let public = Public { description: "很长的描述".repeat(100), ..person() };
        let message = message(&said(&case, &public));
        let cut = message.text(Unit::Chars, 250);
        assert!(cut.contains("详情：很长") && cut.contains("…") && cut.contains("体貌："), "{cut}");
        assert_eq!(cut.chars().count(), 250);
        let less = message.text(Unit::Chars, 160);
        assert!(!less.contains("详情") && !less.contains("体貌") && less.contains("最后出现"), "{less}");
        let least = message.text(Unit::Chars, 0);
        assert_eq!(least, format!("【72小时】寻人\n编号：{case}\n核实与提供线索：{LINK}"));
    }

    proptest! {
        #[test]
        fn every_limit_is_kept_and_what_matters_stays(
            text in "(?s)[\\PC\u{0}-\u{20}好👨\u{200d}👩🇨🇳@<【]{0,400}",
            times in 1_usize..12,
            limit in 300_usize..5000,
            purpose in prop::sample::select(&Purpose::ALL[..]),
        ) {
            let case = CaseNumber::from_bits(7);
            let long = text.repeat(times);
            let mut public = Public { description: long.clone(), police_station: Some(long.clone()), ..person() };
            let Subject::MissingPerson { person } = &mut public.subject else { unreachable!() };
            person.name.clone_from(&long);
            person.appearance = Some(long);
            let message = message(&Said { purpose, ..said(&case, &public) });
            for unit in [Unit::Bytes, Unit::Chars, Unit::Utf16] {
                let text = message.text(unit, limit);
                prop_assert!(unit.measure(&text) <= limit, "{} of {limit}", unit.measure(&text));
                prop_assert!(text.starts_with(PREFIX));
                let rest = text.strip_suffix(LINK);
                prop_assert!(rest.is_some_and(|rest| rest.contains(&case.to_string())), "{text}");
                prop_assert_eq!(text.matches(PREFIX).count(), 1, "{}", text);
                let forbidden = ['@', '<', '\r', '\u{0}'];
                prop_assert!(!text.contains(forbidden));
            }
        }
    }
}
