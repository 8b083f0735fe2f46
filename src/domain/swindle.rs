//! Signs of a swindler: money, and ways out of the platform. Honest texts contain such words too, so nothing
//! is refused for them; a person reads the text first.

use std::ops::Range;

use super::screening::{FindingKind, screen};
use super::text::scan::{self, Glyph, contacts, glyphs};

/// What a text wants from its reader.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wants {
    pub money: bool,
    /// To be called, or written to elsewhere.
    pub contact: bool,
}

/// Words about money, besides those the screening always refuses.
const MONEY: &[&str] = &[
    "银行卡",
    "验证码",
    "手术费",
    "医药费",
    "医疗费",
    "路费",
    "保证金",
    "酬金",
    "付款",
    "付钱",
    "给钱",
    "支付宝",
    "比特币",
    "虚拟币",
    "泰达币",
    "人民币",
    "现金",
];

/// English words about money, matched whole: Payne Street is not a payment.
const ENGLISH: &[&str] = &[
    "money",
    "pay",
    "pays",
    "paying",
    "payment",
    "payments",
    "prepay",
    "prepayment",
    "dollar",
    "dollars",
    "usd",
    "euro",
    "euros",
    "eur",
    "yuan",
    "rmb",
    "cny",
    "bitcoin",
    "bitcoins",
    "btc",
    "crypto",
    "cryptocurrency",
    "ethereum",
    "usdt",
    "tether",
    "ransom",
    "wire",
    "transfer",
    "transfers",
    "remit",
    "deposit",
    "cash",
    "fee",
    "fees",
    "bribe",
    "paypal",
    "venmo",
    "zelle",
    "cashapp",
    "alipay",
    "wepay",
    "moneygram",
    "giftcard",
    "giftcards",
    "iban",
];

/// The same in two words.
const PAIRS: &[[&str; 2]] = &[
    ["gift", "card"],
    ["gift", "cards"],
    ["western", "union"],
    ["bank", "account"],
    ["account", "number"],
    ["send", "money"],
];

/// Names of messengers, matched whole: an account follows, or is asked for.
const MESSENGERS: &[&str] = &[
    "telegram",
    "whatsapp",
    "wechat",
    "weixin",
    "viber",
    "skype",
    "snapchat",
    "wickr",
    "threema",
    "kakaotalk",
];

/// What a text wants from its reader, however it is spelt: `ＰＡＹ`, `p a y`, `p.a.y`.
pub fn wants(text: &str) -> Wants {
    let glyphs = glyphs(text);
    let words = words(&glyphs);
    let refused = screen(text).iter().any(|found| found.what.refuses() && found.what != FindingKind::IdCard);
    let solid = solid(&glyphs);
    Wants {
        money: refused
            || MONEY.iter().any(|word| solid.contains(word))
            || names_a_sum(&glyphs)
            || words.iter().any(|word| word.is_one_of(ENGLISH))
            || words.windows(2).any(|two| PAIRS.iter().any(|pair| two[0].is(pair[0]) && two[1].is(pair[1]))),
        contact: !contacts(&glyphs).is_empty()
            || names_an_account(&glyphs)
            || words.iter().any(|word| word.is_one_of(MESSENGERS)),
    }
}

/// What is said of a notice that is not true, or of who gave it.
const FALSE: &[&str] = &["假的", "假消息", "虚假", "骗子", "骗人", "诈骗", "谣言", "冒充", "不实", "假冒"];

/// What the person sought says of themselves.
const SELF: &[&str] =
    &["我是本人", "我就是本人", "我没有失踪", "我没失踪", "别再找我", "不要再找我", "不要找我"];
/// The same in English, each as whole words.
const SELF_IN_ENGLISH: &[&[&str]] = &[
    &["this", "is", "me"],
    &["i", "am", "the", "person", "in"],
    &["i", "am", "not", "missing"],
    &["im", "not", "missing"],
    &["stop", "looking", "for", "me"],
];

/// English ones, each a whole word.
const FALSE_IN_ENGLISH: &[&str] = &["fake", "hoax", "scam", "scammer", "fraud", "fraudster", "impostor"];

/// Whether a text calls what it is about false, or a swindle, or comes from the person sought.
pub fn calls_it_false(text: &str) -> bool {
    let glyphs = glyphs(text);
    let (solid, words) = (solid(&glyphs), words(&glyphs));
    FALSE.iter().chain(SELF).any(|word| solid.contains(word))
        || words.iter().any(|word| word.is_one_of(FALSE_IN_ENGLISH))
        || say_one_of(&words, SELF_IN_ENGLISH)
}

/// Whether one of these phrases, each of whole words, is among the words.
pub(super) fn say_one_of(words: &[Word], phrases: &[&[&str]]) -> bool {
    let stands = |these: &[Word], phrase: &[&str]| these.iter().zip(phrase).all(|(word, said)| word.is(said));
    phrases.iter().any(|phrase| words.windows(phrase.len()).any(|these| stands(these, phrase)))
}

/// Whether a text says to come from whoever has that name.
pub fn comes_from(text: &str, name: &str) -> bool {
    let (solid, name) = (solid(&glyphs(text)), solid(&glyphs(name)));
    // 我是王丽的邻居 comes from somebody else.
    let ends =
        |after: &str| after.chars().next().is_none_or(|c| !c.is_alphanumeric() || "在没我不平".contains(c));
    let says = |before: &&str| {
        let said = format!("{before}{name}");
        !name.is_empty() && solid.match_indices(&said).any(|(at, _)| ends(&solid[at + said.len()..]))
    };
    ["我是", "我就是", "我叫", "iam", "i'm", "mynameis"].iter().any(says)
}

