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
    "跟我住",
    "和我住",
    "在我这",
    "在我们这",
    "在我身边",
    "在我家",
    "庇护所",
    "庇護所",
    "妇联",
    "们躲",
    "躲着他",
    "躲着她",
    "躲避",
    "躲开他",
    "躲开她",
    "在躲",
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

/// What is said in two parts of one sentence, and the most characters between them.
const PARTS: &[(&[&str], usize, &[&str])] = &[
    (&["我是", "我就是"], 6, PARENTS),
    (&["别让", "不要让", "不能让", "勿让", "不想让"], 8, &["知道", "发现", "找到"]),
    (&["别跟", "别和", "别对", "不要跟", "不要和", "不要对"], 6, &["说", "讲"]),
    (&["妈妈", "媽媽", "爸爸"], 2, AT),
    (&["妈", "媽", "母亲", "母親", "爸", "父亲", "父親"], 1, AT),
];
/// Somebody is at a parent's.
const AT: &[&str] = &["一起", "那里", "那儿", "这里", "这儿", "家里", "身边", "住在", "带着", "带走", "躲"];

/// Parents in English.
const MOTHER_OR_FATHER: &[&str] =
    &["mother", "mom", "mum", "mommy", "mummy", "father", "dad", "daddy", "parent"];
/// The most words between `I am` and one of them: the boy's.
const WHOSE: usize = 3;

/// English words that say it by themselves.
const ENGLISH: &[&str] = &["bruise", "bruises", "bruised", "refuge", "liar"];
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
        || PARTS.iter().any(|(first, between, then)| follows(&solid, first, *between, then))
        || words.iter().any(|word| word.is_one_of(ENGLISH))
        || say_one_of(&words, PHRASES)
        || names_a_parent(&words)
        || names_a_shelter(&words)
}

/// Whether one of `then` follows one of `first` in the same sentence, with at most so many characters between.
fn follows(solid: &str, first: &[&str], between: usize, then: &[&str]) -> bool {
    let near = |rest: &str| {
        let gaps = rest.char_indices().take(between + 1).take_while(|(_, c)| c.is_alphanumeric());
        gaps.into_iter().any(|(at, _)| then.iter().any(|word| rest[at..].starts_with(word)))
    };
    first.iter().any(|word| solid.match_indices(word).any(|(at, _)| near(&solid[at + word.len()..])))
}

/// `I am his mother`, `with her dad`.
fn names_a_parent(words: &[Word]) -> bool {
    let is_parent = |word: &Word| word.is_one_of(MOTHER_OR_FATHER);
    (0..words.len()).any(|at| {
        let reach = if words[at].is_one_of(&["am", "im"]) {
            WHOSE
        } else if words[at].is_one_of(&["with"]) {
            1
        } else {
            return false;
        };
        words[at + 1..].iter().take(reach + 1).any(is_parent)
    })
}

/// A shelter, where nobody waits for a bus.
fn names_a_shelter(words: &[Word]) -> bool {
    let waits =
        |at: usize| at.checked_sub(1).is_some_and(|before| words[before].is_one_of(&["bus", "tram", "rain"]));
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
        ] {
            assert!(tells_of_hiding(text), "{text}");
        }
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
        ] {
            assert!(!tells_of_hiding(text), "{text}");
        }
    }
}
