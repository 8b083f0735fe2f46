//! Signs that somebody hides from whoever looks for them: what a parent writes who has the child with them, or
//! somebody who knows of both. Honest sightings contain such words too, so nothing is refused for them: what was
//! seen is then for the police, who fetch a child that is merely lost as well.

use super::swindle::{Word, say_one_of, solid, words};
use super::text::scan::glyphs;

/// A parent.
const PARENTS: &[&str] = &["妈", "媽", "母亲", "母親", "爸", "父亲", "父親"];

/// What is said by itself.
const SAID: &[&str] = &[
    "跟我在一起",
    "和我在一起",
    "与我在一起",
    "跟我们在一起",
    "和我们在一起",
    "庇护所",
    "庇護所",
    "不敢露面",
    "不敢回家",
    "害怕回家",
    "怕回家",
    "逃出来",
    "别找我们",
    "不要找我们",
    "不要再找我们",
    "说谎",
    "撒谎",
    "骗了你们",
    "骗你们",
    "瘀青",
    "淤青",
    "瘀伤",
    "淤伤",
    "伤痕",
    "身上有伤",
    "身上都是伤",
    "浑身是伤",
];

/// What is said only where the clause ends with it, or goes on as [`STAYS`]: witnesses, too, write 在我家楼下,
/// 在我们这个小区 and 在妇联门口.
const HERE: &[&str] = &["在我家", "在我们家", "在我这", "在我们这", "在我身边", "在我们身边", "妇联"];
/// What may stand between.
const PARTICLES: &[char] = &['里', '儿', '边', '着', '藏'];
/// Somebody stays there, is fine, or is helped.
const STAYS: &[char] = &['住', '很', '呢', '睡', '待', '呆', '了', '安', '帮'];

/// Somebody lives with the writer.
const LIVES: &[&str] = &["跟我住", "和我住", "与我住"];
/// But only near them.
const NEARBY: &[&str] = &["同", "一个", "一栋", "一幢", "一条", "隔壁", "对门", "楼"];

/// Whoever sees somebody else, or waits for better weather.
const SEES: &[&str] = &["看到", "看见", "见到", "见过", "遇到", "遇见", "碰到", "发现"];
const WEATHER: &[&str] = &["雨", "太阳", "晒", "凉", "雪", "风"];

/// What is said in two parts of one sentence, and the most characters between them.
const PARTS: &[(&[&str], usize, &[&str])] = &[
    (&["别让", "不要让", "不能让", "勿让", "不想让"], 8, &["知道", "找到", "发现我", "发现孩子", "爸发现"]),
    (&["别跟", "别和", "别对", "不要跟", "不要和", "不要对"], 6, &["说", "讲"]),
    (&["躲避", "躲着", "躲开"], 1, FEARED),
    (&["躲"], 0, FEARED),
];
/// Whom somebody hides from.
const FEARED: &[&str] = &["他", "她", "爸", "父", "丈夫", "老公", "前夫", "家暴"];

/// The most characters between `我是` and a parent: 我是孩子妈妈.
const OF_WHOM: usize = 6;
/// A parent of somebody else.
const OTHERS: &[&str] = &[
    "个", "一名", "一位", "同学", "同桌", "同班", "邻", "隔壁", "朋友", "路过", "接", "送", "带孩", "带娃",
    "有孩", "有娃", "二胎",
];

/// A parent, and the most characters until somebody is there.
const BY: &[(&[&str], usize)] =
    &[(&["妈妈", "媽媽", "爸爸"], 2), (&["妈", "媽", "母亲", "母親", "爸", "父亲", "父親"], 1)];
/// Somebody is at a parent's.
const AT: &[&str] = &["一起", "那里", "那儿", "这里", "这儿", "家里", "身边", "住在", "带着", "带走", "躲"];
/// After what a witness tells whom they were with.
const WITNESS: &[&str] = &[
    "我", "我们", "我在", "我正", "今天", "昨天", "前天", "早上", "上午", "中午", "下午", "晚上", "刚才",
    "刚刚",
];

