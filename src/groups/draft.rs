//! Parses what an admin fills in, as a whole: either all of it is valid, or every fault is named.

use serde_json::{Map, Value};

use super::hours::{Hours, minute};
use crate::broadcast::guard::Guard;
use crate::broadcast::platforms::{Credentials, recognise};
use crate::domain::faults::{FieldFault, FieldFaults};
use crate::domain::group::{Kinds, MAX_HOURLY_CAP, Platform};
use crate::domain::language::Language;
use crate::domain::notice::Kind;
use crate::domain::quiet::Quiet;
use crate::domain::region::Region;
use crate::domain::text::{Unit, one_line};

mod credentials;

/// The longest name of a group, in characters.
pub const MAX_NAME: usize = 60;
/// The most regions of one group.
pub const MAX_REGIONS: usize = 50;

/// The fields as typed. An absent field keeps its value, or takes its default in a new group.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// Where absent, recognised from the address.
    pub platform: Option<String>,
    pub name: Option<String>,
    pub credentials: Option<Map<String, Value>>,
    pub regions: Option<Vec<String>>,
    pub kinds: Option<Vec<String>>,
    pub language: Option<String>,
    /// The most notices within an hour; `Some(None)` removes the bound.
    pub hourly_cap: Option<Option<i64>>,
    /// `Some(None)` removes the quiet hours.
    pub quiet: Option<Option<Hours>>,
}

/// Which addresses we may connect to.
#[derive(Clone, Copy, Debug)]
pub struct Addresses<'a> {
    pub guard: &'a Guard,
    /// Whether nothing may leave this machine but requests to the operator's own gateways.
    pub inside: bool,
}

impl<'a> From<&'a Guard> for Addresses<'a> {
    fn from(guard: &'a Guard) -> Addresses<'a> {
        Addresses { guard, inside: false }
    }
}

/// A group to be connected.
#[derive(Clone, Debug)]
pub struct NewGroup {
    pub name: String,
    pub credentials: Credentials,
    /// A secret that we generated: its admin must see it once.
    pub secret: Option<String>,
    pub regions: Vec<Region>,
    /// Every kind where none was given.
    pub kinds: Kinds,
    pub language: Language,
    /// The most notices it wants to hear within an hour.
    pub hourly_cap: Option<i16>,
    /// Its quiet hours.
    pub quiet: Option<Quiet>,
}

/// The changes to a group.
#[derive(Clone, Debug, Default)]
pub struct Change {
    pub name: Option<String>,
    pub credentials: Option<Credentials>,
    /// A secret that we generated: its admin must see it once.
    pub secret: Option<String>,
    pub regions: Option<Vec<Region>>,
    pub kinds: Option<Kinds>,
    pub language: Option<Language>,
    pub hourly_cap: Option<Option<i16>>,
    pub quiet: Option<Option<Quiet>>,
}

impl Draft {
    /// Parses a new group, which must be at one of these addresses.
    ///
    /// # Errors
    /// What is wrong, by field.
    pub fn new_group<'a>(&self, addresses: impl Into<Addresses<'a>>) -> Result<NewGroup, FieldFaults> {
        let addresses = addresses.into();
        let mut faults = FieldFaults::new();
        let platform = self.platform(&mut faults);
        let given = self.credentials.clone().unwrap_or_default();
        let key = platform.and_then(|p| credentials::read(p, given, addresses, &mut faults));
        let rest = self.rest(&mut faults);
        if rest.name.is_none() {
            faults.entry("name".to_owned()).or_insert(FieldFault::new("group_name_required"));
        }
        if rest.regions.is_none() {
            faults.entry("regions".to_owned()).or_insert(FieldFault::new("group_regions_required"));
        }
        match (key, rest.name, rest.regions) {
            (Some((credentials, secret)), Some(name), Some(regions)) if faults.is_empty() => Ok(NewGroup {
                name,
                credentials,
                secret,
                regions,
                kinds: rest.kinds.unwrap_or_else(Kinds::all),
                language: rest.language.unwrap_or_default(),
                hourly_cap: rest.hourly_cap.flatten(),
                quiet: rest.quiet.flatten(),
            }),
            _ => Err(faults),
        }
    }

    /// Parses the changes to a group of that platform.
    ///
    /// # Errors
    /// What is wrong, by field.
    pub fn change<'a>(
        &self,
        platform: Platform,
        addresses: impl Into<Addresses<'a>>,
    ) -> Result<Change, FieldFaults> {
        let addresses = addresses.into();
        let mut faults = FieldFaults::new();
        let mut change = self.rest(&mut faults);
        if let Some(given) = self.credentials.clone()
            && let Some((credentials, secret)) = credentials::read(platform, given, addresses, &mut faults)
        {
            (change.credentials, change.secret) = (Some(credentials), secret);
        }
        if faults.is_empty() { Ok(change) } else { Err(faults) }
    }

    fn platform(&self, faults: &mut FieldFaults) -> Option<Platform> {
        let address = self.credentials.as_ref().and_then(|c| c.get("url")?.as_str());
        let (found, fault) = match &self.platform {
            Some(name) => (Platform::named(name), FieldFault::none_of(&Platform::NAMES)),
            None => (address.and_then(recognise), FieldFault::new("group_platform_required")),
        };
        if found.is_none() {
            faults.insert("platform".to_owned(), fault);
        }
        found
    }

    /// Everything except the credentials.
    fn rest(&self, faults: &mut FieldFaults) -> Change {
        Change {
            name: self.name.as_deref().and_then(|given| kept(name(given), faults)),
            regions: self.regions.as_deref().and_then(|given| kept(regions(given), faults)),
            kinds: self.kinds.as_deref().and_then(|given| kept(kinds(given), faults)),
            language: self.language.as_deref().and_then(|given| kept(language(given), faults)),
            hourly_cap: wish(self.hourly_cap.as_ref(), |given| kept(hourly_cap(*given), faults)),
            quiet: wish(self.quiet.as_ref(), |given| quiet(given, faults)),
            ..Change::default()
        }
    }
}

