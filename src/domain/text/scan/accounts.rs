//! Accounts of messengers.

use std::ops::Range;

use super::{Glyph, starts_with};

/// Names of messengers, after which an account follows.
const MESSENGERS: &[&str] = &[
    "微信",
    "薇信",
    "威信",
    "weixin",
    "wechat",
    "vx",
    "wx",
    "v信",
    "qq",
    "扣扣",
    "企鹅",
    "telegram",
    "抖音",
    "douyin",
    "快手",
    "小红书",
    "whatsapp",
    "skype",
    "加v",
    "+v",
    "+ v",
    "加微",
    "加薇",
    "加威",
    "加我",
    "私我",
    "威",
    "薇",
];

/// Hearts, faces and arrows, which are put into a name to hide it.
fn is_picture(c: char) -> bool {
    matches!(c, '\u{2190}'..='\u{2BFF}' | '\u{1F300}'..='\u{1FAFF}')
}

/// Accounts given after a messenger's name (`微信号：abc123`), as ranges of glyphs.
pub(super) fn accounts(glyphs: &[Glyph]) -> Vec<Range<usize>> {
    (0..glyphs.len())
        .filter_map(|i| {
            let name = MESSENGERS.iter().find(|name| starts_with(&glyphs[i..], name))?;
            if i > 0 && glyphs[i - 1].c.is_ascii_alphanumeric() && name.is_ascii() {
                return None;
            }
            let after = i + name.chars().count();
            let between = glyphs[after..].iter().take(5).take_while(|g| {
                matches!(g.c, ':' | ' ' | '号' | '码' | '是' | '为' | '=' | '群' | '加' | '-' | '+')
                    || is_picture(g.c)
            });
            let start = after + between.clone().count();
            let told = between.clone().any(|g| matches!(g.c, ':' | '号' | '是' | '为' | '=' | '加'));
            let account = glyphs[start..]
                .iter()
                .take_while(|g| g.c.is_ascii_alphanumeric() || matches!(g.c, '_' | '-'));
            let long = account.clone().count();
            let numbered = account.clone().any(|g| g.c.is_ascii_digit());
            // 威 and 薇 end names: 王薇 158cm, 李薇2026-11-23.
            let of_name = name.chars().count() == 1;
            let fits =
                if of_name { numbered && glyphs[start].c.is_ascii_alphabetic() } else { told || numbered };
            (long >= 5 && fits).then(|| start..start + long)
        })
        .collect()
}
