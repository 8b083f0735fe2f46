//! The one way from what the public typed to what anybody reads.
//!
//! Pages, the API and the poster show a [`shown`] notice; a message takes a [`masked`] one, and does the rest to
//! each text as it is put in. Only those who verify a notice read what was typed; [`altered`] shows them the difference.

use super::masking::{without_house_numbers, without_illnesses, without_schools, without_self_harm};
use super::notice::{Public, Subject};
use super::school::mentions;
use super::text::{for_group, has_contact};

/// The youngest age, in years, at which somebody is grown up.
const GROWN_UP: u8 = 18;
/// What may name a school, because who searches must know where: the place, and the office of the police.
const PLACES: [&str; 2] = ["last_seen.place", STATION];
const STATION: &str = "police.station";

/// The notice without what is never printed of a person: an illness, that they mean to harm themselves, and of somebody
/// under age the door and the school (ADR 25). An illness is what a rescue or a donation is about, so there it stays.
#[must_use]
pub fn masked(mut public: Public) -> Public {
    let Subject::MissingPerson { person } = &public.subject else { return public };
    let minor = person.age < GROWN_UP;
    for (name, text) in texts(&mut public) {
        *text = without_self_harm(&without_illnesses(text));
        if minor && name != STATION {
            *text = without_house_numbers(text);
        }
        if minor && !PLACES.contains(&name) {
            *text = without_schools(text);
        }
    }
    public
}

/// Whether its texts mention the school of somebody under age.
#[must_use]
pub fn mentions_school(public: &Public) -> bool {
    let minor = matches!(&public.subject, Subject::MissingPerson { person } if person.age < GROWN_UP);
    let mut read = public.clone();
    let texts = texts(&mut read).into_iter();
    minor && texts.filter(|(name, _)| !PLACES.contains(name)).any(|(_, text)| !mentions(text).is_empty())
}

/// The notice as everybody may read it. The phone stays: it is there only where the reporter chose to publish
/// it.
#[must_use]
pub fn shown(public: Public) -> Public {
    let mut public = masked(public);
    for (_, text) in texts(&mut public) {
        *text = for_group(text);
    }
    public
}

/// Whether something in its texts is replaced by words of ours before anybody reads it.
#[must_use]
pub fn replaces(public: &Public) -> bool {
    let mut read = masked(public.clone());
    read != *public || texts(&mut read).into_iter().any(|(_, text)| has_contact(text))
}

/// The texts that are shown differently from how they were typed, each under its field's dotted name.
#[must_use]
pub fn altered(public: &Public) -> Vec<(&'static str, String)> {
    let (mut typed, mut read) = (public.clone(), shown(public.clone()));
    let pairs = texts(&mut typed).into_iter().zip(texts(&mut read));
    pairs
        .filter(|((_, typed), (_, read))| typed != read)
        .map(|((name, text), _)| (name, text.clone()))
        .collect()
}

/// Every text in the reporter's own words, line by line: what is looked for in one is looked for in all.
#[must_use]
pub fn words(public: &Public) -> String {
    let mut read = public.clone();
    let texts: Vec<&str> = texts(&mut read).into_iter().map(|(_, text)| text.as_str()).collect();
    texts.join("\n")
}

/// Every text in the reporter's own words. Codes and a campaign's link are not among them: their form is
/// fixed, and nothing can be hidden in it.
fn texts(public: &mut Public) -> Vec<(&'static str, &mut String)> {
    let mut texts = match &mut public.subject {
        Subject::MissingPerson { person } => vec![
            ("person.name", Some(&mut person.name)),
            ("person.appearance", person.appearance.as_mut()),
            ("person.clothing", person.clothing.as_mut()),
        ],
        Subject::LostProperty { item } => vec![
            ("item.what", Some(&mut item.what)),
            ("item.brand", item.brand.as_mut()),
            ("item.colour", item.colour.as_mut()),
            ("item.held_at", item.held_at.as_mut()),
        ],
        Subject::Rescue { .. } => Vec::new(),
        Subject::Donation { campaign } => vec![
            ("campaign.organisation", Some(&mut campaign.organisation)),
            ("campaign.needs", Some(&mut campaign.needs)),
        ],
    };
    texts.push(("last_seen.place", public.last_seen.as_mut().map(|seen| &mut seen.place)));
    texts.push(("description", Some(&mut public.description)));
    texts.push((STATION, public.police_station.as_mut()));
    texts.into_iter().filter_map(|(name, text)| Some((name, text?))).collect()
}
