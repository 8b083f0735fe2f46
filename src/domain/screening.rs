//! Screening of a reporter's words: what must be refused, and what the moderator must be shown first.

use std::ops::Range;
use std::sync::LazyLock;

use crate::domain::house_number::{HouseNumber, What, house_numbers};
use crate::domain::identifiers::{bank_card, id_card};
use crate::domain::named::named;
use crate::domain::text::scan::{Glyph, contacts, glyphs, is_end, is_filler, runs, starts_with};

mod another;
mod company;
mod rewards;
mod seeking;
mod sentences;
mod whereabouts;

use another::is_another;
use company::accompanied;
use rewards::rewards;
pub use seeking::{seeks_a_person, seeks_somebody_by_a_campaign, seeks_somebody_by_a_thing, told_ages};

named! {
    /// What was found, under its code in the API.
    #[derive(PartialOrd, Ord)]
    pub enum FindingKind {
        /// A citizen's identity number.
        IdCard = "id_card",
        /// A bank card's number.
        BankCard = "bank_card",
        /// Asks for money, or names a way to pay.
        Payment = "payment",
        /// Words of a bank account, which a thing that was found may have on it.
        Account = "account",
        /// Promises a sum to whoever finds somebody or something.
        Reward = "reward",
        /// The person is wanted for a debt.
        Debt = "debt",
        /// A link, a telephone number or a messenger's account.
        Contact = "contact",
        /// Asks for an adult's address, workplace or movements.
        Whereabouts = "whereabouts",
        /// Asks readers not to tell the police or the person.
        DoNotTell = "do_not_tell",
        /// Violence or a protection order is mentioned: the person sought may be hiding.
        Violence = "violence_mentioned",
        /// A flight is mentioned: from a person, or from water or fire.
        Flight = "flight_mentioned",
        /// Somebody left, perhaps with a child or a thing.
        Left = "left_mentioned",
        /// A child ran away, or somebody left without a word: who is sought may be who left.
        RanAway = "ran_away_mentioned",
        /// A child is said to be with its mother, who is away, too: the notice may be a search for her.
        Accompanied = "accompanied",
        /// Words and an age as in a search for a person, or a question where somebody is.
        Sought = "looks_like_person",
        /// Custody is in dispute: the notice may be one parent's search for the other.
        Custody = "custody_mentioned",
        /// A house or flat number: a notice shows an area, never a door.
        HouseNumber = "house_number",
        /// The school of somebody under age, their class or its uniform.
        School = "school",
        /// An illness by name: a notice says no more than that health is urgent.
        Diagnosis = "diagnosis",
        /// That somebody means to harm themselves, or how: a notice says it even less.
        SelfHarm = "self_harm",
    }
}

impl FindingKind {
    /// Whether a text that contains it is refused; otherwise the moderator is told.
    #[must_use]
    pub fn refuses(self) -> bool {
        matches!(self, Self::IdCard | Self::BankCard | Self::Payment)
    }
}

/// One finding, and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was found.
    pub what: FindingKind,
    /// Its byte range in the text.
    pub range: Range<usize>,
}

/// Words that are a finding by themselves.
static WORDS: LazyLock<Vec<(FindingKind, Vec<&str>)>> = LazyLock::new(|| {
    let lines = include_str!("../../assets/screening.txt").lines().filter(|line| !line.starts_with('#'));
    let finding = |line: &'static str| {
        let mut words = line.split(' ');
        let what = words.next().and_then(FindingKind::named).expect("each line begins with a finding's code");
        let mut words: Vec<&str> = words.collect();
        // The whole of it is found, not its beginning.
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        (what, words)
    };
    lines.map(finding).collect()
});
/// Asking words: a finding where one of [`ASKED_FOR`] follows in the same sentence.
const ASKING: &[&str] = &["提供", "告知", "告诉", "知道", "查", "求", "发我", "透露"];
/// What nobody may ask the public about an adult.
const ASKED_FOR: &[&str] = &["地址", "住址", "住处", "车牌", "单位", "行踪", "落脚点"];
/// Who may have left whoever looks for them.
const PARTNERS: &[&str] =
    &["老婆", "妻子", "媳妇", "前妻", "女友", "女朋友", "爱人", "妈妈", "媽媽", "母亲", "他妈", "她妈"];