/// Parents in English.
const MOTHER_OR_FATHER: &[&str] =
    &["mother", "mom", "mum", "mommy", "mummy", "father", "dad", "daddy", "parent"];
/// The most words between `I am` and one of them: the boy's.
const WHOSE: usize = 3;
/// A parent of somebody else: a mother of two, his friend's dad.
const OF_OTHERS: &[&str] =
    &["a", "another", "one", "friend", "friends", "classmate", "classmates", "neighbour", "neighbor"];
/// Who was with their own parent.
const SAW: &[&str] = &["saw", "seen", "see", "spotted", "noticed", "passed"];

/// English words that say it by themselves.
const ENGLISH: &[&str] = &["bruise", "bruises", "bruised", "refuge", "liar"];
/// What stands before another shelter.
const NO_REFUGE: &[&str] = &["bus", "tram", "rain", "picnic", "animal", "dog", "take", "taking", "took"];
/// The same in several words.
const PHRASES: &[&[&str]] = &[
    &["with", "me"],
    &["with", "us"],
    &["we", "are", "safe"],
    &["we", "re", "safe"],
    &["in", "hiding"],
    &["hiding", "from"],
    &["we", "hide"],
    &["do", "not", "tell"],
    &["don", "t", "tell"],
    &["dont", "tell"],
    &["never", "tell"],
    &["do", "not", "let"],
    &["don", "t", "let"],
    &["dont", "let"],
    &["father", "is", "lying"],
    &["dad", "is", "lying"],
    &["mother", "is", "lying"],
    &["mum", "is", "lying"],
    &["mom", "is", "lying"],
    &["he", "lied"],
    &["she", "lied"],
    &["afraid", "of", "his"],
    &["afraid", "of", "her"],
    &["afraid", "of", "him"],
    &["scared", "of", "his"],
    &["scared", "of", "her"],
    &["scared", "of", "him"],
    &["afraid", "to", "go", "home"],
    &["scared", "to", "go", "home"],
];

/// Whether a text about a child tells that they, or whoever is with them, may hide from a parent.
pub fn tells_of_hiding(text: &str) -> bool {
    let glyphs = glyphs(text);
    let (solid, words) = (solid(&glyphs), words(&glyphs));
    SAID.iter().any(|said| solid.contains(said))
        || after(&solid, HERE).any(|(before, rest)| stays(rest) && !is_the_writer(before))
        || after(&solid, &["在躲"]).any(|(_, rest)| stays(rest))
        || after(&solid, LIVES).any(|(_, rest)| !begins(rest.strip_prefix('在').unwrap_or(rest), NEARBY))
        || after(&solid, &["我们躲"])
            .any(|(_, rest)| ![SEES, WEATHER].iter().any(|of| says(clause(rest), of)))
        || PARTS.iter().any(|(first, between, then)| follows(&solid, first, *between, then))
        || after(&solid, &["我是", "我就是"]).any(|(_, rest)| is_the_parent(rest))
        || is_with_a_parent(&solid)
        || words.iter().any(|word| word.is_one_of(ENGLISH))
        || say_one_of(&words, PHRASES)
        || names_a_parent(&words)
        || names_a_shelter(&words)
}

/// Whether such words of a tip only ask its readers to come near quietly, as whoever helps a family does (别惊动他).
pub fn asks_to_come_quietly(words: &str) -> bool {
    says(&solid(&glyphs(words)), &["惊动", "声张"])
}

/// What stands before and after each of these words.
fn after<'a>(solid: &'a str, words: &'a [&str]) -> impl Iterator<Item = (&'a str, &'a str)> {
    let around = move |word: &'a str| {
        solid.match_indices(word).map(move |(at, _)| (&solid[..at], &solid[at + word.len()..]))
    };
    words.iter().copied().flat_map(around)
}

fn begins(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.starts_with(word))
}

