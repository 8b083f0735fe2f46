//! Administrative divisions of China: where a notice is, and for which places a group wants to hear notices.

use crate::domain::language::Language;
use crate::domain::text::compact;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::sync::LazyLock;

/// Every division, sorted by code. Where the data comes from: `assets/divisions/README.md`.
static ALL: LazyLock<Vec<Region>> = LazyLock::new(|| {
    include_str!("../../assets/divisions/divisions.tsv")
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .filter_map(|(code, names)| names.split_once('\t').map(|(name, latin)| Region { code, name, latin }))
        .collect()
});

/// A province, city or county of GB/T 2260, by its six-digit code.
///
/// The counties of a municipality belong to it directly, as do those that a province governs itself (仙桃市):
/// they have no [`city`](Region::city).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region {
    code: &'static str,
    name: &'static str,
    latin: &'static str,
}

/// How large a division is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// 省, 自治区, 直辖市, 特别行政区.
    Province,
    /// 地级市, 地区, 自治州, 盟.
    City,
    /// 区, 县, 县级市, 旗; also development zones with a statistics code.
    County,
}

/// Why a text is not a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RegionError {
    #[error("a region's code has six digits")]
    Malformed,
    #[error("no division has this code today")]
    Unknown,
}

impl Region {
    /// Reads a six-digit code. The doubled level of a municipality (`110100`) is read as the
    /// municipality.
    ///
    /// # Errors
    /// See [`RegionError`].
    pub fn parse(text: &str) -> Result<Self, RegionError> {
        let code = compact(text);
        if code.len() != 6 || !code.bytes().all(|b| b.is_ascii_digit()) {
            return Err(RegionError::Malformed);
        }
        let doubled = matches!(code.as_str(), "110100" | "120100" | "310100" | "500100" | "500200");
        let found = if doubled { find(&code[..2], "0000") } else { find(&code, "") };
        found.ok_or(RegionError::Unknown)
    }

    /// The six digits.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// Province, city or county.
    #[must_use]
    pub fn level(&self) -> Level {
        match (&self.code[2..4], &self.code[4..]) {
            ("00", "00") => Level::Province,
            (_, "00") => Level::City,
            _ => Level::County,
        }
    }

    /// Its own name: 广阳区.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Its name with those above it: 河北省廊坊市广阳区, 北京市东城区.
    #[must_use]
    pub fn full_name(&self) -> String {
        let mut names: Vec<&str> = self.ancestors_and_self().map(|r| r.name).collect();
        names.reverse();
        names.concat()
    }

    /// Every spelling of its name in Latin letters, the usual one first: Harbin, Haerbin.
    pub fn latin_names(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.latin.split('|')
    }

    /// Its name in Latin letters with those above it: Guangyang, Langfang, Hebei.
    #[must_use]
    pub fn full_latin_name(&self) -> String {
        let names: Vec<&str> = self.ancestors_and_self().filter_map(|r| r.latin_names().next()).collect();
        names.join(", ")
    }

    /// Its full name for a reader of that language, who may have to show it to somebody who reads Chinese:
    /// Guangyang, Langfang, Hebei (河北省廊坊市广阳区).
    #[must_use]
    pub fn name_in(&self, language: Language) -> String {
        match language {
            Language::ZhCn => self.full_name(),
            Language::En => format!("{} ({})", self.full_latin_name(), self.full_name()),
        }
    }

    /// The place with the names of this division that it does not tell itself, so that nobody reads one twice:
    /// 廊坊市人民医院 in 广阳区 is 河北省廊坊市人民医院（广阳区）. `None` where it begins with none of them.
    #[must_use]
    pub fn completing(&self, place: &str) -> Option<String> {
        let mut names: Vec<&str> = self.ancestors_and_self().map(|r| r.name).collect();
        names.reverse();
        let first = names.iter().position(|name| place.starts_with(*name))?;
        let mut rest = place;
        let told = names[first..].iter().take_while(|name| match rest.strip_prefix(**name) {
            Some(after) => {
                rest = after.trim_start();
                true
            }
            None => false,
        });
        let below = names[first + told.count()..].concat();
        let above = names[..first].concat();
        Some(if below.is_empty() {
            format!("{above}{place}")
        } else {
            format!("{above}{place}（{below}）")
        })
    }

    /// The province it lies in, or itself.
    #[must_use]
    pub fn province(&self) -> Region {
        find(&self.code[..2], "0000").expect("a test proves that every division has its province")
    }

    /// The city it lies in, or itself; `None` for a province and for what lies directly in one.
    #[must_use]
    pub fn city(&self) -> Option<Region> {
        find(&self.code[..4], "00").filter(|r| r.level() == Level::City)
    }

    /// Itself, its city and its province, where they exist: a group subscribed to any of them hears notices
    /// here.
    pub fn ancestors_and_self(&self) -> impl Iterator<Item = Region> + use<> {
        let county = (self.level() == Level::County).then_some(*self);
        county.into_iter().chain(self.city()).chain([self.province()])
    }

    /// Whether `other` is this division or lies in it.
    #[must_use]
    pub fn contains(&self, other: Region) -> bool {
        other.ancestors_and_self().any(|region| region == *self)
    }

    /// The divisions directly below, in order of their codes.
    pub fn children(&self) -> impl Iterator<Item = Region> + use<> {
        let parent = *self;
        let start = ALL.partition_point(|r| *r <= parent);
        ALL[start..]
            .iter()
            .copied()
            .take_while(move |r| parent.contains(*r))
            .filter(move |r| parent.level() == Level::City || r.level() == Level::City || r.city().is_none())
    }