/// What they did, each with the most characters that may stand between.
const LEAVING: &[(&str, usize)] =
    &[("离家出走", 6), ("離家出走", 6), ("不辞而别", 6), ("不告而别", 6), ("开走", 0), ("拉黑", 2)];
/// Before a word of leaving, these tell that the child left.
const CHILDREN: &[&str] = &["女儿", "女兒", "儿子", "兒子", "孩子", "闺女"];
/// Mothers, with whom children quarrel and of whom they are scolded before they run away.
const MOTHERS: &[&str] = &["妈妈", "媽媽", "母亲", "他妈", "她妈"];
/// Before a mother, these tell that somebody else left.
const BECAUSE_OF: &[char] = &['和', '跟', '与', '與', '同', '被', '因', '让', '对', '對'];
/// After a mother, these tell it, too.
const SCOLDED: &[&str] = &["骂", "罵", "批评", "批評", "训", "訓", "打", "说了", "责", "責"];
/// Before a child, these tell that somebody took it along.
const ALONG: &[char] = &['带', '着', '和', '跟', '同', '与'];
/// Whoever took a child away did not leave with it where one of these stands before.
const STRANGERS: &[&str] = &["陌生", "有人", "人贩"];
/// At once after 妻子走了, or after one sign, these tell that she died.
const DIED: &[&str] = &["去世", "过世", "病逝", "病故", "离世", "逝世", "因病去世", "因病过世", "因病离世"];
/// Before a payment word, these turn it into a warning.
const WARNING: &[&str] =
    &["请勿", "切勿", "勿", "不要", "不会", "不收", "不收取", "不收任何", "不需要", "无需", "谨防", "任何"];
/// Illnesses that have the name of a family.
const EPONYMS: &[&str] = &["alzheimer", "parkinson"];
/// Before one of [`EPONYMS`], capital letters or not, these make it the illness.
const SUFFERS: &[&str] = &[
    "has",
    "had",
    "have",
    "with",
    "from",
    "of",
    "and",
    "or",
    "severe",
    "advanced",
    "early",
    "late",
    "suspected",
];

/// Everything in `text` that is refused or flagged, in order of position.
#[must_use]
pub fn screen(text: &str) -> Vec<Finding> {
    let glyphs = glyphs(text);
    let mut found = cards(&glyphs);
    for (range, _) in contacts(&glyphs) {
        if !found.iter().any(|(_, card)| card.start < range.end && range.start < card.end) {
            found.push((FindingKind::Contact, range));
        }
    }
    // People write 转 账 and 转.账 to pass a filter.
    let solid: Vec<usize> = (0..glyphs.len()).filter(|i| !is_filler(glyphs[*i].c)).collect();
    words(&glyphs, &solid, &mut found);
    asked(&glyphs, &solid, &mut found);
    left(&glyphs, &solid, &mut found);
    let bytes = |r: Range<usize>| glyphs[r.start].at.start..glyphs[r.end - 1].at.end;
    let mut findings: Vec<Finding> =
        found.into_iter().map(|(what, range)| Finding { what, range: bytes(range) }).collect();
    let told = house_numbers(text).into_iter().filter(|number| number.what != What::Street);
    findings.extend(told.map(|HouseNumber { range, .. }| Finding { what: FindingKind::HouseNumber, range }));
    findings.extend(rewards(text).map(|range| Finding { what: FindingKind::Reward, range }));
    // Who is said to have left with the child is away anyhow.
    if !findings.iter().any(|finding| finding.what == FindingKind::Left) {
        findings.extend(accompanied(text).map(|range| Finding { what: FindingKind::Accompanied, range }));
    }
    findings.sort_by_key(|f| (f.range.start, f.what));
    findings
}

