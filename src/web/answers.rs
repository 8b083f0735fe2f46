//! What a platform's answer means, in words for the admin of the group: of a message that was refused just now,
//! and of an attempt in the delivery log.

use crate::domain::delivery::{EndedAs, Refusal};
use crate::domain::group::Platform;
use crate::domain::language::Language;
use crate::language::{has, text, text_with};

/// A platform's refusal: what it said, what that means, and what to do.
pub fn refused(refusal: &Refusal, language: Language) -> String {
    // This code stands for four faults, and only the platform's text tells which.
    let vague = refusal.platform == Platform::Dingtalk && refusal.code.as_deref() == Some("310000");
    let code = refusal.code.as_deref().filter(|_| !(vague && refusal.fault.is_some()));
    let means = code.and_then(|code| meaning(language, refusal.platform, code));
    // Nothing retries this by itself; only the reader does.
    let passes = matches!(refusal.ended, EndedAs::Slow | EndedAs::Retry);
    let words = match (means, refusal.fault) {
        (Some(words), _) if passes => text_with(language, "groups-try-later-for", &[("words", words.into())]),
        (Some(words), _) => words,
        (None, Some(fault)) => text(language, &format!("fault-{}", fault.as_str())),
        (None, None) if passes => text(language, "groups-try-later"),
        (None, None) => outcome_words(language, refusal.ended),
    };
    match &refusal.code {
        Some(code) => {
            text_with(language, "groups-code", &[("code", code.as_str().into()), ("words", words.into())])
        }
        None => words,
    }
}

/// What a code in the delivery log means, where it is known.
fn meaning(language: Language, platform: Platform, code: &str) -> Option<String> {
    // A code within a code ("11246/200621") means what the outer one means.
    let outer = code.split('/').next().unwrap_or(code);
    // Of a status without a sentence its hundred tells enough.
    let hundred = outer.strip_prefix("http_").and_then(|status| status.get(..1));
    let hundred = hundred.map(|first| format!("http_{first}xx")).unwrap_or_default();
    let platform = platform.as_str();
    [format!("code-{platform}-{outer}"), format!("code-{outer}"), format!("code-{platform}-{hundred}")]
        .into_iter()
        .find(|key| has(language, key))
        .map(|key| text(language, &key))
}

/// The sentence for an outcome of the delivery log.
fn outcome_words(language: Language, ended: EndedAs) -> String {
    let key = format!("outcome-{}", ended.as_str());
    text(language, if has(language, &key) { &key } else { "outcome-unknown" })
}

/// An outcome in words, with the platform's code and its meaning.
pub fn explained(language: Language, platform: Platform, ended: EndedAs, code: Option<&str>) -> String {
    let plain = || outcome_words(language, ended);
    match code.filter(|_| ended != EndedAs::Delivered) {
        None => plain(),
        Some(code) => {
            let words = meaning(language, platform, code).unwrap_or_else(plain);
            text_with(language, "groups-log-code", &[("code", code.into()), ("words", words.into())])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::delivery::Fault;

    #[test]
    fn what_a_code_means_is_said_before_what_its_fault_is_in_general() {
        let said = |platform, ended, fault, code: &str| {
            refused(&Refusal { platform, ended, fault, code: Some(code.to_owned()) }, Language::En)
        };
        for (platform, fault, code, words) in [
            (Platform::Slack, Fault::Permission, "missing_scope", "chat:write"),
            (Platform::Discord, Fault::Permission, "220001", "forum channel"),
            (Platform::Matrix, Fault::Credential, "M_UNRECOGNIZED", "no Matrix server"),
            // One code stands for several faults, so the fault says more.
            (Platform::Dingtalk, Fault::Keyword, "310000", "The keyword does not match"),
            (Platform::Slack, Fault::Permission, "never_heard_of", "may not post"),
        ] {
            let said = said(platform, EndedAs::Config, Some(fault), code);
            assert!(said.contains(words) && said.contains(code), "{said}");
        }
        assert!(said(Platform::Wecom, EndedAs::Gone, None, "93000").contains("add a bot again"));
        for code in ["http_400", "http_422"] {
            let said = explained(Language::En, Platform::Webhook, EndedAs::Retry, Some(code));
            assert!(said.contains("receiver refused") && said.contains(code), "{said}");
        }
        for (platform, ended, code) in
            [(Platform::Webhook, EndedAs::Retry, "http_500"), (Platform::Wecom, EndedAs::Slow, "45009")]
        {
            let said = said(platform, ended, None, code);
            assert!(said.contains("try again in a few minutes") && !said.contains("later"), "{said}");
        }
    }
}
