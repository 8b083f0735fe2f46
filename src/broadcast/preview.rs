//! What a group chat reads, for those who decide whether it may, and for everybody to pass on.

use chrono::DateTime;

use super::message::{Known, message};
use super::platforms::adapter;
use crate::domain::case_number::CaseNumber;
use crate::domain::delivery::Purpose;
use crate::domain::group::Platform;
use crate::domain::language::Language;
use crate::domain::notice::Public;

/// The lines of the message that approving these words would send; without its picture. Each platform cuts by
/// a unit of its own, and all cut the same things first: so the shortest is in what every group reads.
pub fn preview(
    case_number: &CaseNumber,
    link: &str,
    purpose: Purpose,
    public: &Public,
    language: Language,
) -> Vec<String> {
    let message = message(&Known {
        purpose,
        kind: public.subject.kind(),
        case_number,
        link,
        poster: None,
        public: Some(public),
        outcome: None,
        language,
        // It is among no words.
        at: DateTime::UNIX_EPOCH,
    });
    let texts = Platform::ALL.map(adapter).map(|one| message.text(one.profile().unit, one.caption()));
    let shortest = texts.into_iter().min_by_key(|text| text.chars().count()).unwrap_or_default();
    shortest.lines().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::notice::samples;

    #[test]
    fn it_names_the_city_once() {
        let mut public = samples::public();
        public.last_seen.as_mut().unwrap().place = "廊坊市广阳区银河南路".to_owned();
        let (number, link) = (CaseNumber::from_bits(1), "https://72.example.org/n/1");
        let told = |language| preview(&number, link, Purpose::Alert, &public, language).join("\n");
        let chinese = told(Language::ZhCn);
        assert!(chinese.contains("，河北省廊坊市广阳区银河南路"), "{chinese}");
        assert_eq!(chinese.matches("廊坊市").count(), 1, "{chinese}");
        assert!(told(Language::En).contains("Hebei (河北省廊坊市广阳区), 廊坊市广阳区银河南路"));
    }

    #[test]
    fn what_it_shows_fits_every_platform_in_any_script() {
        for story in ["She left for the market. ", "早上出门买菜后未归。"] {
            let public = samples::public();
            let public = Public { description: story.repeat(1_000 / story.chars().count()), ..public };
            let (number, link) = (CaseNumber::from_bits(1), "https://72.example.org/n/1");
            let shown = preview(&number, link, Purpose::Alert, &public, Language::ZhCn).join("\n");
            assert!(shown.contains(&story[..9]), "{shown}");
            for platform in Platform::ALL {
                let (unit, most) = (adapter(platform).profile().unit, adapter(platform).caption());
                assert!(unit.measure(&shown) <= most, "{platform:?}: {}", unit.measure(&shown));
            }
        }
    }
}
