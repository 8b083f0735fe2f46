//! What makes another word of one that would be a finding by itself: what stands around it, and of whom it is said.

use std::ops::Range;

use super::sentences::any;
use super::whereabouts::ANIMALS;
use crate::domain::text::scan::Glyph;

/// After a word these make another one of it: 归还钱包, 被打湿.
const AFTER: &[(&str, &[char])] = &[
    ("还钱", &['包', '夹', '袋']),
    // A purse, a place such as 钱塘江, or a person of that name: 打钱包, 转钱塘线, 打钱老师电话.
    ("打钱", &['包', '夹', '袋', '塘', '江', '老', '医', '阿', '某']),
    ("转钱", &['包', '夹', '袋', '塘', '江', '老', '医', '阿', '某']),
    ("被打", &['捞', '湿', '开', '断', '扰', '扫', '印', '包', '动', '翻']),
    // To ring somebody up is written with the same word as to hit them.
    ("打老婆", &['电', '手', '的']),
    ("打妻子", &['电', '手', '的']),
    ("打妈妈", &['电', '手', '的']),
    ("打孩子", &['电', '手', '的']),
    ("打她", &['电', '手', '的', '家', '妈', '爸']),
    // 丢失智能手机 is a telephone that was lost, 走失 智力正常 says where a sentence ends.
    ("失智", &['能', '慧', '力', '商', '残', '障']),
    // A shy animal hides from everybody.
    ("躲我", &['们']),
    // By mishap, or on an ordinary day.
    ("带着孩子不", &['小', '慎', '注']),
    ("带着孩子跑", &['步']),
    ("起诉离婚", &['材', '书', '状', '资', '案', '的']),
    // A cake; a place to meet at.
    ("买来的老婆", &['饼']),
    ("花钱买的老婆", &['饼']),
    ("她去了妇联", &['门', '附', '旁', '对', '楼', '大']),
    // Two cameras or equal pairs, Mrs Tang's son, a region without roads, a kite.
    ("双相", &['机', '同', '似', '近', '等', '反', '邻', '互', '拥', '配', '框', '册']),
    ("唐氏儿", &['子', '女', '孙', '媳']),
    ("自闭", &['塞', '门', '眼']),
    ("羊角风", &['筝', '铃', '车']),
    // Lists of families, and what is theirs.
    ("户名", &['单', '册', '额', '录', '字', '下']),
    // A ride, a price and stairs, dances; who looks for the dead; nobody who wants no activity.
    ("跳楼", &['机', '价', '梯']),
    ("跳海", &['草', '豚']),
    ("跳江", &['南']),
    ("跳河", &['南', '北']),
    ("要上吊", &['桥', '车', '塔', '机', '椅']),
    ("想上吊", &['桥', '车', '塔', '机', '椅']),
    ("寻死", &['者', '因']),
    ("不想活", &['动', '泼']),
];
/// Before a word these do: 年轻生病.
const BEFORE: &[(&str, &[&str])] = &[
    ("轻生", &["年", "减", "看"]),
    ("自伤", &["独", "各", "来"]),
    ("自残", &["独", "亲", "来"]),
    ("自尽", &["独", "各", "亲"]),
    ("自杀", &["独", "亲", "来"]),
    ("自闭", &["独", "各", "亲", "来"]),
    ("服毒", &["克"]),
    ("跳河", &["跳"]),
    ("跳江", &["跳"]),
    ("跳湖", &["跳"]),
    ("跳海", &["跳"]),
    ("跳楼", &["跳"]),
    ("跳桥", &["跳"]),
    ("户名", &["用", "客", "农", "每", "住", "困", "难", "灾", "牧", "渔"]),
    ("账号:", NO_BANKS),
    ("帐号:", NO_BANKS),
    ("账户:", NO_BANKS),
    ("帐户:", NO_BANKS),
    ("扫下方", &["打", "清"]),
];
/// Whose accounts take no money.
const NO_BANKS: &[&str] = &["公众", "公众号", "微博", "抖音", "快手", "视频号", "小红书", "头条号"];

