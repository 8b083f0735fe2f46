//! How a name sounds, for finding it again however it is written: in simplified or traditional characters, in
//! others that are read alike, or in Latin letters. For comparing and never for showing.

use std::collections::BTreeSet;

use pinyin::{Pinyin, ToPinyinMulti as _};
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// The most ways to read a name that are told apart; a character too many is read in its commonest way.
const READINGS: usize = 16;

/// Each way in which a name may be read, without tones, once. Names of one sound have one of these in common,
/// whichever of the family name and the given name comes first. What stands in brackets is left out, unless
/// nothing else is there; a name without letters has no sound.
#[must_use]
pub fn sounds(name: &str) -> BTreeSet<String> {
    let name: Vec<char> = name.nfkc().collect();
    let outside = outside_brackets(&name);
    let outside = if outside.iter().any(|c| c.is_alphabetic()) { outside } else { name };
    let mut read = BTreeSet::from([String::new()]);
    for c in outside {
        let syllables = syllables(c);
        let heard = if read.len() * syllables.len() > READINGS { 1 } else { syllables.len() };
        read = read
            .iter()
            .flat_map(|before| syllables.iter().take(heard).map(move |next| format!("{before}{next}")))
            .collect();
    }
    read.into_iter().map(|read| turned(&spelt(&read))).filter(|sound| !sound.is_empty()).collect()
}

fn outside_brackets(name: &[char]) -> Vec<char> {
    let mut within = 0_u32;
    let mut outside = Vec::new();
    for c in name {
        match c {
            '(' | '[' | '{' | '<' | '〈' | '《' | '「' | '『' | '【' | '〔' | '〖' => within += 1,
            ')' | ']' | '}' | '>' | '〉' | '》' | '」' | '』' | '】' | '〕' | '〗' => {
                within = within.saturating_sub(1);
            }
            c if within == 0 => outside.push(*c),
            _ => {}
        }
    }
    outside
}

/// What a character may be read as, the commonest first; an empty syllable where it is no letter.
fn syllables(c: char) -> Vec<String> {
    if let Some(readings) = c.to_pinyin_multi() {
        let mut syllables: Vec<String> = Vec::new();
        for syllable in readings.into_iter().map(Pinyin::plain).map(plain) {
            if !syllables.contains(&syllable) {
                syllables.push(syllable);
            }
        }
        return syllables;
    }
    vec![if c.is_alphabetic() { plain(c.encode_utf8(&mut [0; 4])) } else { String::new() }]
}

/// Lower case, without accents and tone marks.
fn plain(letters: &str) -> String {
    letters.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}

/// One spelling of the sound that is written ü, u, v or, in passports, yu.
fn spelt(read: &str) -> String {
    read.replace('v', "u").replace("lyu", "lu").replace("nyu", "nu")
}

/// The least of a text's rotations, which is one whether the family name comes first or last.
fn turned(text: &str) -> String {
    let turns = text.char_indices().map(|(at, _)| format!("{}{}", &text[at..], &text[..at]));
    turns.min().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sound_alike(one: &str, other: &str) -> bool {
        !sounds(one).is_disjoint(&sounds(other))
    }

    #[test]
    fn a_name_sounds_the_same_however_it_is_written() {
        for (one, other) in [
            ("罗美华", "羅美華"),
            ("罗美华", "罗美花"),
            ("苏小梅", "Su Xiaomei"),
            ("苏小梅", "Sū Xiǎo-méi"),
            ("苏小梅", "ＳＵ　xiao.mei"),
            ("苏小梅", "Xiaomei Su"),
            ("苏小梅", "Xiaomei, SU"),
            ("苏小梅", "苏 小·梅"),
            ("苏小梅", "苏Xiao梅"),
            ("苏小梅", "Su1 Xiao3mei2"),
            ("林晓月", "林晓月(小月)"),
            ("林晓月", "林晓月（小月）"),
            ("林晓月", "林晓月【小月"),
            ("林晓月", "（林晓月）"),
            ("林晓月", "Lin Xiaoyue"),
            ("吕小女", "Lü Xiaonü"),
            ("吕小女", "LYU XIAONYU"),
            ("吕小女", "lv xiaonv"),
            ("吕小女", "Lu Xiaonu"),
            ("单小乐", "Shan Xiaole"),
            ("单小乐", "單小樂"),
            ("曾红", "Zeng Hong"),
            ("E\u{301}va", "Eva"),
            ("\u{F9E1}兰", "李兰"),
        ] {
            assert!(sound_alike(one, other), "{one} {other}: {:?} {:?}", sounds(one), sounds(other));
            assert!(sound_alike(other, one));
        }
    }

    #[test]
    fn names_of_other_sounds_stay_apart() {
        for (one, other) in [("罗美华", "罗美丽"), ("李玉兰", "Li Yulin"), ("苏小梅", "苏梅"), ("", "李")]
        {
            assert!(!sound_alike(one, other), "{one} {other}");
        }
    }

    #[test]
    fn a_name_without_letters_has_no_sound() {
        for name in ["", " · ", "()", "42", "\u{301}"] {
            assert_eq!(sounds(name), BTreeSet::new(), "{name}");
        }
    }

    #[test]
    fn a_name_of_many_readings_has_few() {
        let many = "单乐曾仇繁尉长覃".repeat(4);
        assert!((2..=READINGS).contains(&sounds(&many).len()));
    }
}
