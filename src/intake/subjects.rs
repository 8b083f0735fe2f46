//! The fields that belong to one kind of notice only.

use std::ops::RangeInclusive;
use std::sync::LazyLock;

use chrono::{DateTime, NaiveDate, Utc};
use percent_encoding::percent_decode_str;

use super::reader::Reader;
use super::submission::{DESCRIPTION, LINE, last_seen};
use crate::domain::faults::FieldFault;
use crate::domain::identifiers::{CreditCode, CreditCodeError, FilingNumber, FilingNumberError};
use crate::domain::notice::{
    Campaign, Category, Emergency, Incident, Item, Kind, LastSeen, NAME, Person, Police, Safety, Subject,
};
use crate::domain::phone::Phone;
use crate::domain::screening::{FindingKind, screen};
use crate::domain::swindle::links;
use crate::domain::text::{has_contact, is_dash, narrow};
use crate::domain::zone::BEIJING;

/// The longest police or filing number, in characters.
pub(super) const CODE: usize = 60;
/// The longest link, in characters.
pub(super) const LINK: usize = 300;

/// Ages, in years.
pub(super) const AGE: RangeInclusive<i64> = 0..=120;
pub(super) const HEIGHT_CM: RangeInclusive<i64> = 30..=250;
/// How many people are in danger.
pub(super) const PEOPLE: RangeInclusive<i64> = 1..=9_999;

/// How many digits a mobile phone's number has.
const MOBILE: usize = 11;
/// How many digits in a row are taken for a document's number.
const DOCUMENT_NUMBER: usize = 6;

/// Every field that is not common to all kinds.
pub const FIELDS: &[&str] =
    &["person", "item", "incident", "campaign", "last_seen", "police", "safety", "secret_detail"];

/// The questions that protect the person sought, each with the flag for a yes that means "nobody knows".
pub(super) const SAFETY: [(&str, &str); 3] = [
    ("violence", "violence_unsure"),
    ("protection_order", "protection_order_unsure"),
    ("left_voluntarily", "left_voluntarily_unsure"),
];

/// Host and name of the platforms that may raise funds in public; subdomains of a host count too.
pub static DESIGNATED: LazyLock<Vec<(&str, &str)>> = LazyLock::new(|| {
    include_str!("../../assets/donation-platforms.txt")
        .lines()
        .filter_map(|line| line.split('#').next()?.split_once(char::is_whitespace))
        .map(|(host, name)| (host, name.trim()))
        .collect()
});

/// The fields of one kind, once read.
pub struct Details {
    pub subject: Subject,
    pub last_seen: Option<LastSeen>,
    pub category: Option<Category>,
    pub police: Police,
    pub safety: Safety,
    pub secret_detail: Option<String>,
}

impl Details {
    fn of(subject: Subject, last_seen: Option<LastSeen>) -> Details {
        Details {
            subject,
            last_seen,
            category: None,
            police: Police::default(),
            safety: Safety::default(),
            secret_detail: None,
        }
    }
}

/// Reads the fields of one kind.
pub fn details(r: &mut Reader<'_>, kind: Kind, now: DateTime<Utc>) -> Option<Details> {
    match kind {
        Kind::MissingPerson => missing_person(r, now),
        Kind::LostProperty => lost_property(r, now),
        Kind::Rescue => rescue(r, now),
        Kind::Donation => donation(r, now),
    }
}

fn missing_person(r: &mut Reader<'_>, now: DateTime<Utc>) -> Option<Details> {
    let person = r.object("person", person);
    let last_seen = last_seen(r, now);
    let police = r.object("police", |r| {
        let reported = r.optional_yes_no("reported").unwrap_or(false);
        let station = r.optional_line("station", NAME);
        let reference = r.optional_code("reference", CODE);
        Some(Police { reported, station, reference })
    });
    let safety = r.object("safety", safety);
    let secret_detail = r.optional_line("secret_detail", LINE);
    let (person, category) = person?;
    Some(Details {
        category: Some(category),
        police: police?,
        safety: safety?,
        secret_detail,
        ..Details::of(Subject::MissingPerson { person }, Some(last_seen?))
    })
}

fn safety(r: &mut Reader<'_>) -> Option<Safety> {
    let [violence, protection_order, left_voluntarily] = SAFETY.map(|(question, _)| r.yes_no(question));
    let unsure = r.list("unsure", SAFETY.len(), question);
    let safety = Safety {
        violence: violence?,
        protection_order: protection_order?,
        left_voluntarily: left_voluntarily?,
    };
    let answers = [safety.violence, safety.protection_order, safety.left_voluntarily];
    // An unknown answer counts as a yes; the flag tells those who verify which of the two it was.
    for ((question, flag), answer) in SAFETY.into_iter().zip(answers) {
        if answer && unsure.contains(&question) {
            r.flag(flag);
        }
    }
    Some(safety)
}

