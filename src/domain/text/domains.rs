//! Which endings turn two words with a dot between them into a link.

use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Every top-level domain: chat programs turn them all into links.
static ENDINGS: LazyLock<BTreeSet<&str>> = LazyLock::new(|| {
    let lines = include_str!("../../../assets/endings.txt").lines();
    lines.filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace).collect()
});
/// Top-level domains that always count, however they are written. With the others the word after the dot may
/// begin a sentence whose space was forgotten (`home.It was late`), or the whole may be a name (`Li.Na`); no
/// chat program takes those for links.
const DOMAINS: &[&str] = &[
    "academy", "ae", "agency", "ai", "app", "ar", "asia", "au", "bar", "be", "bet", "bid", "bio", "biz",
    "blog", "br", "buzz", "ca", "cafe", "casa", "casino", "cc", "cf", "cfd", "ch", "chat", "cl", "click",
    "cloud", "club", "cn", "co", "com", "cx", "cyou", "cz", "de", "dev", "digital", "dk", "edu", "ee",
    "email", "es", "eu", "example", "exchange", "finance", "fr", "fun", "fyi", "ga", "games", "gd", "gg",
    "gl", "gov", "gq", "gr", "group", "hk", "host", "hu", "icu", "ie", "il", "im", "info", "ink", "int",
    "invalid", "io", "ir", "jp", "ke", "kg", "kim", "kp", "kr", "kz", "la", "lat", "life", "link", "live",
    "loan", "lol", "lt", "ltd", "lu", "lv", "ly", "me", "media", "men", "mil", "ml", "mn", "mo", "mobi",
    "monster", "mov", "mp", "museum", "mx", "net", "network", "news", "ng", "ninja", "nl", "nu", "nz",
    "onion", "online", "org", "page", "ph", "pics", "pk", "pl", "press", "pro", "promo", "pt", "pub", "pw",
    "red", "ren", "ro", "ru", "sa", "sbs", "se", "sg", "sh", "shop", "si", "site", "sk", "social", "space",
    "store", "stream", "studio", "su", "sx", "systems", "tech", "tel", "th", "tk", "to", "top", "tr", "tv",
    "tw", "ua", "uk", "us", "uz", "vc", "vip", "vn", "vu", "wang", "webcam", "website", "wiki", "win",
    "work", "ws", "wtf", "xin", "xxx", "xyz", "za", "zip", "zone",
];
/// Those that also count after a disguised dot, where the others would too often be an ordinary word.
pub(super) const PLAIN_DOMAINS: &[&str] =
    &["cc", "cn", "com", "gov", "icu", "info", "net", "org", "shop", "top", "vip", "xyz"];
/// Chinese top-level domains that count after Latin letters, whatever follows.
pub(super) const CHINESE_DOMAINS: &[&str] = &[
    "中国",
    "公司",
    "公益",
    "慈善",
    "机构",
    "网络",
    "网站",
    "网址",
    "网店",
    "商城",
    "集团",
    "在线",
    "中文网",
];
/// Abbreviations that end in a dot: `Mr.Wang` is a person, `Co.Ltd` a company.
const TITLES: &[&str] = &["co", "dr", "miss", "mr", "mrs", "ms", "prof"];

/// Whether a lower-case label is a top-level domain; those in other scripts begin with `xn--`. `named` says
/// that it was capitalised like a name.
pub(super) fn is_domain(label: &str, named: bool) -> bool {
    DOMAINS.contains(&label)
        || (ENDINGS.contains(label) && !named)
        || label.strip_prefix("xn--").is_some_and(|rest| !rest.is_empty())
}

/// Whether a lower-case label is a top-level domain in a non-Latin script.
pub(super) fn is_foreign_domain(label: &str) -> bool {
    !label.is_ascii() && ENDINGS.contains(label)
}

/// Whether the word before a dot is one of these abbreviations.
pub(super) fn is_title(word: impl Iterator<Item = char> + Clone) -> bool {
    TITLES.iter().any(|title| word.clone().eq(title.chars()))
}
