//! What the API's description says, in the reader's language. Its English stands beside the code that it describes;
//! its Chinese in a table, a sentence a line, because there is no key but the sentence itself.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::Value;

use crate::domain::language::Language;

/// A paragraph in English, a tab, the same in Chinese.
static CHINESE: LazyLock<BTreeMap<&str, &str>> = LazyLock::new(|| {
    include_str!("../../../assets/i18n/api.zh-CN.tsv")
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .collect()
});

/// Puts everything that the description says into the reader's language; names and codes stay as they are.
pub fn tell(description: &mut Value, language: Language) {
    each(description, &mut |said| {
        let paragraphs = paragraphs(said);
        let told = paragraphs.iter().map(|english| match language {
            Language::ZhCn => CHINESE.get(&**english).copied().unwrap_or(english),
            Language::En => english,
        });
        told.collect::<Vec<_>>().join("\n")
    });
}

/// The paragraphs of a description on one line each. What can go wrong is told by the answers.
fn paragraphs(said: &str) -> Vec<String> {
    let said = said.split("# Errors").next().unwrap_or_default();
    let lines = said.split("\n\n").map(|lines| lines.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.filter(|paragraph| !paragraph.is_empty()).collect()
}

/// Changes every text of a description that is for people.
fn each(value: &mut Value, change: &mut impl FnMut(&str) -> String) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| each(item, change)),
        Value::Object(members) => {
            for (name, member) in members {
                match (name.as_str(), &mut *member) {
                    ("summary" | "description", Value::String(said)) => *said = change(said),
                    ("tags", Value::Array(tags)) => {
                        for tag in tags {
                            *tag = Value::String(change(tag.as_str().unwrap_or_default()));
                        }
                    }
                    _ => each(member, change),
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn everything_is_said_in_both_languages_and_nothing_else() {
        let mut description = crate::web::openapi::document().clone();
        let mut said = BTreeSet::new();
        for part in ["paths", "components"] {
            each(&mut description[part], &mut |english| {
                said.extend(paragraphs(english));
                String::new()
            });
        }
        // A code alone reads the same everywhere.
        said.retain(|said: &String| {
            said.split('`').step_by(2).any(|between| between.contains(char::is_alphabetic))
        });
        let english: Vec<&String> =
            said.iter().filter(|english| !CHINESE.contains_key(&***english)).collect();
        assert_eq!(english, [""; 0], "in English alone");
        let gone: Vec<&&str> = CHINESE.keys().filter(|english| !said.contains(**english)).collect();
        assert_eq!(gone, [&""; 0], "nobody says it any more");
        let is_chinese = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
        for (english, chinese) in &*CHINESE {
            assert!(chinese.contains(is_chinese), "{english}: {chinese}");
        }
    }
}
