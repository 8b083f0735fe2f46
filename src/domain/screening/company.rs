//! Texts that say that a child is with its mother, who did not come back either.

use std::ops::Range;

use super::sentences::{any, clauses, sentences, solid};

/// Who may have left with a child.
const MOTHERS: &[&str] =
    &["妈妈", "媽媽", "母亲", "母親", "他妈", "她妈", "孩子妈", "老婆", "妻子", "媳妇", "前妻"];
/// Before a mother these tell that somebody is with her.
const WITH: &[char] = &['和', '跟', '与', '與', '同', '随'];
/// Between, whose mother she is.
const WHOSE: &[&str] = &["我", "他", "她", "孩子", "的", "着"];
/// After a mother these tell it, too.
const TOGETHER: &[&str] = &["一起", "一同", "一块", "在一起", "同行", "走了", "外出", "出门"];
/// After these a family lives, and nobody is away.
const LIVES: &[&str] = &["生活", "住", "居住", "过", "长大", "睡", "吃", "看", "做", "写", "逛", "买"];
/// After 他妈也在 the sentence ends, or she is looking for the child.
const THERE: &[&str] = &["一起", "那里", "那儿", "其中"];
/// In a mother's clause these tell that she took the child.
const TAKES: &[&str] = &["接走", "带走", "领走", "抱走", "带出去"];
/// Between, these tell that she saw how somebody else took it.
const OTHERS: &[&str] = &["看", "发现", "男", "女子", "女人", "陌生", "有人", "人贩", "一个", "一名", "被"];
/// After a mother these tell that the child is with her.
const KEEPS: &[&str] = &["那里", "那儿", "那边", "身边", "手里"];
/// Two of a family.
const PAIRS: &[&str] = &[
    "母子",
    "母女",
    "娘俩",
    "娘儿俩",
    "妻儿",
    "老婆孩子",
    "老婆和孩子",
    "妻子和孩子",
    "媳妇和孩子",
    "老婆和女儿",
    "老婆和儿子",
    "妻子和女儿",
    "妻子和儿子",
    "motherandson",
    "motheranddaughter",
    "motherandchild",
    "wifeandson",
    "wifeanddaughter",
    "wifeandchild",
];
/// Between two of a family and that they are gone.
const BOTH: &[&str] = &[
    "二人", "两人", "三人", "俩", "们", "都", "一起", "一同", "双双", "均", "同时", "至今", "已经", "已",
    "也", "一直", ",", "ren", "are", "both", "have", "has", "been", "went", "gone",
];
/// After two of a family these tell that they are gone.
const GONE: &[&str] = &[
    "失联",
    "失聯",
    "走失",
    "失踪",
    "失蹤",
    "不见",
    "没有回",
    "没回",
    "未归",
    "联系不上",
    "下落不明",
    "不知去向",
    "离家",
    "出走",
    "missing",
];
/// The mother, too, is away or hides.
const AWAY: &[&str] = &[
    "没有回",
    "没回",
    "未归",
    "没有音讯",
    "没有消息",
    "没送回",
    "没有送",
    "失联",
    "失聯",
    "关机",
    "不接",
    "打不通",
    "不回信息",
    "不回消息",
    "庇护",
    "妇联",
    "躲",
    "不知去向",
    "下落不明",
    "联系不上",
    "notcome",
    "n'tcome",
    "notreturn",
    "n'treturn",
    "neverreturn",
    "notanswer",
    "n'tanswer",
    "phoneisoff",
    "switchedoff",
    "turnedoff",
    "unreachable",
    "can'treach",
    "cannotreach",
    "refuge",
    "women'sshelter",
    "womensshelter",
    "inashelter",
    "hiding",
];
/// The mother cannot reach the child.
const REACHES_NOT: &[&str] = &["联系不上他", "联系不上她", "联系不上孩子", "联系不上女儿", "联系不上儿子"];
/// These tell that the child was lost from her, or left alone.
const PARTED: &[&str] = &[
    "走散",
    "走丢",
    "挤散",
    "失散",
    "转身",
    "转眼",
    "眨眼",
    "松手",
    "途中",
    "跑开",
    "跑远",
    "玩",
    "自己",
    "独自",
    "一个人",
    "下楼",
    "别的孩子",
    "其他孩子",
    "小朋友",
    "没接到",
    "以为",
    "就不见",
    "后不见",
    "后出门",
    "又出",
    "gotlost",
    "lostsight",
    "wandered",
    "ranoff",
    "ranaway",
    "separated",
    "letgo",
    "playing",
    "alone",
    "byhimself",
    "byherself",
];
/// These tell it, too, unless they are said of both, or a clause says of the mother that she is away.
const LOST: &[&str] =
    &["走失", "失踪", "失蹤", "丢失", "找不到了", "不见了", "wentmissing", "gonemissing", "waslost"];
/// The child is with her, in English.
const WITH_HER: &[&str] = &[
    "withhismother",
    "withhermother",
    "withhismum",
    "withhermum",
    "withhismom",
    "withhermom",
    "withmywife",
    "withmyex",
    "hismotherpicked",
    "hermotherpicked",
    "hismothertookhimfrom",
    "hermothertookherfrom",
    "hismothertookhimaway",
    "hermothertookheraway",
    "hismotherhashim",
    "hermotherhasher",
    "hismumpicked",
    "hermumpicked",
    "hismompicked",
    "hermompicked",
];

