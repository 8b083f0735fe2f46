//! What a notice may say, for tests: whoever needs something else changes that alone.

use chrono::TimeZone as _;

use super::*;
use crate::domain::zone::BEIJING;

/// A person of whom everything is told.
pub(crate) fn person() -> Person {
    Person {
        name: "王秀英".to_owned(),
        age: 76,
        sex: Some(Sex::Female),
        height_cm: Some(158),
        appearance: Some("花白短发，左手戴银镯".to_owned()),
        clothing: Some("红色棉袄，黑裤子".to_owned()),
        medical_urgent: true,
    }
}

/// That this person is sought: by the police's phone alone, and without a photo.
pub(crate) fn public() -> Public {
    Public {
        region: Region::parse("131003").unwrap(),
        subject: Subject::MissingPerson { person: person() },
        last_seen: Some(LastSeen {
            at: BEIJING.with_ymd_and_hms(2026, 11, 23, 9, 40, 0).unwrap().to_utc(),
            precision: Precision::About,
            place: "人民公园南门".to_owned(),
        }),
        description: "出门买菜未归。".to_owned(),
        police_station: Some("爱民东道派出所".to_owned()),
        phone: None,
        photos: Vec::new(),
    }
}
