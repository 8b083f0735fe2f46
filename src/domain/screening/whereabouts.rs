//! Texts that ask where somebody is.

use super::sentences::{any, clauses, sentences, solid};

/// What is asked for.
const PLACES: &[&str] = &[
    "位置",
    "在哪",
    "何处",
    "哪个小区",
    "下落",
    "去向",
    "住处",
    "住址",
    "地址",
    "行踪",
    "落脚点",
    "哪里",
    "哪儿",
];
/// Who asks, not more than [`REACH`] before or after what is asked for.
const ASKING: &[&str] = &["告知", "告诉", "提供", "透露", "发我", "请说", "说一下", "说下", "知情"];
/// In characters.
const REACH: usize = 8;
/// Before a pronoun these tell of a sighting.
const SEES: &[&str] = &["看到", "看见", "见到", "见过", "遇到", "遇见", "碰到", "碰见", "发现", "找到"];
const PRONOUNS: &[char] = &['她', '他'];
/// Between somebody and where they are: 她现在的住处.
const NOW: &[&str] = &["现在", "目前", "具体", "所在", "的", "现", "住", "人"];
/// After a pronoun and 的, these tell that whoever sees somebody is asked: 看到她的请告知.
const WHOEVER: &[&str] = &["请", "麻烦", "朋友", "人", "好心", "告"];
/// At once before a sighting these tell that the reporter had it.
const OWN: &[&str] = &["我", "我们", "刚", "刚才", "刚刚", "已"];
/// Before a sighting in its clause these tell that it is asked for.
const IF: &[&str] = &["如", "若", "谁", "凡", "要是", "哪位"];
/// After somebody who is seen these tell it, too, with not more than [`SOON`] between. 看到他晕倒 tells what was seen.
const THEN: &[&str] =
    &["请", "麻烦", "时", "后", "就", "的", "告", "联系", "立即", "立刻", "马上", "务必", "通知", "帮"];
/// In characters.
const SOON: usize = 2;
/// To whom a thing belongs that was found, and of whom only their home is asked.
const OWNERS: &[&str] = &["失主", "车主", "机主", "物主"];
/// Who may have left with a thing, of which the estate is asked.
const PARTNERS: &[&str] = &["老婆", "妻", "媳妇", "女友", "女朋友", "爱人", "她"];
/// Whoever took the thing keeps it where they live.
const HOMES: &[&str] = &["哪个小区", "具体小区"];
/// Animals are called she and he, too.
pub(super) const ANIMALS: &[&str] = &[
    "狗",
    "猫",
    "犬",
    "宠物",
    "泰迪",
    "金毛",
    "拉布拉多",
    "哈士奇",
    "柯基",
    "鹦鹉",
    "二哈",
    "边牧",
    "萨摩",
    "比熊",
    "博美",
    "吉娃娃",
    "贵宾",
    "布偶",
    "兔",
    "龟",
    "dog",
    "puppy",
    "kitten",
    "mycat",
    "acat",
];
/// Asking in English.
const TELL_ME: &[&str] = &["tellme", "tellus", "letmeknow", "letusknow", "sendme", "giveme", "messageme"];
/// What is asked for in English.
const WHERE: &[&str] = &[
    "wheresheis",
    "whereheis",
    "whereshelives",
    "wherehelives",
    "whereshestays",
    "wherehestays",
    "herlocation",
    "hislocation",
    "heraddress",
    "hisaddress",
    "herwhereabouts",
    "hiswhereabouts",
];

/// Whether a text asks where a person is: 看到她请告知位置, 失主现住何处请知情者告知. To ask where a thing is, or where
/// several people wait for help, is no search for somebody.
pub(super) fn asks_where_somebody_is(text: &str) -> bool {
    sentences(text).map(|range| solid(&text[range])).any(|sentence| asks_about_a_person(&sentence))
}

/// The same of a lost thing's text, where a pet may be meant; or where a partner's car stands.
pub(super) fn asks_where_somebody_is_by_a_thing(text: &str) -> bool {
    let whole = solid(text);
    let where_it_is_kept =
        |sentence: &str| any(sentence, HOMES) && any(&whole, PARTNERS) && asks(sentence, HOMES);
    let mut sentences = sentences(text).map(|range| solid(&text[range]));
    let asks = |sentence: String| asks_about_a_person(&sentence) || where_it_is_kept(&sentence);
    !any(&whole, ANIMALS) && sentences.any(asks)
}

/// Whether one of these places is asked for.
fn asks(sentence: &str, places: &[&str]) -> bool {
    clauses(sentence).any(|clause| places.iter().any(|place| asked(clause, place).next().is_some()))
}

/// Where in the clause such a place is asked for, in bytes.
fn asked<'a>(clause: &'a str, place: &'a str) -> impl Iterator<Item = usize> + 'a {
    clause.match_indices(place).map(|(at, _)| at).filter(move |at| {
        let before: Vec<char> = clause[..*at].chars().rev().take(REACH).collect();
        let before: String = before.into_iter().rev().collect();
        let after: String = clause[at + place.len()..].chars().take(REACH).collect();
        any(&before, ASKING) || any(&after, ASKING)
    })
}