fn says(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.contains(word))
}

/// The rest of a clause.
fn clause(rest: &str) -> &str {
    &rest[..rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len())]
}

/// Whether a clause ends there, or goes on with somebody staying.
fn stays(rest: &str) -> bool {
    let on = rest.trim_start_matches(PARTICLES);
    clause(on).is_empty() || on.starts_with(STAYS)
}

/// Whether nobody but the writer is there: 我在我家，看见他走过.
fn is_the_writer(before: &str) -> bool {
    let alone = |who: &str| !who.ends_with(['和', '跟', '与']);
    ["我", "我们", "我当时", "我正"].iter().any(|who| before.strip_suffix(who).is_some_and(alone))
}

/// The places in a clause with at most so many characters before them.
fn within(rest: &str, between: usize) -> impl Iterator<Item = usize> {
    let gaps = rest.char_indices().map(|(at, _)| at).take(between + 1);
    let ends = clause(rest).len();
    gaps.take_while(move |at| *at < ends)
}

/// Whether one of `then` follows one of `first` in the same sentence, with at most so many characters between.
fn follows(solid: &str, first: &[&str], between: usize, then: &[&str]) -> bool {
    after(solid, first).any(|(_, rest)| within(rest, between).any(|at| begins(&rest[at..], then)))
}

/// Whether 我是 goes on with a parent of the child (孩子妈妈, 他妈), and not with any (一个宝妈, 他同学的妈妈, 大妈).
fn is_the_parent(rest: &str) -> bool {
    let of_another = |whose: &str| whose == "宝" || whose.ends_with('大') || says(whose, OTHERS);
    within(rest, OF_WHOM).any(|at| begins(&rest[at..], PARENTS) && !of_another(&rest[..at]))
}

/// Whether somebody is at a parent's, other than a witness at their own (和妈妈一起散步时看到他), and not apart from
/// them (没有和妈妈在一起).
fn is_with_a_parent(solid: &str) -> bool {
    let is_another = |before: &str, rest: &str| {
        let before = before.trim_end_matches(['妈', '媽', '爸', '的']);
        let (own, before) = before.strip_suffix('我').map_or((false, before), |before| (true, before));
        let joined = before.strip_suffix(['和', '跟', '与', '陪', '带']);
        let apart = joined.is_some_and(|who| who.ends_with('没') || who.ends_with("没有"));
        let alone = joined.is_some_and(|who| {
            !who.ends_with(char::is_alphanumeric) || WITNESS.iter().any(|word| who.ends_with(word))
        });
        let sentence = rest.split(['。', '.', '!', '?']).next().unwrap_or_default();
        apart || (own || alone) && says(sentence, SEES)
    };
    BY.iter().any(|(parents, between)| {
        after(solid, parents).any(|(before, rest)| {
            within(rest, *between).any(|at| begins(&rest[at..], AT)) && !is_another(before, rest)
        })
    })
}

/// `I am his mother`, `with her dad`.
fn names_a_parent(words: &[Word]) -> bool {
    let saw = words.iter().any(|word| word.is_one_of(SAW));
    let is_parent = |word: &Word| word.is_one_of(MOTHER_OR_FATHER);
    let of_another = |word: &Word| word.is_one_of(OF_OTHERS) || saw && word.is_one_of(&["my"]);
    (0..words.len()).any(|at| {
        let reach = if words[at].is_one_of(&["am", "im"]) {
            WHOSE
        } else if words[at].is_one_of(&["with"]) {
            1
        } else {
            return false;
        };
        let near = &words[at + 1..];
        let parent = near.iter().take(reach + 1).position(is_parent);
        parent.is_some_and(|parent| !near[..parent].iter().any(of_another))
    })
}

