//! Every sentence is there in both languages, and everybody has one word.

use std::collections::{BTreeMap, BTreeSet};

use seventytwo::domain::language::Language;
use seventytwo::language::has;

use super::composed::{IF_ANY, composed, patterns};
use super::{files, read, sources};
use crate::{Test, alone};

/// The tests of this file.
pub const TESTS: &[Test] = &[
    alone!(both_languages_say_the_same),
    alone!(every_sentence_asked_for_is_there),
    alone!(every_sentence_that_a_name_may_ask_for_is_there),
    alone!(everybody_has_one_word_in_chinese),
];

/// The keys of one file of sentences, each with its placeholders.
fn sentences(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut key = None;
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if let Some((name, _)) = line.split_once(" =")
            && name.starts_with(|c: char| c.is_ascii_lowercase())
            && !name.contains(' ')
        {
            key = Some(name.to_owned());
        }
        let Some(key) = &key else { continue };
        let values = line.split('$').skip(1).map(|rest| {
            rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "_-".contains(*c)).collect::<String>()
        });
        found.entry(key.clone()).or_default().extend(values);
    }
    found
}

async fn both_languages_say_the_same() {
    let chinese = files("assets/i18n/zh-CN");
    let english: Vec<String> = files("assets/i18n/en");
    let tails = |files: &[String], folder: &str| -> Vec<String> {
        files.iter().map(|f| f.strip_prefix(folder).unwrap().to_owned()).collect()
    };
    assert_eq!(tails(&chinese, "assets/i18n/zh-CN"), tails(&english, "assets/i18n/en"));
    for (zh, en) in chinese.iter().zip(&english) {
        let (zh, en) = (sentences(&read(zh)), sentences(&read(en)));
        assert!(!zh.is_empty());
        assert_eq!(zh.keys().collect::<Vec<_>>(), en.keys().collect::<Vec<_>>());
        for (key, values) in &zh {
            assert_eq!(values, &en[key], "{key} sets other values into its sentences");
        }
    }
}

async fn every_sentence_asked_for_is_there() {
    let askers = [".t(\"", ".t1(\"", ".tn(\"", "text(language, \"", "text_with(language, \""];
    let templates = files("assets/templates").into_iter().map(|path| (read(&path), path));
    let code = sources("src").into_iter().filter(|f| !f.is_test()).map(|f| (f.code, f.path));
    let mut asked = 0;
    for (text, path) in templates.chain(code) {
        let squeezed = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for asker in askers {
            for key in squeezed.split(asker).skip(1).filter_map(|rest| rest.split('"').next()) {
                asked += 1;
                for language in [Language::ZhCn, Language::En] {
                    assert!(has(language, key), "{path} asks for {key}, which {} lacks", language.as_str());
                }
            }
        }
    }
    assert!(asked > 100, "only {asked} sentences were found");
}

async fn every_sentence_that_a_name_may_ask_for_is_there() {
    let templates = files("assets/templates").into_iter().map(|path| read(&path));
    let code = sources("src").into_iter().filter(|f| !f.is_test()).map(|f| f.code);
    let asked: BTreeSet<String> = templates.chain(code).flat_map(|text| patterns(&text)).collect();
    let table = composed();
    let known = table.iter().map(|(pattern, _)| *pattern).chain(IF_ANY).map(str::to_owned).collect();
    assert_eq!(asked, known, "the patterns of the program, and those of tidy::composed");
    let there: BTreeSet<String> =
        files("assets/i18n/zh-CN").iter().flat_map(|path| sentences(&read(path)).into_keys()).collect();
    let ends = |pattern: &str| {
        let (head, tail) = pattern.split_once("{}").unwrap();
        (head.to_owned(), tail.replace("-{}", ""))
    };
    let mut lacking = Vec::new();
    for (pattern, names) in table {
        let (head, tail) = ends(pattern);
        assert!(!names.is_empty(), "{pattern} has no names");
        let keys = names.iter().map(|name| format!("{head}{name}{tail}"));
        lacking.extend(keys.filter(|key| !there.contains(key)));
    }
    assert_eq!(lacking, Vec::<String>::new(), "what a name asks for");
    for pattern in IF_ANY {
        let (head, tail) = ends(pattern);
        let said = there.iter().any(|key| key.starts_with(&head) && key.ends_with(&tail));
        assert!(said, "nothing is said by {pattern}");
    }
}

/// The Chinese word for each role, and words that must not be used for it.
const CALLED: &[(&str, &[&str])] = &[
    ("发布人", &["提交人", "提交者", "发布者", "报送人", "报告人", "上报人"]),
    ("志愿者", &["审核员", "审核人", "自愿者"]),
    ("组长", &["审核组长", "小组长"]),
    ("群主", &["群管理员", "群组管理员"]),
    ("运营者", &["运维", "运营人员", "运营方", "操作员"]),
];

async fn everybody_has_one_word_in_chinese() {
    let mut places = files("assets/i18n/zh-CN");
    places.extend(["assets/i18n/api.zh-CN.tsv", "README.zh-CN.md"].map(str::to_owned));
    let texts: Vec<(String, String)> = places.into_iter().map(|path| (read(&path), path)).collect();
    for (word, others) in CALLED {
        assert!(texts.iter().any(|(text, _)| text.contains(word)), "nobody says {word}");
        for (text, path) in &texts {
            for line in text.lines() {
                let other = others.iter().find(|other| line.contains(**other));
                assert_eq!(other, None, "{path} should say {word}: {line}");
            }
        }
    }
}
