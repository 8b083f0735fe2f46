//! Rewards with a sum, which draw swindlers, and pay eyes for whoever pursues somebody.

use std::ops::Range;

use super::sentences::{any, sentences, solid};

const REWARDS: &[&str] = &["悬赏", "懸賞", "赏金", "重谢", "酬谢", "酬金", "答谢", "重金", "reward"];
/// After a number these make it a sum.
const UNITS: &[char] = &['元', '圆', '块', '万', '萬', '千', '百', '¥', '$', '€'];
/// Numerals in words.
const NUMERALS: &str = "一二三四五六七八九十两几百千";

/// The sentences, in bytes, that promise a sum: 悬赏5万. 必有重谢 promises none.
pub(super) fn rewards(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let promises = |clause: &str| any(clause, REWARDS) && names_a_sum(clause);
    sentences(text).filter(move |range| solid(&text[range.clone()]).split([',', '、']).any(promises))
}

fn names_a_sum(clause: &str) -> bool {
    let chars: Vec<char> = clause.chars().collect();
    let counts = |c: char| c.is_ascii_digit() || NUMERALS.contains(c);
    // 千万联系我 asks.
    let asks = |at: usize| {
        let number = at.checked_sub(1).is_some_and(|before| chars[before] != '千' && counts(chars[before]));
        chars[at] == '千' && "千百万萬".contains(chars[at + 1]) && !number
    };
    chars.windows(2).enumerate().any(|(at, two)| {
        counts(two[0]) && UNITS.contains(&two[1]) && !asks(at) || "¥$€".contains(two[0]) && counts(two[1])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reward_with_a_sum_is_told_from_thanks() {
        for text in [
            "悬赏5万",
            "提供线索者重谢10万元",
            "酬谢2000元",
            "悬赏三千块找人",
            "悬赏一千万",
            "Reward: $5000",
            "reward 5000 元",
        ] {
            assert!(rewards(text).next().is_some(), "{text}");
        }
        for text in [
            "必有重谢",
            "找到面谢，定有酬谢",
            "钱包内有现金500元，必有重谢",
            "一百个感谢",
            "重谢，2026年11月28日",
            "十分感谢，万分焦急",
            "答谢所有好心人",
            "the owner offers a reward",
            "千万联系我重谢",
            "千千万万个酬谢",
        ] {
            assert_eq!(rewards(text).next(), None, "{text}");
        }
    }
}
