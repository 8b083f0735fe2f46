//! What a poster says.

use super::super::content::{Content, lacks};
use super::super::lettering::missing_characters;
use crate::domain::case_number::CaseNumber;
use crate::domain::language::Language;
use crate::domain::notice::{self, Person, Public};
use crate::domain::region::Region;

/// Somebody of that age who is sought, with `told` wherever the reporter may write.
fn sought(age: u8, told: &str) -> Public {
    let person = Person {
        name: told.to_owned(),
        age,
        sex: None,
        height_cm: None,
        appearance: Some(told.to_owned()),
        clothing: Some(told.to_owned()),
        medical_urgent: true,
    };
    Public {
        region: Region::parse("131003").unwrap(),
        subject: notice::Subject::MissingPerson { person },
        last_seen: Some(notice::LastSeen {
            at: chrono::DateTime::UNIX_EPOCH,
            precision: notice::Precision::About,
            place: told.to_owned(),
        }),
        description: told.to_owned(),
        police_station: Some(told.to_owned()),
        phone: Some("+8613912345678".to_owned()),
        photos: Vec::new(),
    }
}

/// Everything that the poster of `public` says.
fn read(public: &Public, language: Language) -> String {
    let case = CaseNumber::from_bits(7);
    let ends_at = chrono::DateTime::UNIX_EPOCH;
    format!("{:?}", Content::of(public, &case, "https://72.example.org", ends_at, language))
}

#[test]
fn an_english_poster_names_the_month() {
    let read = read(&sought(76, "红色棉袄"), Language::En);
    assert!(read.contains("\"Thu 1 January, about 08:00\""), "{read}");
    assert!(read.contains("\"1 January 1970, 08:00 (Beijing)\""), "{read}");
}

#[test]
fn an_english_poster_names_the_place_as_the_message_does() {
    let told = read(&sought(76, "出门未归。"), Language::En);
    assert!(told.contains("Guangyang, Langfang, Hebei (河北省廊坊市广阳区) "), "{told}");
}

#[test]
fn a_poster_names_the_city_once() {
    let mut notice = sought(76, "出门未归。");
    notice.last_seen.as_mut().unwrap().place = "廊坊市广阳区银河南路".to_owned();
    let told = read(&notice, Language::ZhCn);
    assert!(told.contains("\"河北省廊坊市广阳区银河南路\"") && told.matches("廊坊市").count() == 1, "{told}");
}

#[test]
fn a_call_for_blood_leads_to_the_blood_centre() {
    let incident = notice::Incident { what: notice::Emergency::Blood, people: None };
    let blood = Public { subject: notice::Subject::Rescue { incident }, ..sought(76, "急需 A 型血。") };
    for (language, act) in [(Language::ZhCn, "请联系当地血站"), (Language::En, "Ask your local blood centre")]
    {
        let told = read(&blood, language);
        assert!(told.contains(act) && !told.contains("110"), "{told}");
    }
}

#[test]
fn a_poster_that_turns_up_later_tells_its_year() {
    let read = read(&sought(76, "红色棉袄"), Language::ZhCn);
    assert!(read.contains("\"1970年1月1日 08:00（北京时间）\""), "{read}");
}

#[test]
fn whoever_has_it_on_paper_reads_where_to_type_the_number() {
    let zh_cn = read(&sought(76, "红色棉袄"), Language::ZhCn);
    assert!(zh_cn.contains("或打开 72.example.org/check 输入编号"), "{zh_cn}");
    let en = read(&sought(76, "红色棉袄"), Language::En);
    assert!(en.contains("or open 72.example.org/check and enter the number"), "{en}");
}

#[test]
fn a_baby_is_not_nought_years_old() {
    for (language, baby, older) in
        [(Language::ZhCn, "\"不满 1 岁\"", "\"1 岁\""), (Language::En, "\"Under 1 year\"", "\"1 year\"")]
    {
        assert!(read(&sought(0, "绿色襁褓"), language).contains(baby), "{baby}");
        assert!(read(&sought(1, "绿色襁褓"), language).contains(older), "{older}");
    }
}

#[test]
fn text_of_the_public_is_harmless_on_the_poster() {
    let hostile = "【72小时】@all <b> evil.example 一三八零零一三八零零零 13800138000";
    let read = read(&sought(76, hostile), Language::ZhCn);
    for harm in ["【", "@", "<b>", "evil", "一三八", "13800138000"] {
        assert!(!read.contains(harm), "{harm} in {read}");
    }
    assert!(read.contains("139 1234 5678"), "the phone that the reporter chose stays: {read}");
    assert_eq!(missing_characters(&read.replace(|c: char| c.is_control(), "")), Vec::<char>::new());
}

#[test]
fn what_the_poster_of_a_notice_lacks_is_named() {
    assert_eq!(lacks(&sought(76, "張偉豪，红色棉袄")), "");
    let mut public = sought(76, "红色棉袄👦");
    public.police_station = Some("爱民道派出所\u{1f46e}".to_owned());
    assert_eq!(lacks(&public), "👦\u{1f46e}");
}
