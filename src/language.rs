//! Every sentence a person reads, by key, in both languages, from `assets/i18n/`.
//!
//! A missing key is a bug: the page shows the key itself, and `tests/it/tidy/` fails.

use std::sync::LazyLock;

use chrono::{DateTime, Datelike, Utc};
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::langid;

use crate::domain::language::Language;
use crate::domain::zone::BEIJING;

type Bundle = FluentBundle<FluentResource>;

macro_rules! files {
    ($tag:literal) => {
        &[
            include_str!(concat!("../assets/i18n/", $tag, "/accounts.ftl")),
            include_str!(concat!("../assets/i18n/", $tag, "/broadcast.ftl")),
            include_str!(concat!("../assets/i18n/", $tag, "/demo.ftl")),
            include_str!(concat!("../assets/i18n/", $tag, "/groups.ftl")),
            include_str!(concat!("../assets/i18n/", $tag, "/intake.ftl")),
            include_str!(concat!("../assets/i18n/", $tag, "/pages.ftl")),
            include_str!(concat!("../assets/i18n/", $tag, "/poster.ftl")),
            include_str!(concat!("../assets/i18n/", $tag, "/review.ftl")),
            include_str!(concat!("../assets/i18n/", $tag, "/web.ftl")),
        ]
    };
}

static ZH_CN: LazyLock<Bundle> = LazyLock::new(|| bundle(langid!("zh-CN"), files!("zh-CN")));
static EN: LazyLock<Bundle> = LazyLock::new(|| bundle(langid!("en"), files!("en")));

fn bundle(id: unic_langid::LanguageIdentifier, files: &[&str]) -> Bundle {
    let mut bundle = FluentBundle::new_concurrent(vec![id]);
    // Isolation marks are for mixed-direction text; group chats show them as boxes.
    bundle.set_use_isolating(false);
    for file in files {
        let resource = FluentResource::try_new((*file).to_owned())
            .unwrap_or_else(|(_, errors)| panic!("assets/i18n does not parse: {errors:?}"));
        if let Err(errors) = bundle.add_resource(resource) {
            panic!("assets/i18n has a key twice: {errors:?}");
        }
    }
    bundle
}

/// One value for a placeholder in a sentence.
pub type Arg<'a> = (&'a str, FluentValue<'a>);

/// The sentence under `key`.
pub fn text(language: Language, key: &str) -> String {
    text_with(language, key, &[])
}

/// The sentence under `key` with these values filled in.
pub fn text_with(language: Language, key: &str, args: &[Arg<'_>]) -> String {
    let bundle = match language {
        Language::ZhCn => &*ZH_CN,
        Language::En => &*EN,
    };
    let Some(pattern) = bundle.get_message(key).and_then(|m| m.value()) else {
        tracing::error!(key, language = language.as_str(), "no such sentence");
        return key.to_owned();
    };
    let mut set = FluentArgs::new();
    for (name, value) in args {
        set.set(*name, value.clone());
    }
    let mut errors = Vec::new();
    let sentence = bundle.format_pattern(pattern, Some(&set), &mut errors).into_owned();
    if !errors.is_empty() {
        tracing::error!(key, ?errors, "a sentence lacks a value");
    }
    sentence
}

/// Sentences of one language.
#[derive(Clone, Copy, Debug)]
pub struct Words(pub Language);

impl Words {
    /// The sentence under `key`.
    pub fn of(self, key: &str) -> String {
        text(self.0, key)
    }

    /// The sentence under `key` with its values.
    pub fn with(self, key: &str, args: &[Arg<'_>]) -> String {
        text_with(self.0, key, args)
    }

    /// The sentence under `key` about a time, with what that is called in Beijing: `year`, `month`, `day`,
    /// `weekday` and `time`.
    pub fn moment(self, key: &str, at: DateTime<Utc>) -> String {
        let at = at.with_timezone(&BEIJING);
        let month = self.of(&format!("month-{}", at.month()));
        let weekday = self.of(&format!("weekday-{}", at.weekday().number_from_monday()));
        self.with(
            key,
            &[
                ("year", at.year().to_string().into()),
                ("month", month.into()),
                ("day", at.day().into()),
                ("weekday", weekday.into()),
                ("time", at.format("%H:%M").to_string().into()),
            ],
        )
    }

    /// What goes between two sentences: nothing in Chinese, where the full stop brings its own space.
    pub const fn gap(self) -> &'static str {
        match self.0 {
            Language::ZhCn => "",
            Language::En => " ",
        }
    }
}

/// Whether the language has that sentence.
pub fn has(language: Language, key: &str) -> bool {
    match language {
        Language::ZhCn => ZH_CN.has_message(key),
        Language::En => EN.has_message(key),
    }
}

/// Parses both languages at start, so that a fault in them stops the start rather than the first reader.
pub fn check() {
    LazyLock::force(&ZH_CN);
    LazyLock::force(&EN);
}

#[cfg(test)]
mod tests {
    #[test]
    fn both_languages_parse() {
        super::check();
    }
}