/// One field, or what is wrong with it.
type Read<T> = Result<T, (String, FieldFault)>;

fn kept<T>(read: Read<T>, faults: &mut FieldFaults) -> Option<T> {
    read.map_err(|(field, fault)| faults.insert(field, fault)).ok()
}

fn wrong<T>(field: &str, code: &'static str, values: Vec<(&'static str, String)>) -> Read<T> {
    Err((field.to_owned(), FieldFault { code, values }))
}

fn name(given: &str) -> Read<String> {
    let name = one_line(given, usize::MAX);
    match Unit::Chars.measure(&name) {
        0 => wrong("name", "group_name_required", Vec::new()),
        1..=MAX_NAME => Ok(name),
        _ => wrong("name", "group_name_long", vec![("max", MAX_NAME.to_string())]),
    }
}

fn regions(given: &[String]) -> Read<Vec<Region>> {
    let mut regions = Vec::new();
    for code in given {
        match Region::parse(code) {
            Ok(region) => regions.push(region),
            Err(_) => return wrong("regions", "group_region_unknown", vec![("region", one_line(code, 20))]),
        }
    }
    regions.sort_unstable();
    regions.dedup();
    match regions.len() {
        0 => wrong("regions", "group_regions_required", Vec::new()),
        1..=MAX_REGIONS => Ok(regions),
        _ => wrong("regions", "group_regions_many", vec![("max", MAX_REGIONS.to_string())]),
    }
}

fn kinds(given: &[String]) -> Read<Kinds> {
    let kinds: Option<Kinds> = given.iter().map(|name| Kind::named(name)).collect();
    match kinds {
        Some(kinds) if !kinds.is_empty() => Ok(kinds),
        Some(_) => wrong("kinds", "group_kinds_required", Vec::new()),
        None => wrong("kinds", "choice", vec![("choices", Kind::NAMES.join(", "))]),
    }
}

fn language(given: &str) -> Read<Language> {
    Language::tagged(given).map_or_else(|| wrong("language", "group_language_unknown", Vec::new()), Ok)
}

/// A preference that may be set or removed; `None` where it was not given.
fn wish<T, R>(given: Option<&Option<T>>, read: impl FnOnce(&T) -> Option<R>) -> Option<Option<R>> {
    given?.as_ref().map_or(Some(None), |given| read(given).map(Some))
}

fn hourly_cap(given: i64) -> Read<i16> {
    match i16::try_from(given) {
        Ok(cap) if (1..=MAX_HOURLY_CAP).contains(&cap) => Ok(cap),
        _ => wrong("hourly_cap", "group_cap_range", vec![("max", MAX_HOURLY_CAP.to_string())]),
    }
}