/// A shelter, where nobody waits for a bus, and which is none for pets or from the rain.
fn names_a_shelter(words: &[Word]) -> bool {
    let waits = |at: usize| at.checked_sub(1).is_some_and(|before| words[before].is_one_of(NO_REFUGE));
    (0..words.len()).any(|at| words[at].is_one_of(&["shelter"]) && !waits(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parent_in_hiding_is_understood() {
        for text in [
            "我是孩子妈妈，孩子跟我在一起，很安全，我们在阳光酒店。",
            "我是他妈，孩子在我这里",
            "I am his mother. He is with me, we are safe. We stay at Sunshine hotel.",
            "I'm the boy's mum",
            "孩子和她妈妈在一起，看起来很好，在阳光小区",
            "小宝跟他妈住在庇护所",
            "小宝在他妈妈那里",
            "我们躲在阳光小区",
            "他爸爸在说谎",
            "His father is lying",
            "不要让他爸知道",
            "别跟他爸说",
            "孩子身上有瘀青",
            "孩子说不想回家，身上有伤",
            "孩子不是走失，是妈妈带着",
            "He lives with his mom in a women's shelter",
            "She is covered in bruises",
            "please don't tell anyone",
            "孩子在我家，很安全",
            "孩子和我在我家，很安全",
            "他在我家里住",
            "孩子在我们这儿，别担心",
            "他在我身边",
            "孩子跟我住在阳光小区",
            "我们在躲他爸，请别找",
            "我们在躲着。",
            "妈妈和孩子在妇联",
            "妇联安排我们住下了",
            "我是西门若兰的妈妈",
            "我就是小宝妈妈",
            "我和妈妈在一起，很安全",
            "小宝和妈妈一起在公园，我看到了",
            "昨天看到他和妈妈一起",
            "别让他发现我们",
            "I am with my mum, we are fine",
            "I am the mother",
        ] {
            assert!(tells_of_hiding(text), "{text}");
        }
    }

    #[test]
    fn who_comes_near_quietly_is_told_from_who_keeps_a_secret() {
        assert!(asks_to_come_quietly("别 惊动") && asks_to_come_quietly("不要声张"));
        assert!(!asks_to_come_quietly("别告诉"));
    }

    #[test]
    fn a_sighting_is_none_of_it() {
        for text in [
            "在人民公园东门看到他，穿蓝色外套",
            "孩子说和妈妈走散了，在商场服务台",
            "看到一个小男孩躲在桥洞下面",
            "他坐在路边哭，额头摔伤了",
            "我是路过的，看到他爸爸在找他",
            "孩子在派出所，民警已通知家属",
            "A boy in a red coat under the bus shelter, lying on the bench",
            "I saw her with a woman near the bridge",
            "He was scared of a dog in the park",
            "我在我家楼下看到这个孩子",
            "在我家附近、在我家小区门口都看到过",
            "我在我家，看见他走过去",
            "在我们这个小区门口看到他",
            "在我这边的超市看到",
            "在我们这里的菜场见过",
            "刚才在我身边跑过去",
            "这孩子和我住同一个小区，在滑梯那边",
            "他跟我住在一栋楼",
            "我是一个宝妈，刚才看到他",
            "我是宝妈，刚才看到他",
            "我是他同学的妈妈，他在小卖部",
            "我是来接孩子的妈妈，在校门口看到他",
            "我是小区的大妈，看到他往北走",
            "看到一个孩子在躲雨",
            "他在躲太阳",
            "他们躲在亭子里躲雨",
            "我们躲雨的时候看到他",
            "在桥下躲避暴雨",
            "和妈妈一起散步时看到他",
            "今天跟我妈一起买菜，看到他在路边",
            "我和我爸爸一起路过时遇到他",
            "在妇联门口看到他",
            "看到他一个人，没有和妈妈在一起",
            "别让他发现你，慢慢靠近",
            "I am a mother of two, saw him at the gate",
            "I am his classmate's mum, he is at the shop",
            "I was with my mum when I saw him",
            "He took shelter under the bridge",
        ] {
            assert!(!tells_of_hiding(text), "{text}");
        }
    }
}