/// The length of the longest bank card number, in digits.
const LONGEST_CARD: usize = 19;

/// Identity and bank card numbers: any neighbouring groups of digits that together make one.
fn cards(glyphs: &[Glyph]) -> Vec<(FindingKind, Range<usize>)> {
    let mut found: Vec<(FindingKind, Range<usize>)> = Vec::new();
    for run in runs(glyphs) {
        let mut first = 0;
        let mut before = 0;
        while first < run.groups.len() {
            let mut taken = 0;
            // Nothing longer is a card. Without this bound a text of nothing but digits would cost cubic
            // time.
            let candidates = (first..run.groups.len()).map_while(|last| {
                taken += run.groups[last].len();
                (taken <= LONGEST_CARD).then_some((last, taken))
            });
            let card = candidates.into_iter().find_map(|(last, taken)| {
                let digits: String =
                    run.digits[before..before + taken].iter().map(|d| char::from(b'0' + d)).collect();
                let Range { end, .. } = run.groups[last];
                let start = run.groups[first].start;
                let x = glyphs.get(end).is_some_and(|g| g.c == 'x');
                if id_card(&digits) {
                    Some((last, FindingKind::IdCard, start..end))
                } else if x && id_card(&format!("{digits}X")) {
                    Some((last, FindingKind::IdCard, start..end + 1))
                } else {
                    bank_card(&digits).then_some((last, FindingKind::BankCard, start..end))
                }
            });
            let next = card.as_ref().map_or(first, |(last, ..)| *last) + 1;
            found.extend(card.map(|(_, what, range)| (what, range)));
            before += run.groups[first..next].iter().map(ExactSizeIterator::len).sum::<usize>();
            first = next;
        }
    }
    found
}

fn words(glyphs: &[Glyph], solid: &[usize], found: &mut Vec<(FindingKind, Range<usize>)>) {
    for (what, list) in &*WORDS {
        let mut past = 0;
        for i in 0..solid.len() {
            if i < past {
                continue;
            }
            let Some(word) = list.iter().find(|word| stands_at(glyphs, &solid[i..], word)) else { continue };
            let end = i + word.chars().count();
            let warned = *what == FindingKind::Payment
                && WARNING.iter().any(|w| {
                    i.checked_sub(w.chars().count()).is_some_and(|s| stands_at(glyphs, &solid[s..], w))
                });
            let another = is_another(glyphs, solid, i..end, word);
            let by_stranger = *what == FindingKind::Left
                && word.contains("带走")
                && (clause(glyphs, solid, i)..i)
                    .any(|s| STRANGERS.iter().any(|one| stands_at(glyphs, &solid[s..i], one)));
            let died = word.ends_with("走了")
                && (end..solid.len().min(end + 2))
                    .take_while(|s| *s == end || is_end(glyphs[solid[end]].c))
                    .any(|s| DIED.iter().any(|died| stands_at(glyphs, &solid[s..], died)));
            let family = EPONYMS.contains(word) && is_surname(glyphs, solid[i]);
            if !warned && !another && !by_stranger && !died && !family {
                found.push((*what, solid[i]..solid[end - 1] + 1));
                past = end;
            }
        }
    }
}

/// Whether the word that begins there is a family's name after another name: Emma Parkinson.
fn is_surname(glyphs: &[Glyph], at: usize) -> bool {
    let end = at - glyphs[..at].iter().rev().take_while(|glyph| is_filler(glyph.c)).count();
    let start = end - glyphs[..end].iter().rev().take_while(|glyph| glyph.c.is_ascii_alphabetic()).count();
    let before: String = glyphs[start..end].iter().map(|glyph| glyph.c).collect();
    let capitals = start < end && end < at && glyphs[start].capital && glyphs[at].capital;
    capitals && !SUFFERS.contains(&before.as_str())
}