    /// Every division, in order of their codes.
    #[must_use]
    pub fn all() -> &'static [Region] {
        &ALL
    }

    /// Every province, in order of their codes.
    pub fn provinces() -> impl Iterator<Item = Region> {
        ALL.iter().copied().filter(|r| r.level() == Level::Province)
    }
}

/// The division whose code is `head` followed by `tail`.
fn find(head: &str, tail: &str) -> Option<Region> {
    let code = || head.bytes().chain(tail.bytes());
    ALL.binary_search_by(|r| r.code.bytes().cmp(code())).ok().map(|i| ALL[i])
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code)
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Region({} {})", self.code, self.name)
    }
}

impl Serialize for Region {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code)
    }
}

impl<'de> Deserialize<'de> for Region {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(code: &str) -> Region {
        Region::parse(code).unwrap()
    }

    fn codes(regions: impl Iterator<Item = Region>) -> Vec<&'static str> {
        regions.map(|r| r.code()).collect()
    }

    #[test]
    fn the_data_is_whole() {
        let lines = include_str!("../../assets/divisions/divisions.tsv").lines().count();
        assert_eq!(Region::all().len(), lines);
        assert!(Region::all().is_sorted_by(|a, b| a.code < b.code), "looked up by bisection");
        assert_eq!(Region::provinces().count(), 34);
        for r in Region::all() {
            assert!(r.code.len() == 6 && r.code.bytes().all(|b| b.is_ascii_digit()) && !r.name.is_empty());
            assert_eq!(r.province().level(), Level::Province);
            assert_eq!(region(r.code), *r);
            let is_latin = |c: char| c.is_ascii_alphabetic() || "ü' -".contains(c);
            assert!(r.latin_names().all(|n| !n.is_empty() && n.chars().all(is_latin)), "{r:?} {}", r.latin);
        }
    }

    #[test]
    fn every_division_is_a_child_exactly_once() {
        let below = |r: Region| r.children().collect::<Vec<_>>();
        let mut seen: Vec<Region> = Region::provinces().collect();
        for province in Region::provinces() {
            let children = below(province);
            seen.extend(&children);
            seen.extend(children.into_iter().filter(|c| c.level() == Level::City).flat_map(below));
        }
        seen.sort_unstable();
        assert_eq!(seen, Region::all());
    }

    #[test]
    fn a_place_is_told_with_each_name_once() {
        for (code, place, told) in [
            ("131003", "廊坊市广阳区银河南路", Some("河北省廊坊市广阳区银河南路")),
            ("131003", "廊坊市 广阳区", Some("河北省廊坊市 广阳区")),
            ("131003", "广阳区政府门口", Some("河北省廊坊市广阳区政府门口")),
            ("131003", "河北省廊坊市人民医院", Some("河北省廊坊市人民医院（广阳区）")),
            ("131003", "廊坊市人民医院", Some("河北省廊坊市人民医院（广阳区）")),
            ("131000", "廊坊市人民医院", Some("河北省廊坊市人民医院")),
            ("131003", "银河南路", None),
            ("131003", "廊坊火车站", None),
            ("131003", "固安县城", None),
        ] {
            assert_eq!(region(code).completing(place).as_deref(), told, "{code} {place}");
        }
    }

    #[test]
    fn a_county_knows_its_city_and_its_province() {
        let county = region("131003");
        assert_eq!((county.name(), county.level()), ("广阳区", Level::County));
        assert_eq!(county.full_name(), "河北省廊坊市广阳区");
        assert_eq!(county.full_latin_name(), "Guangyang, Langfang, Hebei");
        assert_eq!(county.name_in(Language::ZhCn), "河北省廊坊市广阳区");
        assert_eq!(county.name_in(Language::En), "Guangyang, Langfang, Hebei (河北省廊坊市广阳区)");
        assert_eq!(codes(county.ancestors_and_self()), ["131003", "131000", "130000"]);
        assert_eq!(codes(region("131000").ancestors_and_self()), ["131000", "130000"]);
        assert_eq!(codes(region("130000").ancestors_and_self()), ["130000"]);
        let counties = codes(region("131000").children());
        for code in "131002 131003 131022 131023 131024 131025 131026 131028 131081 131082".split(' ') {
            assert!(counties.contains(&code), "{code}");
        }
    }

    #[test]
    fn municipalities_have_one_level_less() {
        let county = region("110101");
        assert_eq!(county.full_name(), "北京市东城区");
        assert_eq!(county.city(), None);
        assert_eq!(codes(county.ancestors_and_self()), ["110101", "110000"]);
        assert_eq!(region("110100"), region("110000"));
        assert!(region("110000").children().any(|r| r == county));
        assert_eq!(region("500229").province(), region("500000"));
    }

    #[test]
    fn a_county_without_a_city_is_named_by_its_province_alone() {
        assert_eq!(region("429004").full_name(), "湖北省仙桃市");
        assert_eq!(region("429004").city(), None);
        assert_eq!(Region::parse("429000"), Err(RegionError::Unknown));
        assert_eq!(region("810001").full_name(), "香港特别行政区中西区");
    }

    #[test]
    fn a_region_contains_itself_and_what_lies_below() {
        let [province, city, county] = ["130000", "131000", "131003"].map(region);
        assert!(province.contains(county) && city.contains(county) && county.contains(county));
        assert!(!county.contains(city) && !city.contains(province) && !city.contains(region("130102")));
    }

    #[test]
    fn what_is_no_code_is_told_from_a_code_of_no_region() {
        assert_eq!(region(" １３１００３ ").code(), "131003");
        for text in ["", "13100", "1310033", "13100a", "廊坊", "－１３"] {
            assert_eq!(Region::parse(text), Err(RegionError::Malformed), "{text}");
        }
        for text in ["000000", "131099", "999999"] {
            assert_eq!(Region::parse(text), Err(RegionError::Unknown), "{text}");
        }
    }
}
