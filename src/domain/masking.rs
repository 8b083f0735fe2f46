//! What a notice about a person never prints, though it was typed. Whoever verifies it reads it.

use std::ops::Range;

use super::screening::{FindingKind, screen};

/// Replaces the name of an illness.
const NO_ILLNESS: &str = "〔病情已隐去〕";

/// The text without the names of illnesses. Doing it twice changes nothing.
#[must_use]
pub fn without_illnesses(text: &str) -> String {
    let findings = screen(text).into_iter().filter(|finding| finding.what == FindingKind::Diagnosis);
    replaced(text, findings.map(|finding| finding.range), NO_ILLNESS)
}

/// The text with those of its ranges replaced, which are in order and apart.
fn replaced(text: &str, ranges: impl Iterator<Item = Range<usize>>, by: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for range in ranges {
        out.push_str(&text[done..range.start]);
        out.push_str(by);
        done = range.end;
    }
    out.push_str(&text[done..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_illness_is_printed() {
        for (typed, read) in [
            ("患有阿尔茨海默病、老年痴呆，走失", "患有〔病情已隐去〕、〔病情已隐去〕，走失"),
            ("老年痴呆，短发", "〔病情已隐去〕，短发"),
            ("有认知障碍，记不住事", "有〔病情已隐去〕，记不住事"),
            ("智力残疾二级", "〔病情已隐去〕"),
            ("轻度智残，精神 残疾", "轻度〔病情已隐去〕，〔病情已隐去〕"),
            ("脑萎缩、记忆障碍、认知症", "〔病情已隐去〕、〔病情已隐去〕、〔病情已隐去〕"),
            ("孩子有自闭症（孤独症）", "孩子有〔病情已隐去〕（〔病情已隐去〕）"),
            ("患失智症，認知障礙", "患〔病情已隐去〕，〔病情已隐去〕"),
            ("She has Alzheimer's disease and dementia.", "She has 〔病情已隐去〕 and 〔病情已隐去〕."),
            ("cognitive impairment, autistic", "〔病情已隐去〕, 〔病情已隐去〕"),
            ("an intellectual disability", "an 〔病情已隐去〕"),
        ] {
            assert_eq!(without_illnesses(typed), read);
            assert_eq!(without_illnesses(read), read, "twice");
        }
    }

    #[test]
    fn what_is_no_illness_is_printed() {
        for text in [
            "老人脑子清楚，会说普通话",
            "记不清家在哪里，说不清自己名字",
            "丢失智能手机一部，遗失智能手环",
            "走失 智力正常",
            "左腿残疾，拄拐杖",
            "听力不好，说话慢",
            "从人民医院门口走失，带着降压药",
            "小学文化，认知水平一般",
            "he walked through the park in a son's jacket",
        ] {
            assert_eq!(without_illnesses(text), text);
        }
    }
}