fn quiet(given: &Hours, faults: &mut FieldFaults) -> Option<Quiet> {
    let blank = |given: &str| given.trim().is_empty();
    let half = blank(&given.from) != blank(&given.until);
    let time = |field, given: &str| {
        let code = if half && blank(given) { "group_quiet_half" } else { "group_time" };
        minute(given).map_or_else(|| wrong(field, code, Vec::new()), Ok)
    };
    let from = kept(time("quiet.from", &given.from), faults);
    let until = kept(time("quiet.until", &given.until), faults);
    let quiet = Quiet { from: from?, until: until?, but_urgent: given.but_urgent };
    let lasts = if quiet.from == quiet.until {
        wrong("quiet.until", "group_quiet_empty", Vec::new())
    } else {
        Ok(quiet)
    };
    kept(lasts, faults)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    pub(super) fn draft(platform: Option<&str>, url: &str) -> Draft {
        Draft {
            platform: platform.map(str::to_owned),
            name: Some("广阳 互助群".to_owned()),
            credentials: json!({ "url": url }).as_object().cloned(),
            regions: Some(vec!["131003".to_owned(), "131000".to_owned(), "131003".to_owned()]),
            ..Draft::default()
        }
    }

    pub(super) fn codes(faults: &FieldFaults) -> Vec<(&str, &str)> {
        faults.iter().map(|(field, fault)| (field.as_str(), fault.code)).collect()
    }

    pub(super) const WECOM: &str = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6";

    #[test]
    fn a_whole_draft_is_read_and_its_platform_recognised() {
        let new = draft(None, WECOM).new_group(&Guard::default()).unwrap();
        assert_eq!(new.credentials.platform, Platform::Wecom);
        assert_eq!(new.regions.iter().map(Region::code).collect::<Vec<_>>(), ["131000", "131003"]);
        assert_eq!(new.kinds, Kinds::all());
        assert_eq!(new.secret, None);
    }

    #[test]
    fn every_fault_is_told_at_once() {
        let empty =
            Draft { regions: Some(vec!["999999".to_owned()]), kinds: Some(vec![]), ..Draft::default() };
        assert_eq!(
            codes(&empty.new_group(&Guard::default()).unwrap_err()),
            [
                ("kinds", "group_kinds_required"),
                ("name", "group_name_required"),
                ("platform", "group_platform_required"),
                ("regions", "group_region_unknown"),
            ]
        );
        let many: Vec<String> = Region::all().iter().take(51).map(|r| r.code().to_owned()).collect();
        let change = Draft {
            regions: Some(many),
            name: Some("群".repeat(61)),
            language: Some("fr".to_owned()),
            kinds: Some(vec!["weather".to_owned()]),
            ..Draft::default()
        };
        assert_eq!(
            codes(&change.change(Platform::Wecom, &Guard::default()).unwrap_err()),
            [
                ("kinds", "choice"),
                ("language", "group_language_unknown"),
                ("name", "group_name_long"),
                ("regions", "group_regions_many"),
            ]
        );
    }

    fn hours(from: &str, until: &str) -> Option<Option<Hours>> {
        Some(Some(Hours { from: from.to_owned(), until: until.to_owned(), but_urgent: true }))
    }

    #[test]
    fn times_and_bounds_are_set_taken_away_or_left_alone() {
        let read = |draft: Draft| draft.change(Platform::Wecom, &Guard::default()).unwrap();
        let left = read(Draft::default());
        assert_eq!((left.hourly_cap, left.quiet), (None, None));
        let away = read(Draft { hourly_cap: Some(None), quiet: Some(None), ..Draft::default() });
        assert_eq!((away.hourly_cap, away.quiet), (Some(None), Some(None)));
        let set =
            read(Draft { hourly_cap: Some(Some(60)), quiet: hours("22:00", "07:00"), ..Draft::default() });
        let night = Quiet { from: 22 * 60, until: 7 * 60, but_urgent: true };
        assert_eq!((set.hourly_cap, set.quiet), (Some(Some(60)), Some(Some(night))));
    }

    #[test]
    fn times_and_bounds_that_cannot_be_are_told_by_field() {
        for cap in [0, 61, -1, i64::MAX] {
            let draft = Draft { hourly_cap: Some(Some(cap)), ..Draft::default() };
            let faults = draft.change(Platform::Wecom, &Guard::default()).unwrap_err();
            assert_eq!(codes(&faults), [("hourly_cap", "group_cap_range")], "{cap}");
        }
        for (from, until, told) in [
            ("25:00", "", vec![("quiet.from", "group_time"), ("quiet.until", "group_quiet_half")]),
            ("", "07:00", vec![("quiet.from", "group_quiet_half")]),
            ("", "", vec![("quiet.from", "group_time"), ("quiet.until", "group_time")]),
            ("22:00", "7", vec![("quiet.until", "group_time")]),
            ("22:00", "22:00", vec![("quiet.until", "group_quiet_empty")]),
        ] {
            let draft = Draft { quiet: hours(from, until), ..Draft::default() };
            let faults = draft.change(Platform::Wecom, &Guard::default()).unwrap_err();
            assert_eq!(codes(&faults), told, "{from} {until}");
        }
    }
}