/// `提供她的住址`: an asking word, and within twelve characters of the same sentence what is asked for.
fn asked(glyphs: &[Glyph], solid: &[usize], found: &mut Vec<(FindingKind, Range<usize>)>) {
    for i in 0..solid.len() {
        let Some(noun) = ASKED_FOR.iter().find(|noun| stands_at(glyphs, &solid[i..], noun)) else { continue };
        let said = clause(glyphs, solid, i)..i;
        let asks = said.into_iter().any(|s| ASKING.iter().any(|verb| stands_at(glyphs, &solid[s..i], verb)));
        if asks {
            found.push((FindingKind::Whereabouts, solid[i]..solid[i + noun.chars().count() - 1] + 1));
        }
    }
}

/// `妻子昨晚离家出走`: a partner, and soon after in the same clause a word of leaving that is not said of a
/// child.
fn left(glyphs: &[Glyph], solid: &[usize], found: &mut Vec<(FindingKind, Range<usize>)>) {
    for i in 0..solid.len() {
        let Some((leaves, reach)) = LEAVING.iter().find(|(word, _)| stands_at(glyphs, &solid[i..], word))
        else {
            continue;
        };
        let ends_at = |start: usize, word: &str, end: usize| {
            stands_at(glyphs, &solid[start..end], word) && start + word.chars().count() == end
        };
        let child = i.checked_sub(2).filter(|s| CHILDREN.iter().any(|child| ends_at(*s, child, i)));
        let alone = |s: usize| s == 0 || !ALONG.contains(&glyphs[solid[s - 1]].c);
        if child.is_some_and(alone) {
            continue;
        }
        let partner = (clause(glyphs, solid, i)..i).find(|s| {
            let reaches = |one: &&&str| i - s - one.chars().count().min(i - s) <= *reach;
            let leaves =
                |one: &&str| stands_at(glyphs, &solid[*s..i], one) && !stays(glyphs, solid, *s..i, one);
            PARTNERS.iter().filter(reaches).any(leaves)
        });
        let end = solid[i + leaves.chars().count() - 1] + 1;
        found.extend(partner.map(|start| (FindingKind::Left, solid[start]..end)));
    }
}

/// Whether `one`, who stands where `said` begins, is a mother whom somebody left at its end: 和妈妈吵架后离家出走.
fn stays(glyphs: &[Glyph], solid: &[usize], said: Range<usize>, one: &str) -> bool {
    let has = |word: &str| said.clone().any(|s| stands_at(glyphs, &solid[s..said.end], word));
    let quarrel = said.start.checked_sub(1).is_some_and(|s| BECAUSE_OF.contains(&glyphs[solid[s]].c));
    let scolds = SCOLDED.iter().any(|word| has(word)) && !has("被");
    MOTHERS.contains(&one) && (quarrel || scolds)
}

/// Where the clause begins in which `i` stands, at most twelve characters before.
fn clause(glyphs: &[Glyph], solid: &[usize], i: usize) -> usize {
    let within = |g: &&usize| !matches!(glyphs[**g].c, '。' | '\n' | '!' | '?' | ';' | ',');
    i - solid[..i].iter().rev().take(12).take_while(within).count()
}

