use super::*;
use crate::intake::fixture::{donation, lost_property, missing_person, now, rescue};
use crate::intake::submission::parse;
use crate::intake::words::restate;

#[test]
fn a_form_that_shows_a_notice_means_the_same_notice() {
    for body in [missing_person(), lost_property(), rescue(), donation()] {
        let notice = parse(&body, now()).unwrap();
        let shown = Typed::of(&restate(&notice.public, &notice.private).unwrap());
        let meant = meant(notice.public.subject.kind(), &shown, now());
        assert_eq!(parse(&meant.body, now()).unwrap(), notice);
    }
}

#[test]
fn what_nobody_knows_weighs_as_a_yes_and_is_told() {
    let mut typed = Typed::of(&missing_person());
    for (question, answer) in
        [("violence", UNSURE), ("protection_order", "true"), ("left_voluntarily", "false")]
    {
        typed.remove(&format!("safety.{question}"));
        typed.add(&format!("safety.{question}"), answer.to_owned());
    }
    let body = meant(Kind::MissingPerson, &typed, now()).body;
    let safety = json!({"violence": true, "protection_order": true, "left_voluntarily": false, "unsure": ["violence"]});
    assert_eq!(body["safety"], safety);
    let notice = parse(&body, now()).unwrap();
    assert!(notice.private.safety.violence);
    assert_eq!(notice.private.flags, ["violence_unsure"], "those who verify know which of the two it is");
    // An edit shows the answer as it was given, and a later no counts as a no.
    let restated = restate(&notice.public, &notice.private).unwrap();
    assert_eq!(restated["safety"], safety);
    let mut shown = Typed::of(&restated);
    assert_eq!(shown.first("safety.violence"), UNSURE);
    shown.remove("safety.violence");
    shown.add("safety.violence", "false".to_owned());
    let mut patched = restated;
    crate::intake::words::patch(&mut patched, &super::meant(Kind::MissingPerson, &shown, now()).body);
    let notice = parse(&patched, now()).unwrap();
    assert_eq!((notice.private.safety.violence, notice.private.flags.is_empty()), (false, true));
    // A no cannot be turned into "nobody knows", and there are no other questions.
    patched["safety"]["unsure"] = json!(["violence"]);
    assert!(parse(&patched, now()).unwrap().private.flags.is_empty());
    patched["safety"]["unsure"] = json!(["weather"]);
    assert!(parse(&patched, now()).unwrap_err().contains_key("safety.unsure[0]"));
}

#[test]
fn an_empty_form_names_fields_that_it_shows() {
    for kind in Kind::ALL {
        let faults = parse(&meant(kind, &Typed::default(), now()).body, now()).unwrap_err();
        for name in faults.keys() {
            assert!(fields(kind).any(|(field, _)| field == name), "{kind:?} asks for {name} nowhere");
        }
    }
}

#[test]
fn a_place_with_namesakes_is_asked_again() {
    let mut typed = Typed::of(&lost_property());
    typed.remove("region");
    typed.add("region", "新华区".to_owned());
    let meant = meant(Kind::LostProperty, &typed, now());
    assert_eq!(meant.faults.get("region"), Some(&FieldFault::new("place_several")));
    assert!(meant.places.len() > 1);
}

#[test]
fn every_field_has_its_words_in_both_languages() {
    use crate::domain::language::Language;
    use crate::language::has;
    for language in Language::ALL {
        let there = |key: String| assert!(has(language, &key), "{} lacks {key}", language.as_str());
        for kind in Kind::ALL {
            for section in sections(kind) {
                there(format!("form-{}", section.name));
            }
            for (name, control) in fields(kind) {
                let key = format!("f-{}", name.replace('.', "-"));
                there(key.clone());
                if let Control::Radios(names) | Control::Select(names) = control {
                    names.iter().for_each(|value| there(format!("{key}-{value}")));
                }
            }
        }
    }
}