fn question(text: &str) -> Result<&'static str, FieldFault> {
    let questions = SAFETY.map(|(question, _)| question);
    questions.into_iter().find(|question| *question == text).ok_or_else(|| FieldFault::none_of(&questions))
}

fn person(r: &mut Reader<'_>) -> Option<(Person, Category)> {
    let name = r.line("name", NAME);
    let age = r.whole("age", AGE).and_then(|age| u8::try_from(age).ok());
    let sex = r.optional_choice("sex");
    let category = r.optional_choice("category").or_else(|| age.and_then(category_of));
    if category.is_none() {
        // Reports the field as required, unless it already has another fault.
        r.choice::<Category>("category");
    }
    if let (Some(age), Some(category)) = (age, category)
        && !fits(category, age)
    {
        r.fault("age", FieldFault::new("age_category"));
    }
    let height_cm = r.optional_whole("height_cm", HEIGHT_CM, "not_centimetres");
    let height_cm = height_cm.and_then(|cm| u16::try_from(cm).ok());
    let appearance = r.optional_line("appearance", LINE);
    let clothing = r.optional_line("clothing", LINE);
    let medical_urgent = r.optional_yes_no("medical_urgent").unwrap_or(false);
    let person = Person { name: name?, age: age?, sex, height_cm, appearance, clothing, medical_urgent };
    Some((person, category?))
}

/// The category that follows from the age alone.
const fn category_of(age: u8) -> Option<Category> {
    match age {
        0..14 => Some(Category::Child),
        14..18 => Some(Category::Teen),
        _ => None,
    }
}

/// Whether a person of that age can be in that category; illness and danger occur at any age.
const fn fits(category: Category, age: u8) -> bool {
    match category {
        Category::Child => age < 14,
        Category::Teen => age >= 14 && age < 18,
        Category::OtherAdult => age >= 18,
        _ => true,
    }
}

fn lost_property(r: &mut Reader<'_>, now: DateTime<Utc>) -> Option<Details> {
    let item = r.object("item", |r| {
        let direction = r.choice("direction");
        let what = r.line("what", NAME);
        let brand = r.optional_line("brand", NAME);
        let colour = r.optional_line("colour", NAME);
        let is_document = r.optional_yes_no("is_document").unwrap_or(false);
        let held_at = r.optional_line("held_at", LINE);
        let masked = |text: String| if is_document { mask_numbers(&text) } else { text };
        let (what, brand, colour) = (what.map(masked), brand.map(masked), colour.map(masked));
        Some(Item { direction: direction?, what: what?, brand, colour, is_document, held_at })
    });
    let last_seen = last_seen(r, now);
    let secret_detail = r.line("secret_detail", LINE);
    Some(Details {
        secret_detail: Some(secret_detail?),
        ..Details::of(Subject::LostProperty { item: item? }, Some(last_seen?))
    })
}

fn is_digit(c: char) -> bool {
    matches!(c, '0'..='9' | '０'..='９')
}

/// Masks the digits of document numbers except the last two.
pub fn mask_numbers(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(begins) = rest.find(is_digit) {
        let (before, number) = rest.split_at(begins);
        let (number, after) = number.split_at(length(number));
        masked.push_str(before);
        masked.push_str(&mask_number(number));
        rest = after;
    }
    masked.push_str(rest);
    masked
}

/// The length in bytes of the number that a text begins with. It may be written in groups of two digits or more, with
/// spaces, dashes or dots between.
fn length(text: &str) -> usize {
    let digits = |text: &str| text.len() - text.trim_start_matches(is_digit).len();
    let parts = |c: char| c != '\n' && (c.is_whitespace() || is_dash(c) || matches!(c, '.' | '·'));
    let mut length = digits(text);
    loop {
        let rest = &text[length..];
        let group = rest.trim_start_matches(parts);
        let (gap, digits) = (rest.len() - group.len(), digits(group));
        if gap == 0 || group[..digits].chars().count() < 2 {
            return length;
        }
        length += gap + digits;
    }
}

fn mask_number(number: &str) -> String {
    let digits = number.chars().filter(|c| is_digit(*c)).count();
    let mut hidden = if digits < DOCUMENT_NUMBER { 0 } else { digits - 2 };
    let mask = |c: char| {
        let hides = is_digit(c) && hidden > 0;
        hidden -= usize::from(hides);
        if hides { '*' } else { c }
    };
    number.chars().map(mask).collect()
}

fn rescue(r: &mut Reader<'_>, now: DateTime<Utc>) -> Option<Details> {
    let incident = r.object("incident", |r| {
        let what: Option<Emergency> = r.choice("what");
        let people = r.optional_whole("people", PEOPLE, "not_whole").and_then(|n| u16::try_from(n).ok());
        r.yes("emergency_called", "emergency_called");
        Some(Incident { what: what?, people })
    });
    let last_seen = last_seen(r, now);
    Some(Details::of(Subject::Rescue { incident: incident? }, Some(last_seen?)))
}

