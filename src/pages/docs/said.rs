//! The texts of the API's description in the reader's language. The English is written beside the code that
//! it describes. The Chinese is in a table, one sentence a line, whose keys are the English sentences.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::Value;

use crate::domain::language::Language;

/// The Chinese of each English paragraph; in the file the two are separated by a tab.
static CHINESE: LazyLock<BTreeMap<&str, &str>> = LazyLock::new(|| {
    include_str!("../../../assets/i18n/api.zh-CN.tsv")
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .collect()
});

/// Translates every text of the description; names and codes stay as they are.
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

/// The paragraphs of a description, each on one line. The `# Errors` section is left out, because the answers
/// list what can go wrong.
fn paragraphs(said: &str) -> Vec<String> {
    let said = said.split("# Errors").next().unwrap_or_default();
    let lines = said.split("\n\n").map(|lines| lines.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.filter(|paragraph| !paragraph.is_empty()).collect()
}

/// Changes every human-readable text of a description.
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
        // A text that is only a code reads the same in every language.
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