/// Who may have fled from whoever looks for them.
const WIVES: &[&str] = &["老婆", "妻", "媳妇", "女友", "女朋友", "爱人"];
/// Said of pets and of whoever is ill, too, these count where one of [`WIVES`] stands before in the clause.
const OF_WIVES: &[&str] = &["从家里逃", "逃出家"];
/// Said of anybody, these count where one of them, or 她, stands before in the sentence, or nobody.
const OF_HER: &[&str] = &["从我家逃", "逃回老家", "不想见我", "不接我电话,拉黑"];
/// Said by whoever is ill and shy, too, these count where one of [`AUTHORITIES`] forbids it.
const FORBIDDEN: &[&str] = &[
    "不许我靠近她",
    "不许我靠近他",
    "不让我靠近她",
    "不让我靠近他",
    "不让我接近她",
    "不让我接近他",
    "不许我联系她",
    "不许我联系他",
    "不让我联系她",
    "不让我联系他",
];
/// Those of the state, or of her family.
const AUTHORITIES: &[&str] = &[
    "法院",
    "法官",
    "警察",
    "民警",
    "警方",
    "派出所",
    "公安",
    "律师",
    "妇联",
    "她妈",
    "她爸",
    "她父母",
    "娘家",
    "police",
    "court",
];

/// Whether a word, which is there, is another one, or is said of somebody else.
pub(super) fn is_another(glyphs: &[Glyph], solid: &[usize], at: Range<usize>, word: &str) -> bool {
    let ends = |i: &&usize| matches!(glyphs[**i].c, '。' | '\n' | '!' | '?' | ';');
    let begins = at.start - solid[..at.start].iter().rev().take_while(|i| !ends(i)).count();
    let before: String = solid[begins..at.start].iter().map(|i| glyphs[*i].c).collect();
    let after = solid.get(at.end).map(|i| glyphs[*i].c);
    let made_after = |(made, by): &(&str, &[char])| *made == word && after.is_some_and(|c| by.contains(&c));
    let made_before =
        |(made, by): &(&str, &[&str])| *made == word && by.iter().any(|word| before.ends_with(word));
    AFTER.iter().any(made_after)
        || BEFORE.iter().any(made_before)
        || word.is_ascii() && is_inside(glyphs, solid[at.start], solid[at.end - 1])
        || is_of_another(&before, word)
}

/// Whether a word of Latin letters, from `first` to `last`, is a part of another: hiv in archive. A plural is none.
fn is_inside(glyphs: &[Glyph], first: usize, last: usize) -> bool {
    let letter = |at: usize| glyphs.get(at).is_some_and(|glyph| glyph.c.is_ascii_alphabetic());
    let plural = glyphs.get(last + 1).is_some_and(|glyph| glyph.c == 's');
    first.checked_sub(1).is_some_and(letter) || letter(last + 1 + usize::from(plural))
}

/// Whether a word of a flight, of leaving or of what is forbidden is, after that beginning of its sentence, said of
/// nobody who may have fled.
fn is_of_another(before: &str, word: &str) -> bool {
    let clause = before.rsplit(',').next().unwrap_or_default();
    // 女友的猫 is about the cat.
    let names = |text: &str, who: &str| {
        let mut after =
            text.match_indices(who).map(|(at, _)| text[at + who.len()..].trim_start_matches('子'));
        after.any(|after| !after.starts_with('的'))
    };
    let wife = |text: &str| WIVES.iter().any(|one| names(text, one));
    let her = wife(before) || names(before, "她");
    let forbids = if clause.is_empty() { before } else { clause };
    word.contains('逃') && any(before, ANIMALS) && !her
        || OF_WIVES.contains(&word) && !wife(clause)
        || OF_HER.contains(&word) && !before.is_empty() && !her
        || FORBIDDEN.contains(&word) && !any(forbids, AUTHORITIES)
}