fn donation(r: &mut Reader<'_>, now: DateTime<Utc>) -> Option<Details> {
    let campaign = r.object("campaign", |r| {
        let organisation = r.line("organisation", NAME);
        let organisation = without_account(r, "organisation", organisation);
        let credit_code = r.parsed("credit_code", credit_code);
        let filing = r.parsed("filing_number", filing_number);
        let url = r.parsed("url", designated);
        let starts_on = r.parsed("starts_on", date);
        let ends_on = r.parsed("ends_on", date);
        let needs = r.paragraph("needs", DESCRIPTION);
        let needs = without_account(r, "needs", needs);
        if let (Some(code), Some(filing)) = (&credit_code, &filing)
            && filing.credit_code() != *code
        {
            r.fault("filing_number", FieldFault::new("filing_number_other"));
        }
        if filing.as_ref().is_some_and(|filing| !filing.suffix_known()) {
            r.flag("filing_number_suffix");
        }
        let today = now.with_timezone(&BEIJING).date_naive();
        match (starts_on, ends_on) {
            (Some(starts), Some(ends)) if ends < starts => {
                r.fault("ends_on", FieldFault::new("dates_reversed"))
            }
            (_, Some(ends)) if ends < today => r.fault("ends_on", FieldFault::new("campaign_over")),
            _ => {}
        }
        Some(Campaign {
            organisation: organisation?,
            credit_code: credit_code?,
            filing_number: filing?,
            url: url?,
            starts_on: starts_on?,
            ends_on: ends_on?,
            needs: needs?,
        })
    });
    Some(Details::of(Subject::Donation { campaign: campaign? }, None))
}

/// A campaign's text, which names no account: a holder and a bank are enough to be paid.
pub(super) fn without_account(r: &mut Reader<'_>, name: &str, text: Option<String>) -> Option<String> {
    let text = text?;
    if screen(&text).iter().any(|finding| finding.what == FindingKind::Account) {
        r.fault(name, FieldFault::new(FindingKind::Payment.as_str()));
        return None;
    }
    Some(text)
}

fn credit_code(text: &str) -> Result<CreditCode, FieldFault> {
    text.parse().map_err(|error| FieldFault::new(credit_code_fault(error)))
}

const fn credit_code_fault(error: CreditCodeError) -> &'static str {
    match error {
        CreditCodeError::Length => "credit_code_length",
        CreditCodeError::Character(_) => "credit_code_character",
        CreditCodeError::OrganisationCheck | CreditCodeError::Check => "credit_code_check",
    }
}

fn filing_number(text: &str) -> Result<FilingNumber, FieldFault> {
    text.parse().map_err(|error| {
        FieldFault::new(match error {
            FilingNumberError::Length => "filing_number_length",
            FilingNumberError::Character(_) => "filing_number_character",
            FilingNumberError::CreditCode(_) => "filing_number_check",
        })
    })
}

/// A link to one of the designated platforms.
fn designated(text: &str) -> Result<String, FieldFault> {
    let link = url::Url::parse(text.trim()).map_err(|_| FieldFault::new("link"))?;
    if link.as_str().len() > LINK {
        return Err(FieldFault::new("too_long").with("max", LINK));
    }
    let plain = link.scheme() == "https"
        && link.username().is_empty()
        && link.password().is_none()
        && link.port().is_none();
    let host = link.domain().filter(|_| plain).ok_or_else(|| FieldFault::new("link"))?;
    let allowed = DESIGNATED
        .iter()
        .any(|(d, _)| host == *d || host.strip_suffix(d).is_some_and(|below| below.ends_with('.')));
    match allowed && !leads_elsewhere(&link) {
        true => Ok(link.into()),
        false => Err(FieldFault::new("link_not_designated")),
    }
}

/// Whether a link tells where else to go or whom to call: a platform may forward to what its own address names.
fn leads_elsewhere(link: &url::Url) -> bool {
    let mut rest = link[url::Position::BeforePath..].to_owned();
    // Written twice in percents it is read twice.
    for _ in 0..3 {
        rest = percent_decode_str(&rest).decode_utf8_lossy().into_owned();
    }
    let forwards = rest.contains("//") || rest.contains('\\') || rest.to_lowercase().contains("http");
    let mut parts = rest.split(['?', '&', '=', '#', ';']);
    // detail.htm is the name of a page, and what may be one is no link in a path.
    let names = |part: &str| {
        let digits: Vec<&str> = part.split(|c: char| !c.is_ascii_digit()).collect();
        digits.iter().any(|number| number.len() == MOBILE && Phone::parse(number).is_ok())
            || !part.is_ascii() && has_contact(part)
    };
    let links = |part: &str| !part.contains('/') && !links(part).is_empty();
    let path = parts.next().unwrap_or_default();
    forwards || names(path) || parts.any(|part| names(part) || links(part))
}

fn date(text: &str) -> Result<NaiveDate, FieldFault> {
    NaiveDate::parse_from_str(narrow(text).trim(), "%Y-%m-%d").map_err(|_| FieldFault::new("date_format"))
}
