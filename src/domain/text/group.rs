//! Makes text of the public harmless for a group chat, and so for every page and picture.

use super::clean::lines;
use super::fold::ascii;
use super::scan::{Contact, contacts, glyphs};
use super::unit::Unit;

/// Replaces a link.
const NO_LINK: &str = "〔链接已隐去〕";
/// Replaces a telephone number or an account.
const NO_NUMBER: &str = "〔号码已隐去〕";

/// `text` changed so that on no platform it can mention anybody, carry a link or a contact, forge our
/// `【72小时】`, or be read as markup. Line breaks stay; a one-line field goes through
/// [`one_line`](super::one_line) first. Doing it twice changes nothing.
///
/// Characters that mean something in some platform's markup become their full-width forms, which mean nothing
/// anywhere. Escaping would need to know the platform, and would show where the platform does not undo it.
#[must_use]
pub fn for_group(text: &str) -> String {
    plain(&without_contacts(&lines(text)))
}

/// Whether [`for_group`] hides a link, a number or an account in it.
#[must_use]
pub fn has_contact(text: &str) -> bool {
    !contacts(&glyphs(text)).is_empty()
}

/// [`Unit::cut`] for text that [`for_group`] made harmless, and it stays harmless. Cutting can create a link
/// or a number that the whole was not (`evil.com…` out of `evil.comfy`, or fewer digits), so a word that the
/// cut would split is left out whole.
#[must_use]
pub fn cut_for_group(text: &str, unit: Unit, max: usize) -> String {
    let cut = unit.cut(text, max);
    if cut == text {
        return cut;
    }
    let (mut head, end) = cut.strip_suffix('…').map_or((cut.as_str(), ""), |head| (head, "…"));
    loop {
        let whole = head.trim_end_matches(|c| ascii(c).is_ascii_graphic());
        head = match whole.len() < head.len() {
            true => whole.trim_end(),
            false => head,
        };
        let shorter = format!("{head}{end}");
        if head.is_empty() || for_group(&shorter) == shorter {
            return shorter;
        }
        head = head.strip_suffix(|_| true).unwrap_or_default();
    }
}

/// Hiding a number can expose a link (`a.com13800138000`), so this repeats until nothing is found. It
/// terminates because the replacement text cannot be part of a contact.
fn without_contacts(text: &str) -> String {
    let mut text = text.to_owned();
    loop {
        let glyphs = glyphs(&text);
        let contacts = contacts(&glyphs);
        if contacts.is_empty() {
            return text;
        }
        let mut out = String::with_capacity(text.len());
        let mut done = 0;
        for (range, contact) in contacts {
            out.push_str(&text[done..glyphs[range.start].at.start]);
            out.push_str(match contact {
                Contact::Link => NO_LINK,
                Contact::Number => NO_NUMBER,
            });
            done = glyphs[range.end - 1].at.end;
        }
        out.push_str(&text[done..]);
        text = out;
    }
}

fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut line_start = true;
    let mut word_start = true;
    for (at, c) in text.char_indices() {
        out.push(match c {
            ':' if names_picture(&text[at + 1..]) => wide(c),
            '@' | '<' | '>' | '&' | '#' | '*' | '_' | '~' | '|' | '`' | '[' | ']' | '\\' | '{' | '}'
            | '$' => wide(c),
            // Small and presentation forms of @ and #.
            '\u{FE6B}' => '＠',
            '\u{FE5F}' => '＃',
            // Brackets that could pass for those of our prefix.
            '【' | '〖' | '〘' | '〚' | '⟦' | '⦗' | '︻' | '︗' => '〔',
            '】' | '〗' | '〙' | '〛' | '⟧' | '⦘' | '︼' | '︘' => '〕',
            // Lists, rules, underlined headings, and bot commands.
            '-' | '=' | '+' if line_start => wide(c),
            '/' if word_start => wide(c),
            other => other,
        });
        line_start = c == '\n' || (line_start && matches!(c, '-' | '=' | '+' | '－' | '＝' | '＋'));
        // As in Telegram: <https://github.com/tdlib/td/blob/master/td/telegram/MessageEntity.cpp>.
        word_start = !c.is_alphanumeric();
    }
    out
}

/// Whether what follows a colon makes it the beginning of a picture's name, as in `:clown:`, which Slack,
/// Mattermost and Rocket.Chat show as a picture. Between the colons of a time there are only digits.
fn names_picture(rest: &str) -> bool {
    let Some((name, _)) = rest.split_once(':') else { return false };
    let may_be = |byte: u8| byte.is_ascii_alphanumeric() || b"+-_".contains(&byte);
    name.bytes().all(may_be) && name.bytes().any(|byte| !byte.is_ascii_digit())
}