/// A text without its spaces.
pub(super) fn solid(glyphs: &[Glyph]) -> String {
    glyphs.iter().map(|g| g.c).filter(|c| !c.is_whitespace()).collect()
}

/// The links in a text: their bytes, and how they are read.
pub fn links(text: &str) -> Vec<(Range<usize>, String)> {
    let glyphs = glyphs(text);
    let mut found = scan::links(&glyphs);
    found.sort_by_key(|link| link.start);
    // A file's name within a link would be found as another link.
    let mut whole: Vec<Range<usize>> = Vec::new();
    for link in found {
        match whole.last_mut() {
            Some(last) if link.start < last.end => last.end = last.end.max(link.end),
            _ => whole.push(link),
        }
    }
    let told = |link: &[Glyph]| {
        let bytes = link[0].at.start..link[link.len() - 1].at.end;
        (bytes, link.iter().map(|g| g.c).collect())
    };
    whole.into_iter().map(|link| told(&glyphs[link])).collect()
}

/// A word of Latin letters.
pub(super) struct Word {
    letters: String,
    /// Spelt letter by letter: where such a word ends and the next begins is unknown.
    spelt: bool,
}

impl Word {
    fn is(&self, word: &str) -> bool {
        if self.spelt { self.letters.contains(word) } else { self.letters == word }
    }

    pub(super) fn is_one_of(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(word))
    }
}

/// The words in Latin letters, in order; single letters in a row count as one spelt word.
pub(super) fn words(glyphs: &[Glyph]) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    for run in glyphs.split(|g| !g.c.is_ascii_alphabetic()).filter(|run| !run.is_empty()) {
        let letters: String = run.iter().map(|g| g.c).collect();
        match words.last_mut() {
            Some(last) if last.spelt && run.len() == 1 => last.letters.push_str(&letters),
            _ => words.push(Word { letters, spelt: run.len() == 1 }),
        }
    }
    words
}

/// `3000 块`, `三千元`, `$5000`, `5000€`: a text that names a price asks for payment.
fn names_a_sum(glyphs: &[Glyph]) -> bool {
    let solid: Vec<char> = glyphs.iter().map(|g| g.c).filter(|c| !c.is_whitespace()).collect();
    let counts = |c: char| c.is_numeric() || "两几百千万".contains(c);
    let sign = |c: char| "$€£¥￥₿".contains(c);
    solid.windows(2).any(|two| {
        (counts(two[0]) && ("元圆块".contains(two[1]) || sign(two[1]))) || (sign(two[0]) && counts(two[1]))
    })
}

/// `@helper99`: an account of any messenger.
fn names_an_account(glyphs: &[Glyph]) -> bool {
    const SHORTEST: usize = 3;
    let in_name = |g: &&Glyph| g.c.is_ascii_alphanumeric() || g.c == '_';
    let named = |at: usize| glyphs[at + 1..].iter().take_while(in_name).count() >= SHORTEST;
    (0..glyphs.len()).any(|at| glyphs[at].c == '@' && named(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_in_either_language_and_in_any_dress() {
        for text in [
            "I have your daughter. Send 5000 dollars in bitcoin first",
            "pay first",
            "PAY FIRST",
            "ｐａｙ first",
            "p a y first",
            "p.a.y first",
            "i  p-a-y you",
            "send me a gift card",
            "send $5000",
            "5000€ and she is yours",
            "5000USD",
            "USDT only",
            "there is a fee",
            "by Western Union",
            "三千元",
            "3000 块",
            "￥3000",
            "请先付款",
            "支 付 宝",
            "先转账",
        ] {
            assert!(wants(text).money, "{text}");
        }
    }

    #[test]
    fn who_calls_a_notice_false_is_understood() {
        for text in ["这条是假的，发布人是骗子", "我 是 本 人", "It's a hoax", "ＦＡＫＥ", "s c a m"]
        {
            assert!(calls_it_false(text), "{text}");
        }
        for text in ["好像是我的", "在东门看到过她", "放假前一天", "I saw it near the fraternity house"]
        {
            assert!(!calls_it_false(text), "{text}");
        }
    }

    #[test]
    fn a_way_to_be_reached_elsewhere_is_found() {
        for text in [
            "call me on telegram @helper99 to get her",
            "write to @helper99",
            "＠helper99",
            "add me on WhatsApp",
            "we chat? no: wechat",
            "t e l e g r a m",
            "13800138000",
            "evil.example/x",
        ] {
            assert!(wants(text).contact, "{text}");
        }
    }

    #[test]
    fn honest_tips_want_nothing() {
        for text in [
            "She walked down Payne Street towards the Cashmere Mall",
            "I saw her by the European bakery, feeding pigeons",
            "A girl in a Euroline coat took the bus at 9:40",
            "在人民公园东门看到她，往北走了",
            "捡到一个钱包，在车队失物招领处",
            "a b c is what he kept saying",
            "seen @ 9:40 near the bridge",
        ] {
            assert_eq!(wants(text), Wants::default(), "{text}");
        }
    }

    #[test]
    fn links_are_told_as_they_are_read() {
        assert_eq!(links("看ＨＴＴＰ://72-help.top/n/1。"), [(3..33, "http://72-help.top/n/1".to_owned())]);
        assert_eq!(links("编号 00000-00012"), []);
    }
}
