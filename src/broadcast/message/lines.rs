//! What a message says about a notice, line by line.

use super::words::{harmless, line, list, name};
use super::{Field, Line};
use crate::domain::language::Language;
use crate::domain::notice::{Campaign, Direction, Incident, Item, LastSeen, Person, Public, Sex, Subject};
use crate::domain::region::Region;
use crate::language::Words;

/// The lines about a notice, without those that would say nothing.
pub(super) fn lines(public: &Public, words: Words) -> Vec<Line> {
    let mut lines = match &public.subject {
        Subject::MissingPerson { person } => person_lines(person, words),
        Subject::LostProperty { item } => item_lines(item, words),
        Subject::Rescue { incident } => vec![incident_line(incident, words)],
        Subject::Donation { campaign } => campaign_lines(campaign, words),
    };
    lines.push(match &public.last_seen {
        Some(seen) => {
            line(words, Field::LastSeen, seen_label(&public.subject), last_seen(seen, public.region, words))
        }
        None => line(words, Field::Region, "broadcast-label-region", public.region.name_in(words.0)),
    });
    if let Subject::MissingPerson { person } = &public.subject
        && person.medical_urgent
    {
        let value = words.of("broadcast-health");
        lines.push(Line { field: Field::Health, label: String::new(), value, link: None });
    }
    let told = |text: &Option<String>| text.as_deref().map(harmless);
    lines.extend(
        told(&public.police_station).map(|t| line(words, Field::Police, "broadcast-label-police", t)),
    );
    lines.push(line(words, Field::Description, "broadcast-label-description", harmless(&public.description)));
    lines.retain(|line| !line.value.is_empty());
    lines
}

fn person_lines(person: &Person, words: Words) -> Vec<Line> {
    let sex = person.sex.and_then(Sex::word).map(|sex| words.of(&format!("broadcast-{sex}")));
    let age = words.with("broadcast-age", &[("age", person.age.into())]);
    let height = person.height_cm.map(|cm| words.with("broadcast-height", &[("cm", cm.into())]));
    let heading = [Some(name(&person.name)), sex, Some(age), height];
    let mut lines = vec![line(words, Field::Subject, "broadcast-label-person", list(words, heading))];
    for (field, label, told) in [
        (Field::Looks, "broadcast-label-looks", &person.appearance),
        (Field::Clothing, "broadcast-label-clothing", &person.clothing),
    ] {
        lines.extend(told.as_deref().map(|told| line(words, field, label, harmless(told))));
    }
    lines
}

fn item_lines(item: &Item, words: Words) -> Vec<Line> {
    let label = format!("broadcast-label-{}", item.direction.as_str());
    let told = |text: &Option<String>| text.as_deref().map(name);
    let heading = list(words, [Some(name(&item.what)), told(&item.brand), told(&item.colour)]);
    let held =
        item.held_at.as_deref().map(|t| line(words, Field::HeldAt, "broadcast-label-held_at", harmless(t)));
    [line(words, Field::Subject, &label, heading)].into_iter().chain(held).collect()
}

fn incident_line(incident: &Incident, words: Words) -> Line {
    let what = words.of(&format!("broadcast-{}", incident.what.as_str()));
    let people = incident.people.map(|people| words.with("broadcast-people", &[("people", people.into())]));
    line(words, Field::Subject, "broadcast-label-incident", list(words, [Some(what), people]))
}

fn campaign_lines(campaign: &Campaign, words: Words) -> Vec<Line> {
    vec![
        line(words, Field::Subject, "broadcast-label-campaign", name(&campaign.organisation)),
        line(words, Field::Needs, "broadcast-label-needs", harmless(&campaign.needs)),
    ]
}

const fn seen_label(subject: &Subject) -> &'static str {
    match subject {
        Subject::MissingPerson { .. } => "broadcast-label-last_seen",
        Subject::LostProperty { item: Item { direction: Direction::Lost, .. } } => {
            "broadcast-label-seen_lost"
        }
        Subject::LostProperty { .. } => "broadcast-label-seen_found",
        Subject::Rescue { .. } | Subject::Donation { .. } => "broadcast-label-scene",
    }
}

/// When and where, the exact place last because it is the first to be cut.
fn last_seen(seen: &LastSeen, region: Region, words: Words) -> String {
    // With the year: forwarded messages live long.
    let at = words.moment(&format!("broadcast-at-{}", seen.precision.as_str()), seen.at);
    let place = harmless(&seen.place);
    match region.completing(&place).filter(|_| words.0 == Language::ZhCn) {
        Some(place) => list(words, [Some(at), Some(place)]),
        None => list(words, [Some(at), Some(region.name_in(words.0)), Some(place)]),
    }
}