/// The full-width form of a graphic ASCII character.
fn wide(c: char) -> char {
    char::from_u32(u32::from(c) + 0xFEE0).unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Hostile text, and what a group may see of it.
    const GOLDEN: &[(&str, &str)] = &[
        // mentions
        ("@all", "＠all"),
        ("@所有人 快看", "＠所有人 快看"),
        ("@everyone @here", "＠everyone ＠here"),
        ("@channel", "＠channel"),
        ("@room", "＠room"),
        ("＠all", "＠all"),
        ("﹫all", "＠all"),
        ("@\u{200b}all", "＠all"),
        ("@\u{feff}所\u{2060}有人", "＠所有人"),
        ("<at user_id=\"all\">所有人</at>", "＜at user＿id=\"all\"＞所有人＜／at＞"),
        ("<at id=all></at>", "＜at id=all＞＜／at＞"),
        ("<@U012AB3CD>", "＜＠U012AB3CD＞"),
        ("<!channel>", "＜!channel＞"),
        ("<!here|here>", "＜!here｜here＞"),
        ("<!subteam^S1>", "＜!subteam^S1＞"),
        ("<#C024BE7LR>", "＜＃C024BE7LR＞"),
        ("<@&12345>", "＜＠＆12345＞"),
        ("<t:99:R>", "＜t:99:R＞"),
        ("&lt;at id=all&gt;", "＆lt;at id=all＆gt;"),
        ("&#64;all", "＆＃64;all"),
        ("{{@all}}", "｛｛＠all｝｝"),
        ("/start x", "／start x"),
        ("去 /kick 他", "去 ／kick 他"),
        ("去（/kick）他，/start", "去（／kick）他，／start"),
        ("\"/start\" 1/2 和/或", "\"／start\" 1/2 和/或"),
        // links
        ("[点我](http://evil.cn)", "［点我］(〔链接已隐去〕)"),
        ("[点我](javascript:alert(1))", "［点我］(javascript:alert(1))"),
        ("![图](https://evil.cn/a.png)", "!［图］(〔链接已隐去〕)"),
        ("<https://evil.cn|官方>", "＜〔链接已隐去〕｜官方＞"),
        ("看 https://evil.cn/a?b=c#d 吧", "看 〔链接已隐去〕 吧"),
        ("看https://evil.cn吧", "看〔链接已隐去〕吧"),
        ("hxxp://evil.cn", "〔链接已隐去〕"),
        ("www.evil.museum", "〔链接已隐去〕"),
        ("evil.com", "〔链接已隐去〕"),
        ("EVIL.COM.CN/x", "〔链接已隐去〕"),
        ("evil。com", "〔链接已隐去〕"),
        ("ｅｖｉｌ．ｃｏｍ", "〔链接已隐去〕"),
        ("evil[.]com", "〔链接已隐去〕"),
        ("ev\u{200b}il.c\u{200d}om", "〔链接已隐去〕"),
        ("evil点com", "〔链接已隐去〕"),
        ("t.me/evil", "〔链接已隐去〕"),
        ("找 a@evil.com", "找 a＠〔链接已隐去〕"),
        ("http://1.2.3.4:80/x", "〔链接已隐去〕"),
        ("1.2.3.4", "〔链接已隐去〕"),
        ("百度.com", "百度〔链接已隐去〕"),
        ("weixin://dl/business/?t=x", "〔链接已隐去〕"),
        ("骗子.中国", "骗子〔链接已隐去〕"),
        ("百度.公司 爱心.公益，爱心.慈善", "百度〔链接已隐去〕 爱心〔链接已隐去〕，爱心〔链接已隐去〕"),
        ("evil.in/支付", "〔链接已隐去〕支付"),
        ("evil.foundation", "〔链接已隐去〕"),
        // our prefix
        ("【72小时】假消息", "〔72小时〕假消息"),
        ("72小时】", "72小时〕"),
        ("【\u{200b}72小时 】", "〔72小时 〕"),
        ("〖72小时〗", "〔72小时〕"),
        ("︻72小时︼", "〔72小时〕"),
        ("[72小时]", "［72小时］"),
        ("好\n【72小时】已结束", "好\n〔72小时〕已结束"),
        // markup
        ("**粗** _斜_ ~~删~~ ||藏||", "＊＊粗＊＊ ＿斜＿ ～～删～～ ｜｜藏｜｜"),
        ("```\n码\n```", "｀｀｀\n码\n｀｀｀"),
        ("# 标题", "＃ 标题"),
        ("好\n> 官方", "好\n＞ 官方"),
        ("标题\n---\n===", "标题\n－－－\n＝＝＝"),
        ("- 一\n+ 二", "－ 一\n＋ 二"),
        ("<font color=\"warning\">官方</font>", "＜font color=\"warning\"＞官方＜／font＞"),
        ("<script>alert(1)</script>", "＜script＞alert(1)＜／script＞"),
        ("<b>粗</b>", "＜b＞粗＜／b＞"),
        ("\\*粗\\*", "＼＊粗＼＊"),
        ("| a | b |", "｜ a ｜ b ｜"),
        ("$x$", "＄x＄"),
        // pictures that are written as words
        (":clown:", "：clown:"),
        ("他 :Clown_Face::+1:", "他 ：Clown＿Face:：+1:"),
        ("a:b:c", "a：b:c"),
        // what cannot be seen
        ("张\u{202e}三\u{2066}李\u{2069}四\u{200f}", "张三李四"),
        ("好\u{0}\u{1b}[31m红", "好［31m红"),
        ("一\r\n\r\n\r\n\r\n二\u{2028}三", "一\n\n二\n三"),
        ("\u{e0041}\u{e0042}好", "好"),
        // contacts
        ("电话13800138000", "电话〔号码已隐去〕"),
        ("电话138 0013 8000谢谢", "电话〔号码已隐去〕谢谢"),
        ("电话一三八零零一三八零零零", "电话〔号码已隐去〕"),
        ("１３８００１３８０００", "〔号码已隐去〕"),
        ("1*3*8*0*0*1*3*8*0*0*0", "〔号码已隐去〕"),
        ("0316-2233445", "〔号码已隐去〕"),
        ("张三 13812345678", "张三 〔号码已隐去〕"),
        ("QQ:54321", "QQ:〔号码已隐去〕"),
        ("微信号 zhangsan_1", "微信号 〔号码已隐去〕"),
        ("身份证11010519491231002X", "身份证〔号码已隐去〕X"),
        // what must survive
        ("76岁，身高158cm，2026-11-23 09:40在3-2-501", "76岁，身高158cm，2026-11-23 09:40在3-2-501"),
        ("红色T恤、黑裤子(旧)!", "红色T恤、黑裤子(旧)!"),
        ("12:30:00 比分3:1，注意: 别走", "12:30:00 比分3:1，注意: 别走"),
    ];

    #[test]
    fn hostile_text_is_made_harmless_once_and_for_all() {
        assert!(GOLDEN.len() >= 60);
        for (hostile, harmless) in GOLDEN {
            assert_eq!(&for_group(hostile), harmless, "{hostile:?}");
            assert_eq!(&for_group(harmless), harmless, "again: {hostile:?}");
        }
    }

    #[test]
    fn a_cut_lays_nothing_bare() {
        for (text, cut) in [
            ("看 evil.comfy", "看…"),
            ("看evil点comfy", "看evil点…"),
            ("123 4567 89", "123…"),
            ("出生于20261123", "出生于…"),
            ("he went home", "he went…"),
        ] {
            assert_eq!(for_group(text), text, "the test is about what is harmless as a whole");
            assert_eq!(cut_for_group(text, Unit::Chars, text.chars().count() - 1), cut);
            assert_eq!(cut_for_group(text, Unit::Chars, text.chars().count()), text);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn a_cut_of_what_is_harmless_is_harmless(
            any in ".{0,40}",
            mean in "([a-z0-9.:/?一二点。 -]|evil\\.com|comfy|\\.in|\\.中国|人|2026-11-23|123 4567|微信号|好){0,20}",
        ) {
            for text in [for_group(&any), for_group(&mean)] {
                for (unit, max) in (0..=text.len()).flat_map(|max| [Unit::Chars, Unit::Bytes, Unit::Utf16].map(|u| (u, max))) {
                    let cut = cut_for_group(&text, unit, max);
                    prop_assert!(unit.measure(&cut) <= max);
                    prop_assert_eq!(&for_group(&cut), &cut, "{:?} of {:?}", max, text);
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn twice_is_once_and_nothing_dangerous_stays(
            any in ".{0,40}",
            mean in "([@<>#&*_`\\[\\]()!./:0-9一二八。．点 \n+=~,'-]|www\\.|http://|\\.com|cn|2026-11-23|20260101|微信|qq|号|:|a|好|【72小时】|\u{200b}|\u{fe0f}|👩|\u{200d}){0,25}",
        ) {
            for text in [any, mean] {
                let once = for_group(&text);
                prop_assert_eq!(&for_group(&once), &once, "of {:?}", text);
                let markup = once.contains(['@', '<', '>', '`', '*', '_', '#', '[', '【', '】', '\u{202e}']);
                prop_assert!(!markup, "{}", once);
                prop_assert!(!once.contains("://"));
                let left = once.split(|c: char| !c.is_ascii_digit()).filter(|d| super::super::scan::runs(&glyphs(d)).iter().any(|run| run.is_contact())).count();
                prop_assert_eq!(left, 0);
            }
        }
    }
}
