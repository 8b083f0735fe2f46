//! Finds the division that somebody means by its name, as people write it: 河北廊坊广阳区, 广阳区, 131003.

use crate::domain::region::{Level, Region};
use crate::domain::text::compact;

/// What people call the provinces whose names are longer by more than one character.
const AUTONOMOUS: [&str; 7] = ["广西", "西藏", "宁夏", "新疆", "内蒙古", "香港", "澳门"];
/// What people leave off the end of a name.
const ENDINGS: [char; 6] = ['省', '市', '区', '县', '旗', '盟'];
/// More places than this are not offered: the name has to be longer.
const OFFERED: usize = 12;

/// The divisions that `text` may mean; a code or a full name means one.
pub fn find(text: &str) -> Vec<Region> {
    if let Ok(region) = Region::parse(text) {
        return vec![region];
    }
    let typed: String =
        compact(text).chars().filter(|c| !matches!(c, ',' | '，' | '、' | '/' | '·')).collect();
    if typed.is_empty() {
        return Vec::new();
    }
    let meant: Vec<Region> =
        Region::all().iter().copied().filter(|region| is_meant(*region, &typed)).collect();
    let exact: Vec<Region> = meant.iter().copied().filter(|region| region.full_name() == typed).collect();
    match exact.last() {
        // A division that was drawn anew keeps its name, and its later code is the one in use.
        Some(region) => vec![*region],
        None if meant.len() <= OFFERED => meant,
        None => Vec::new(),
    }
}

/// Whether `typed` is the division's name, after any of the names of those above it.
fn is_meant(region: Region, typed: &str) -> bool {
    names(region).any(|name| typed.strip_suffix(name).is_some_and(|before| leads_to(before, region)))
}

/// Whether `before` is nothing but names of those above a division, from the top.
fn leads_to(before: &str, region: Region) -> bool {
    let mut above: Vec<Region> = region.ancestors_and_self().skip(1).collect();
    above.reverse();
    let left = above
        .iter()
        .fold(before, |left, region| names(*region).find_map(|name| left.strip_prefix(name)).unwrap_or(left));
    left.is_empty()
}

/// A division's name in full, then as it is said.
fn names(region: Region) -> impl Iterator<Item = &'static str> {
    let full = region.name();
    let province = region.level() == Level::Province;
    let said = AUTONOMOUS.into_iter().find(|short| province && full.starts_with(short));
    let said = said.or_else(|| full.strip_suffix(ENDINGS).filter(|short| short.chars().count() > 1));
    std::iter::once(full).chain(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_as_people_write_them() {
        for (text, codes) in [
            ("131003", vec!["131003"]),
            ("１３１００３", vec!["131003"]),
            ("广阳区", vec!["131003"]),
            ("河北 廊坊 广阳", vec!["131003"]),
            ("廊坊市广阳区", vec!["131003"]),
            ("河北省廊坊市广阳区", vec!["131003"]),
            ("廊坊", vec!["131000"]),
            ("北京", vec!["110000"]),
            ("北京朝阳", vec!["110105"]),
            ("内蒙古", vec!["150000"]),
            ("没有这里", vec![]),
            ("", vec![]),
            ("区", vec![]),
        ] {
            assert_eq!(find(text).iter().map(Region::code).collect::<Vec<_>>(), codes, "{text}");
        }
        assert!(find("新华区").len() > 1, "several cities have one");
    }

    #[test]
    fn a_full_name_means_one_place() {
        // Every seventh, so that the test takes no longer than the others.
        for region in Region::all().iter().step_by(7) {
            let found = find(&region.full_name());
            assert_eq!(found.len(), 1, "{}", region.full_name());
            assert_eq!(found[0].full_name(), region.full_name());
        }
    }
}