/// Whether the glyphs that `solid` names begin with `word`.
fn stands_at(glyphs: &[Glyph], solid: &[usize], word: &str) -> bool {
    let mut solid = solid.iter();
    word.chars().all(|c| solid.next().is_some_and(|i| starts_with(&glyphs[*i..], c.encode_utf8(&mut [0; 4]))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(text: &str) -> Vec<(FindingKind, &str)> {
        screen(text).into_iter().map(|f| (f.what, &text[f.range])).collect()
    }

    #[test]
    fn a_card_is_told_from_other_numbers() {
        use FindingKind::{BankCard, Contact, IdCard};
        assert_eq!(found("身份证11010519491231002X。"), [(IdCard, "11010519491231002X")]);
        assert_eq!(found("１１０１０５ 19491231 002x"), [(IdCard, "１１０１０５ 19491231 002x")]);
        assert_eq!(found("卡号 4111-1111-1111-1111"), [(BankCard, "4111-1111-1111-1111")]);
        assert_eq!(
            found("13800138000 4111 1111 1111 1111"),
            [(BankCard, "4111 1111 1111 1111")],
            "a number beside a card is part of the same run"
        );
        assert_eq!(found("编号110105194912310021"), [(Contact, "110105194912310021")], "the check fails");
    }

    #[test]
    fn a_text_of_nothing_but_digits_is_looked_through_to_its_end() {
        let mut text = "1 ".repeat(20_000);
        text.push_str("4111 1111 1111 1111");
        let cards = found(&text).into_iter().filter(|(what, _)| *what == FindingKind::BankCard);
        assert!(cards.count() > 0);
    }

    #[test]
    fn words_that_ask_for_a_look_are_found() {
        use FindingKind::{Debt, DoNotTell, Payment, Whereabouts};
        for (text, what, word) in [
            ("请先转账再说", Payment, "转账"),
            ("请先转 账", Payment, "转 账"),
            ("转\u{200b}账", Payment, "转\u{200b}账"),
            ("发红包酬谢", Payment, "红包"),
            ("先打钱再说", Payment, "打钱"),
            ("给我汇钱", Payment, "汇钱"),
            ("请转 钱给我", Payment, "转 钱"),
            ("我的银行卡号是", Payment, "银行卡号"),
            ("此人欠款不还", Debt, "欠款"),
            ("请他还钱", Debt, "还钱"),
            ("请提供她现在的住址", Whereabouts, "住址"),
            ("谁知道他的工作单位", Whereabouts, "单位"),
            ("她住在哪", Whereabouts, "住在哪"),
            ("请不要报警", DoNotTell, "不要报警"),
            ("见到别告诉她", DoNotTell, "别告诉"),
        ] {
            assert_eq!(found(text), [(what, word)], "{text}");
        }
        assert_eq!(found("电话13800138000"), [(FindingKind::Contact, "13800138000")]);
    }

    #[test]
    fn words_of_violence_of_custody_and_of_debt_in_either_language() {
        for (text, code) in [
            ("她因家暴离家", "violence_mentioned"),
            ("法院发过人身安全保护令", "violence_mentioned"),
            ("在家被打后离家", "violence_mentioned"),
            ("她是从家里逃离的", "flight_mentioned"),
            ("Domestic violence, please find her", "violence_mentioned"),
            ("there is a protection order", "violence_mentioned"),
            ("a restraining-order stands", "violence_mentioned"),
            ("爸爸动手打妈妈，妈妈带孩子走了", "violence_mentioned"),
            ("他老打她", "violence_mentioned"),
            ("老公打老婆", "violence_mentioned"),
            ("她申请了人身安全告诫书", "violence_mentioned"),
            ("我打了她一顿", "violence_mentioned"),
            ("给了她一巴掌", "violence_mentioned"),
            ("前妻把儿子接走后就联系不上了", "left_mentioned"),
            ("孩子妈妈把孩子藏起来了", "left_mentioned"),
            ("我老婆领着孩子跑了", "left_mentioned"),
            ("妻子抱着孩子走了", "left_mentioned"),
            ("孩子被妈妈带走", "left_mentioned"),
            ("My ex took our son", "left_mentioned"),
            ("我们正在打离婚官司", "custody_mentioned"),
            ("法院判给我，她不把孩子还我", "custody_mentioned"),
            ("she was beaten by her husband", "violence_mentioned"),
            ("父母正在离婚，孩子被爸爸接走不还", "custody_mentioned"),
            ("双方在争抚养权", "custody_mentioned"),
            ("前夫争夺孩子，把他接走了", "custody_mentioned"),
            ("孩子被抢走，監護權在我", "custody_mentioned"),
            ("there is a custody dispute", "custody_mentioned"),
            ("法院不准我靠近她", "violence_mentioned"),
            ("警察不让我联系她", "violence_mentioned"),
            ("她报警说我威胁她", "violence_mentioned"),
            ("police told me not to contact her", "violence_mentioned"),
            ("she is afraid of me", "violence_mentioned"),
            ("从我家逃走", "flight_mentioned"),
            ("她逃回老家了", "flight_mentioned"),
            ("她去了妇联", "flight_mentioned"),
            ("是我花钱娶的媳妇，跑了", "flight_mentioned"),
            ("买来的媳妇", "flight_mentioned"),
            ("她起诉离婚了", "left_mentioned"),
            ("她不想见我", "left_mentioned"),
            ("她不接我电话，拉黑了我", "left_mentioned"),
            ("She blocked me", "left_mentioned"),
            ("彩礼没退，她跑了", "flight_mentioned"),
            ("她从我家逃走", "flight_mentioned"),
            ("媳妇昨晚从家里逃了", "flight_mentioned"),
            ("老婆逃出家门", "flight_mentioned"),
            ("老婆带着狗逃离了", "flight_mentioned"),
            ("派出所说过，不许我靠近她", "violence_mentioned"),
            ("她妈不让我联系她", "violence_mentioned"),
            ("I'm not allowed near her", "violence_mentioned"),
            ("there are two restraining orders", "violence_mentioned"),
            ("户名为李四", "account"),
            ("账号：李四", "account"),
            ("Bank name and account name on request", "account"),
            ("she may be in a women's refuge", "flight_mentioned"),
            ("老婆带着孩子离家", "left_mentioned"),
            ("妻子昨晚离家出走", "left_mentioned"),
            ("妻子走了，岳父去世也不回来", "left_mentioned"),
            ("前妻开走的车", "left_mentioned"),
            ("女友把我拉黑", "left_mentioned"),
            ("她把我拉黑了", "left_mentioned"),
            ("女儿昨晚不告而别", "ran_away_mentioned"),
            ("儿子离家出走", "ran_away_mentioned"),
            ("她躲着我", "left_mentioned"),
            ("不让我见孩子", "left_mentioned"),
            ("媳妇跑了，开走了车", "left_mentioned"),
            ("she took the kids and ran away with them", "left_mentioned"),
            ("他欠我钱", "debt"),
            ("他欠债不还", "debt"),
            ("请他还钱", "debt"),
        ] {
            let findings = screen(text);
            assert!(!findings.is_empty(), "{text}");
            assert!(
                findings.iter().all(|f| f.what.as_str() == code && !f.what.refuses()),
                "{text}: {findings:?}"
            );
        }
    }

    #[test]
    fn house_numbers_and_illnesses_are_shown_to_the_moderator() {
        use FindingKind::{Diagnosis, HouseNumber};
        assert_eq!(
            found("家住新华路12号楼3单元502室"),
            [(HouseNumber, "12号楼"), (HouseNumber, "3单元"), (HouseNumber, "502室")]
        );
        assert_eq!(found("76岁，从和平路12-3-1201走失"), [(HouseNumber, "12-3-1201")]);
        assert_eq!(found("三号楼 二单元"), [(HouseNumber, "三号楼"), (HouseNumber, "二单元")]);
        assert_eq!(found("有老年痴呆"), [(Diagnosis, "老年痴呆")]);
        assert_eq!(found("she has Alzheimer's"), [(Diagnosis, "Alzheimer's")]);
        assert!(![HouseNumber, Diagnosis].iter().any(|kind| kind.refuses()));
        for text in ["11月23号从教室走失", "在3号线地铁站", "坐12路车到室外市场", "单元楼下"]
        {
            assert_eq!(found(text), [], "{text}");
        }
    }

    #[test]
    fn honest_notices_pass() {
        for text in [
            "捡到一张银行卡和身份证，请失主认领",
            "请勿转账，谨防诈骗",
            "本平台不收取任何押金",
            "归还钱包，感谢",
            "手机没电打钱包里的备用电话，地铁转钱塘线，打钱老师电话也不通",
            "提供线索者请联系平台",
            "76岁，2026-11-23 09:40从和平路走失",
            "失踪地址：廊坊市广阳区",
            "她下落不明",
            "已报警，请大家留意",
            "衣服被打湿，雨伞被打开过",
            "有人见他被打捞队救起",
            "孩子由奶奶抚养，监护人是姑姑",
            "打了她三个电话都不接，打了她微信",
            "听说我动手术，奶奶来医院途中走失；在残疾人庇护中心门口走失，老家Baoding",
            "妈妈把她从幼儿园接出来，在菜市场转身就不见了，妈妈也联系不上他",
            "别的孩子都被妈妈接走了，老师以为他被爸爸接走了，过年带回娘家的行李箱",
            "I took my son to the clinic and left my umbrella on the bus; a taxi hit her bicycle",
            "早上领着孩子跑步，抱着孩子走了两站路",
            "我从幼儿园把儿子接走后在商场走散",
            "丢失离婚官司材料",
            "打她手机没人接，打孩子电话手表也关机",
            "打她的电话一直不通，打了她手机也没人接，出门打车走了",
            "父母离婚后随奶奶生活，在超市打工",
            "狗跑了，棕色泰迪",
            "一巴掌大的黑色钱包，带着孩子搬家时遗失",
            "my dog ran away near the bridge",
            "带孩子走亲戚时把伞落在车上",
            "下雨时我躲在亭子里，包忘在那里",
            "有人看见一名男子把孩子带走",
            "奶奶带着孩子不慎在集市走散",
            "老婆下车后出租车开走，包落在车上",
            "司机把我拉黑了，手机在他车上",
            "我家猫离家出走了，见人就躲我们",
            "she ran off with her leash on",
            "妻子走了，因病去世多年，父亲独自生活",
            "老婆走了（病逝），孩子跟奶奶住",
            "wallet left in the custody of the station desk",
            "医生不让我靠近病房，老师不让家长联系她们",
            "小偷逃走了，包还在车上；有人威胁她，请大家帮忙",
            "县妇联发起，为山区妇女募集棉被；在妇联门口捡到雨伞",
            "和她捉迷藏，她躲起来了就找不到了",
            "花钱买来的手机，买的媳妇同款外套",
            "she is afraid of dogs, not allowed to see the doctor yet",
            "我家媳妇买的老婆饼落在车上",
            "丢失起诉离婚材料一份，司机不接我电话",
            "Two women said they saw her at the bridge",
            "He is afraid of men in uniform and scared of meeting people",
            "He is not allowed near water; we were not allowed to see her in hospital",
            "She moved out of the way",
            "She was hiding from messengers and walked out on Memorial Street",
            "猫从家里逃出去了",
            "鹦鹉从我家逃走",
            "小狗逃出家门",
            "我家猫昨晚逃离小区",
            "曾多次从家里逃出去",
            "总说想逃回老家",
            "发病时不让我靠近她",
            "怕生，不让我靠近他",
            "发病时不许我靠近她",
            "卖家不想见我",
            "司机不接我电话，拉黑了我",
            "她到妇联门口时走失，后来她去了妇联旁的超市",
            "丢失一盒买来的老婆饼",
            "受灾农户名下房屋倒塌",
            "每户名下一床",
            "牧户名下的牛",
            "打扫下方河道",
            "Quilts for the food bank named Harvest",
            "an account named after the village",
            "微信公众号账号：爱心同行",
            "抖音帐号：爱心同行",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
    }

    #[test]
    fn three_kinds_refuse() {
        use FindingKind::{BankCard, Contact, Debt, DoNotTell, IdCard, Payment, Whereabouts};
        assert!([IdCard, BankCard, Payment].iter().all(|k| k.refuses()));
        assert!(![Contact, Debt, DoNotTell, Whereabouts].iter().any(|k| k.refuses()));
    }

    proptest! {
        #[test]
        fn every_range_is_text(text in "(转|账|还|钱|[0-9x .-]|一|好|😀|\u{200b}|,|知道|住址|\\.com|微信){0,30}") {
            for finding in screen(&text) {
                prop_assert!(!text[finding.range].is_empty());
            }
        }
    }
}