fn asks_about_a_person(sentence: &str) -> bool {
    let seen = clauses(sentence).any(|clause| {
        let mut sightings = SEES.iter().flat_map(|sees| clause.match_indices(sees));
        sightings.any(|(at, sees)| is_asked_for(&clause[..at], &clause[at + sees.len()..]))
    });
    let theirs = |clause: &str, at: usize| {
        let mut before = &clause[..at];
        while let Some(less) = NOW.iter().find_map(|word| before.strip_suffix(word)) {
            before = less;
        }
        before.ends_with(PRONOUNS) && !before.ends_with("其他")
    };
    let home = |clause: &str, at: usize| clause[..at].ends_with('住') || clause[..at].ends_with("住在");
    let owned = any(sentence, OWNERS);
    let about = |clause: &str, at: usize| seen || theirs(clause, at) || owned && home(clause, at);
    let mut places = clauses(sentence).flat_map(|clause| PLACES.iter().map(move |place| (clause, *place)));
    places.any(|(clause, place)| asked(clause, place).any(|at| about(clause, at)))
        || any(sentence, TELL_ME) && any(sentence, WHERE)
}

/// Whether whoever sees somebody is asked, by what stands around the sighting in its clause: 看到她请告知. What the
/// reporter, or a passer-by, saw is told only.
fn is_asked_for(before: &str, after: &str) -> bool {
    let Some(after) = after.strip_prefix(PRONOUNS).filter(|after| is_one(after)) else { return false };
    let soon = || {
        let mut starts = after.char_indices().map(|(at, _)| &after[at..]).take(SOON + 1);
        after.is_empty() || starts.any(|rest| THEN.iter().any(|word| rest.starts_with(word)))
    };
    let own = OWN.iter().any(|word| before.ends_with(word));
    any(before, IF) || !own && soon()
}

/// Whether what follows a pronoun leaves it one person's: not 他们 or 他人, nor 她的车.
fn is_one(after: &str) -> bool {
    let whoever = |rest: &str| WHOEVER.iter().any(|word| rest.starts_with(word));
    !after.starts_with(['们', '人']) && after.strip_prefix('的').is_none_or(whoever)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_where_somebody_is_is_told_from_who_asks_where_a_thing_is() {
        for text in [
            "苏晓棠，短发，红外套，独自外出未归，看到她请立即告知她的位置。",
            "我老婆苏晓棠，短发…看到她请告知位置。",
            "看到她的请告知在哪里",
            "失主苏晓棠，女，33岁，现住何处请知情者告知",
            "请提供她现在的住处",
            "谁看到她坐车请告知位置",
            "好心人见到他，麻烦告知位置",
            "我老婆，有人看到她立即告知我位置",
            "如遇见他，请透露其下落",
            "求好心人告诉我她现在在哪",
            "If you see her, let me know where she is",
            "please tell us her address",
            "If you meet him, tell me his location",
        ] {
            assert!(asks_where_somebody_is(text), "{text}");
            assert!(asks_where_somebody_is_by_a_thing(text), "{text}");
        }
        assert!(asks_where_somebody_is_by_a_thing("老婆骑走的电动车，看到车请说在哪个小区"));
        for text in [
            "一对夫妻被困桥洞，看到他们请打119并告知位置",
            "他晕倒在路边，请告知120准确位置",
            "老人说不清自己住在哪里，谁认识他请告诉派出所",
            "她说不清家庭地址，请家属到派出所接",
            "三人被困桥头平台，请告知救援队位置",
            "捡到身份证，有认识她的请告诉她，证件在派出所，地址是和平路",
            "捡到钱包，请失主告知丢失位置后认领",
            "请失主提供住址，我寄过去",
            "不知道她住在哪里，请失主到服务台认领",
            "我老婆的电动车被偷，看到车请告知停在哪里",
            "手机丢了，看到请告知位置，妈妈很着急",
            "看到她的包请告知位置",
            "发现他人捡到请告知位置",
            "请提供其他位置",
            "我看到他晕倒在路边，已打120，请告知救护车准确位置。",
            "发现他晕倒在路边，已打120，请告知救护车准确位置",
            "路人发现她倒在桥头，请告知120位置",
            "我刚看到他，请告知救援队准确位置",
            "善款去向请见平台，地址在详情页",
            "棉被请送到她们所在的救助站，地址可询问志愿者",
            "An old man sits at the bridge and does not know where he lives",
            "My bag: tell me where it is if you see it",
        ] {
            assert!(!asks_where_somebody_is(text), "{text}");
            assert!(!asks_where_somebody_is_by_a_thing(text), "{text}");
        }
        assert!(!asks_where_somebody_is_by_a_thing("金毛豆豆，看到他请告知位置"));
    }
}