/// The sentences, in bytes, that say that a child is with its mother and that she is away, too. Whoever finds the child
/// finds her. A child that was lost from her is none of them.
pub(super) fn accompanied(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    sentences(text).filter(|range| {
        let sentence = solid(&text[range.clone()]);
        let reached = REACHES_NOT.iter().fold(sentence.clone(), |said, words| said.replace(words, ""));
        let together = clauses(&sentence).any(is_with_her) || any(&sentence, WITH_HER);
        let mother_is = clauses(&reached).any(|clause| any(clause, MOTHERS) && any(clause, AWAY));
        let parted = any(&sentence, PARTED) || !mother_is && is_lost(&sentence);
        are_gone(&sentence) || together && any(&reached, AWAY) && !parted
    })
}

/// Whether a sentence says that somebody is lost, and not that two are: 一起失踪, went missing with her.
fn is_lost(sentence: &str) -> bool {
    let one = |(at, word): (usize, &str)| {
        let both = ["一起", "一同", "一块"].iter().any(|both| sentence[..at].ends_with(both));
        !both && !sentence[at + word.len()..].starts_with("with")
    };
    LOST.iter().any(|word| sentence.match_indices(word).any(one))
}

/// Whether a clause says that somebody is with a mother.
fn is_with_her(clause: &str) -> bool {
    let starts = |text: &str, words: &[&str]| words.iter().any(|word| text.starts_with(word));
    MOTHERS.iter().any(|mother| {
        clause.match_indices(mother).any(|(at, _)| {
            let after = &clause[at + mother.len()..];
            let mut before = &clause[..at];
            while let Some(less) = WHOSE.iter().find_map(|word| before.strip_suffix(word)) {
                before = less;
            }
            let lives = || {
                TOGETHER.iter().any(|word| after.strip_prefix(word).is_some_and(|rest| starts(rest, LIVES)))
            };
            let along = before.ends_with(WITH) && starts(after, TOGETHER) && !lives();
            let there = after.strip_prefix("也在").is_some_and(|rest| rest.is_empty() || starts(rest, THERE));
            let keeps = before.ends_with('在') && starts(after, KEEPS);
            let takes = TAKES.iter().find_map(|word| after.split_once(word));
            along || there || keeps || takes.is_some_and(|(between, _)| !any(between, OTHERS))
        })
    })
}

/// Whether mother and child are said to be gone: 母子二人一起失联.
fn are_gone(sentence: &str) -> bool {
    let gone = |(at, pair): (usize, &str)| {
        let mut after = &sentence[at + pair.len()..];
        while let Some(less) = BOTH.iter().find_map(|word| after.strip_prefix(word)) {
            after = less;
        }
        GONE.iter().any(|word| after.starts_with(word))
    };
    PAIRS.iter().any(|pair| sentence.match_indices(*pair).any(gone))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_that_is_with_its_mother_is_told_from_one_that_lost_her() {
        for text in [
            "母子二人一起失联，妈妈短发，33岁。",
            "和他妈妈一起，已经一个月没有回家，妈妈手机关机。",
            "他外婆把他接走了，他妈也在，一直不接电话。",
            "His mother picked him up from kindergarten and did not come home. She has short hair.",
            "With his mother, maybe in a women's refuge.",
            "老婆和女儿都不见了",
            "女儿在她妈妈那里，电话打不通",
            "孩子跟妈妈走了，听说去了妇联",
            "她妈从学校把她带走，至今没有消息",
            "My wife and son are missing.",
            "和妈妈一起从家中失踪，妈妈手机关机",
            "和他妈妈一起失踪，手机关机",
            "孩子跟妈妈走了，走失三天，她妈也联系不上",
            "Went missing with his mother, she does not answer.",
            "Her mother took her away from school and has not answered since; her phone is off, she does not answer.",
        ] {
            assert!(accompanied(text).next().is_some(), "{text}");
        }
        for text in [
            "和奶奶在集市上走散，奶奶没有手机",
            "最后一次看到是和奶奶在一起，奶奶手机关机",
            "放学后由妈妈接回家，晚饭后在小区玩耍，至今未归",
            "妈妈在上夜班，手机关机，孩子自己出门",
            "和妈妈一起去赶集，人多挤散，至今未归",
            "和妈妈一起逛商场，一转身就不见了，没有手机",
            "妈妈也联系不上他",
            "他妈也在到处找，手机打不通是因为没电",
            "别的孩子都被妈妈接走了，他自己走出校门，至今未归",
            "妈妈把她从幼儿园接出来，在菜市场转身就不见了，妈妈也联系不上他",
            "和妈妈一起生活，放学后未归",
            "母女俩逛街时女儿走失",
            "妈妈看见一名男子把孩子带走，至今没有消息",
            "妈妈以为爸爸接走了，爸爸以为妈妈接走了，至今未归",
            "和妈妈一起吃完晚饭，后来没有回家",
            "跟妈妈一起坐火车，到站后不见了，手机打不通",
            "His mother took him to the park, and he has not returned.",
            "母子在车站失散",
            "早上妈妈送他上学，没有回家，手机关机",
            "He was with his mother at the market and wandered off, and has not returned.",
            "His mother is looking for him; her phone is switched off at work.",
            "和妈妈一起去医院，在候诊区走失，至今未归。",
            "跟妈妈出门，在人民公园走失，至今未归",
            "和妈妈一起坐公交，在终点站走失，手机打不通",
            "和妈妈一起逛超市，找不到了，至今未归",
            "He was with his mother at the station and went missing, and has not returned.",
        ] {
            assert_eq!(accompanied(text).next(), None, "{text}");
        }
    }
}
