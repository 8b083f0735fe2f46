//! The review policy as a table: how many people must verify what. The rules that apply it are in
//! `domain::life_cycle` and in this station; to change the policy, change a line here.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::life_cycle::{Needs, Weighing};
use crate::domain::notice::{Category, Emergency, Incident, Private, Public, Subject};
use crate::domain::screening::{FindingKind, told_ages};
use crate::domain::shown::words;

/// The classes of notice that the policy distinguishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Child,
    /// A child, where custody or violence is mentioned.
    ContestedChild,
    /// A child, where somebody is said to have left, or its mother to be away with it: whoever finds the child finds
    /// them.
    TakenChild,
    Teen,
    /// From 14 to 17, where custody is mentioned.
    ContestedTeen,
    /// From 14 to 17, where the same is said.
    TakenTeen,
    /// From 14 to 17, where violence or a protection order is mentioned.
    SealedTeen,
    /// Dementia or intellectual disability.
    Impaired,
    /// The same of somebody younger than [`CARED_FOR_FROM`], or older and said to have left: it is the reporter who
    /// says that they are looked after.
    DoubtedImpaired,
    Adult,
    /// An adult, where violence or a protection order is mentioned.
    SealedAdult,
    /// Any other notice that mentions violence, or a lost thing that somebody took along who left.
    SealedOther,
    Property,
    Rescue,
    /// A rescue by its kind, which looks for a person by its words.
    SoughtByRescue,
    /// The same of a lost thing or a donation.
    SoughtByThing,
    Donation,
}

/// How a police reference bears on the decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Police {
    NotAsked,
    /// May follow within [`POLICE_FOLLOWS_WITHIN`] of going live.
    MayFollow,
    /// No approval without one.
    Required,
}

/// One line of the policy.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    pub class: Class,
    pub approvals: u8,
    /// How many of the approvals must come from leads.
    pub leads: u8,
    pub sealed: bool,
    /// A second moderator looks within [`SECOND_LOOK_WITHIN`] of going live.
    pub second_look: bool,
    pub police: Police,
    /// See [`Weighing::guarded`].
    pub guarded: bool,
    /// 3 most urgent, 0 least.
    pub urgency: i16,
}

/// After a notice goes live on one approval, another moderator must look at it within this time.
pub const SECOND_LOOK_WITHIN: TimeDelta = TimeDelta::minutes(30);
/// Where the police reference may follow: within this time of going live.
pub const POLICE_FOLLOWS_WITHIN: TimeDelta = TimeDelta::hours(2);

/// Within this time of its submission somebody should look at a notice of that urgency.
pub const fn first_look_within(urgency: i16) -> TimeDelta {
    match urgency {
        3.. => TimeDelta::minutes(10),
        1 | 2 => TimeDelta::minutes(30),
        ..1 => TimeDelta::hours(4),
    }
}

/// How many phones one person may reveal within a day. A call and its case take ten minutes, which makes four
/// hours of a volunteer's evening. Anyone who needs more is collecting, not verifying.
pub const PHONES_A_DAY: i64 = 24;

/// From this age on, in years, nobody doubts that a person with dementia or an intellectual disability is
/// looked after by whoever reports them. Below it they may be somebody who left.
pub const CARED_FOR_FROM: u8 = 60;

/// By as many years a family may count an age otherwise: from conception, or by the year.
const COUNTED_OTHERWISE: u8 = 2;

/// The policy.
#[rustfmt::skip]
pub const TABLE: [Line; 17] = [
    Line { class: Class::Child,           approvals: 1, leads: 0, sealed: false, second_look: true,  police: Police::MayFollow, guarded: false, urgency: 3 },
    Line { class: Class::ContestedChild,  approvals: 2, leads: 0, sealed: false, second_look: false, police: Police::MayFollow, guarded: true,  urgency: 3 },
    Line { class: Class::TakenChild,      approvals: 2, leads: 1, sealed: false, second_look: false, police: Police::MayFollow, guarded: true,  urgency: 3 },
    Line { class: Class::Teen,            approvals: 2, leads: 0, sealed: false, second_look: false, police: Police::Required,  guarded: false, urgency: 2 },
    Line { class: Class::ContestedTeen,   approvals: 2, leads: 0, sealed: false, second_look: false, police: Police::Required,  guarded: true,  urgency: 2 },
    Line { class: Class::TakenTeen,       approvals: 2, leads: 1, sealed: false, second_look: false, police: Police::Required,  guarded: true,  urgency: 2 },
    Line { class: Class::SealedTeen,      approvals: 2, leads: 1, sealed: true,  second_look: false, police: Police::Required,  guarded: true,  urgency: 2 },
    Line { class: Class::Impaired,        approvals: 1, leads: 0, sealed: false, second_look: true,  police: Police::MayFollow, guarded: false, urgency: 3 },
    Line { class: Class::DoubtedImpaired, approvals: 1, leads: 0, sealed: false, second_look: true,  police: Police::MayFollow, guarded: true,  urgency: 3 },
    Line { class: Class::Adult,           approvals: 2, leads: 1, sealed: false, second_look: false, police: Police::Required,  guarded: true,  urgency: 1 },
    Line { class: Class::SealedAdult,     approvals: 2, leads: 2, sealed: true,  second_look: false, police: Police::Required,  guarded: true,  urgency: 1 },
    Line { class: Class::SealedOther,     approvals: 2, leads: 1, sealed: true,  second_look: false, police: Police::NotAsked,  guarded: true,  urgency: 1 },
    Line { class: Class::Property,        approvals: 1, leads: 0, sealed: false, second_look: false, police: Police::NotAsked,  guarded: false, urgency: 0 },
    Line { class: Class::Rescue,          approvals: 1, leads: 0, sealed: false, second_look: false, police: Police::NotAsked,  guarded: true,  urgency: 3 },
    Line { class: Class::SoughtByRescue,  approvals: 2, leads: 1, sealed: false, second_look: false, police: Police::NotAsked,  guarded: true,  urgency: 3 },
    Line { class: Class::SoughtByThing,   approvals: 2, leads: 1, sealed: false, second_look: false, police: Police::NotAsked,  guarded: true,  urgency: 1 },
    Line { class: Class::Donation,        approvals: 2, leads: 0, sealed: false, second_look: false, police: Police::NotAsked,  guarded: false, urgency: 0 },
];

/// The line that applies to a notice. Where its words tell another age of who is sought than was filled in, it is
/// the line that asks for more.
pub fn line(public: &Public, private: &Private) -> &'static Line {
    let strictest = lines(public, private).max_by_key(|line| line.strictness());
    strictest.expect("every notice has a class")
}

/// The lines of a notice: of a person one for each age that is told of them. Who may be a child is never kept waiting
/// for a police reference.
fn lines(public: &Public, private: &Private) -> impl Iterator<Item = &'static Line> {
    let classes = match &public.subject {
        Subject::MissingPerson { person } => {
            let told = |age| if person.age < 14 { Class::TakenChild } else { of_person(age, private) };
            let told = other_ages(public).into_iter().map(told);
            std::iter::once(of_person(person.age, private)).chain(told).collect()
        }
        subject => vec![of_another(subject, private)],
    };
    classes.into_iter().map(Class::line)
}

/// The ages that its words tell of who is sought, and that are not the one that was filled in.
pub fn other_ages(public: &Public) -> Vec<u8> {
    let Subject::MissingPerson { person } = &public.subject else { return Vec::new() };
    let told = told_ages(&words(public)).into_iter();
    told.filter(|told| told.abs_diff(person.age) > COUNTED_OTHERWISE).collect()
}

impl Line {
    /// The line with the greatest asks for most.
    fn strictness(&self) -> (bool, u8, u8, bool, bool) {
        (self.sealed, self.leads, self.approvals, self.police == Police::Required, self.guarded)
    }
}

impl Class {
    /// Its line.
    pub fn line(self) -> &'static Line {
        TABLE.iter().find(|line| line.class == self).expect("every class has its line")
    }

    /// Whether somebody is looked for, or may be.
    pub fn seeks_somebody(self) -> bool {
        !matches!(self, Class::Property | Class::Rescue | Class::Donation)
    }

    /// Whether who is looked for may be of age.
    pub fn may_seek_an_adult(self) -> bool {
        use Class::{Child, ContestedChild, ContestedTeen, SealedTeen, Teen};
        // With who was taken along somebody of age may be found.
        self.seeks_somebody() && !matches!(self, Child | ContestedChild | Teen | ContestedTeen | SealedTeen)
    }
}

/// What the policy requires of a notice as it comes in.
pub fn weigh(public: &Public, private: &Private, now: DateTime<Utc>) -> Weighing {
    let line = line(public, private);
    let at_risk = matches!(
        private.category,
        Some(Category::SelfHarmRisk | Category::SuspectedAbduction | Category::Outdoor)
    ) || matches!(&public.subject, Subject::MissingPerson { person } if person.medical_urgent);
    // After a day the odds of finding somebody alive begin to fall fast.
    let long_missing = public.last_seen.as_ref().is_some_and(|seen| now - seen.at >= TimeDelta::hours(24));
    let urgency = lines(public, private).map(|line| line.urgency).max().unwrap_or(line.urgency);
    Weighing {
        needs: Needs { approvals: line.approvals, leads: line.leads },
        sealed: line.sealed,
        urgency: (urgency + i16::from(at_risk) + i16::from(long_missing && urgency > 0)).min(3),
        second_look: line.second_look,
        guarded: line.guarded,
        police_follow_up: line.police == Police::MayFollow && private.police.reference.is_none(),
    }
}

/// What the answer denies but the text mentions counts as mentioned.
fn mentions(private: &Private, what: FindingKind) -> bool {
    private.mentions().any(|flag| FindingKind::named(flag) == Some(what))
}

/// The class of a notice that says to be about no missing person.
fn of_another(subject: &Subject, private: &Private) -> Class {
    use FindingKind::{Custody, Flight, Left, RanAway, Sought, Violence};
    let mentioned = |what| mentions(private, what);
    match subject {
        _ if mentioned(Violence) => Class::SealedOther,
        // What somebody drove away in leads to whoever drove it.
        Subject::LostProperty { .. } if [Flight, Left, RanAway, Custody].into_iter().any(mentioned) => {
            Class::SealedOther
        }
        Subject::LostProperty { .. } | Subject::Donation { .. } if mentioned(Sought) => Class::SoughtByThing,
        Subject::LostProperty { .. } => Class::Property,
        // On a mountain or in a flood people are missed who are to be rescued.
        Subject::Rescue {
            incident: Incident { what: Emergency::Medical | Emergency::Blood | Emergency::Other, .. },
        } if mentioned(Sought) => Class::SoughtByRescue,
        Subject::Rescue { .. } => Class::Rescue,
        Subject::Donation { .. } => Class::Donation,
        Subject::MissingPerson { person } => of_person(person.age, private),
    }
}

/// The class of a missing person of that age, in years.
fn of_person(age: u8, private: &Private) -> Class {
    use FindingKind::{Accompanied, Custody, Flight, Left, RanAway, Violence};
    let mentioned = |what| mentions(private, what);
    let violence = private.safety.violence
        || private.safety.protection_order
        || mentioned(Violence)
        || mentioned(Flight);
    let left = mentioned(Left);
    let taken = left || mentioned(Accompanied);
    let packed = private.safety.left_voluntarily;
    let leaves = left || mentioned(RanAway) || packed;
    // Whoever looks for somebody old who is lost may not know what they packed.
    let leaves_when_old = left || mentioned(RanAway) || packed && !private.is_unsure_of("left_voluntarily");
    // The age decides who is a child, whatever was ticked: a wrong tick must not lower the bar.
    match private.category {
        _ if age < 14 && taken => Class::TakenChild,
        _ if age < 14 && (violence || mentioned(Custody)) => Class::ContestedChild,
        _ if age < 14 => Class::Child,
        _ if age < 18 && violence => Class::SealedTeen,
        _ if age < 18 && taken => Class::TakenTeen,
        _ if age < 18 && mentioned(Custody) => Class::ContestedTeen,
        _ if age < 18 => Class::Teen,
        _ if violence => Class::SealedAdult,
        Some(Category::Dementia | Category::IntellectualDisability) if age < CARED_FOR_FROM => {
            if leaves {
                Class::Adult
            } else {
                Class::DoubtedImpaired
            }
        }
        Some(Category::Dementia | Category::IntellectualDisability) => {
            if leaves_when_old {
                Class::DoubtedImpaired
            } else {
                Class::Impaired
            }
        }
        _ => Class::Adult,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::notice::{Person, Police as PoliceReport, Reporter, Safety, samples};

    fn person(age: u8, category: Category, violence: bool) -> (Public, Private) {
        let person = Person { age, medical_urgent: false, ..samples::person() };
        let subject = Subject::MissingPerson { person };
        let public = Public { subject, last_seen: None, ..samples::public() };
        let reporter = Reporter {
            name: "王".into(),
            phone: "+8613800138000".into(),
            relation: "daughter".into(),
            publish_phone: false,
        };
        let private = Private {
            reporter,
            category: Some(category),
            police: PoliceReport::default(),
            safety: Safety { violence, ..Safety::default() },
            secret_detail: None,
            flags: Vec::new(),
            evidence: Vec::new(),
            told: Vec::new(),
        };
        (public, private)
    }

    #[test]
    fn who_looks_for_somebody_who_fled_gains_nothing_by_another_kind() {
        let (mut public, mut told) = person(40, Category::OtherAdult, false);
        public.subject = Subject::Rescue { incident: Incident { what: Emergency::Other, people: None } };
        let weigh = |private: &Private| weigh(&public, private, DateTime::UNIX_EPOCH);
        assert!(!weigh(&told).sealed);
        told.flags.push(FindingKind::Violence.as_str().to_owned());
        let weighing = weigh(&told);
        assert!(weighing.sealed && weighing.needs.leads > 0, "{weighing:?}");
    }

    #[test]
    fn a_mention_of_violence_weighs_like_the_answer() {
        for (age, category) in [(6, Category::Child), (30, Category::OtherAdult), (76, Category::Dementia)] {
            let (public, mut told) = person(age, category, false);
            let answered = person(age, category, true).1;
            let weigh = |private: &Private| weigh(&public, private, DateTime::UNIX_EPOCH);
            for flag in ["violence_mentioned", "flight_mentioned"] {
                told.flags = vec![flag.to_owned()];
                assert_eq!(weigh(&told), weigh(&answered), "{age} {category:?} {flag}");
            }
        }
    }

    #[test]
    fn a_mention_of_custody_asks_two_about_a_child_and_seals_nobody() {
        let weigh = |public: &Public, private: &Private| weigh(public, private, DateTime::UNIX_EPOCH);
        for (age, category) in [(6, Category::Child), (15, Category::Teen), (30, Category::OtherAdult)] {
            let (public, answered) = person(age, category, age < 14);
            let mut told = person(age, category, false).1;
            told.flags.push("custody_mentioned".to_owned());
            let guarded = Weighing { guarded: true, ..weigh(&public, &answered) };
            assert_eq!(weigh(&public, &told), guarded, "{age} {category:?}");
        }
    }

    #[test]
    fn who_left_is_not_found_through_a_child_nor_as_somebody_who_is_cared_for() {
        let weighed = |age, category, flag: &str, left_voluntarily| {
            let (public, mut private) = person(age, category, false);
            private.flags.extend((!flag.is_empty()).then(|| flag.to_owned()));
            private.safety.left_voluntarily = left_voluntarily;
            weigh(&public, &private, DateTime::UNIX_EPOCH)
        };
        let disabled = Category::IntellectualDisability;
        for (age, category, flag, left_voluntarily) in [
            (6, Category::Child, "left_mentioned", false),
            (15, Category::Teen, "left_mentioned", false),
            (6, Category::Child, "accompanied", false),
            (15, Category::Teen, "accompanied", false),
            (28, disabled, "left_mentioned", false),
            (28, disabled, "ran_away_mentioned", false),
            (28, disabled, "", true),
        ] {
            let weighed = weighed(age, category, flag, left_voluntarily);
            let needs = Needs { approvals: 2, leads: 1 };
            assert_eq!(
                (weighed.needs, weighed.guarded, weighed.sealed),
                (needs, true, false),
                "{age} {flag}"
            );
        }
        for (age, category) in [(6, Category::Child), (15, Category::Teen)] {
            let plain = weighed(age, category, "", false);
            for (flag, left_voluntarily) in [("ran_away_mentioned", false), ("", true)] {
                assert_eq!(weighed(age, category, flag, left_voluntarily), plain, "{age} {flag}");
            }
        }
    }

    #[test]
    fn who_is_old_and_left_is_sought_as_fast_and_told_of_to_the_police_alone() {
        let weighed = |flags: &[&str], left_voluntarily| {
            let (public, mut private) = person(76, Category::Dementia, false);
            private.flags.extend(flags.iter().map(|flag| (*flag).to_owned()));
            private.safety.left_voluntarily = left_voluntarily;
            weigh(&public, &private, DateTime::UNIX_EPOCH)
        };
        let plain = weighed(&[], false);
        assert!(!plain.guarded && plain.second_look);
        let guarded = Weighing { guarded: true, ..plain };
        for (flag, left_voluntarily) in [("left_mentioned", false), ("ran_away_mentioned", false), ("", true)]
        {
            assert_eq!(weighed(&[flag], left_voluntarily), guarded, "{flag}");
        }
        assert_eq!(weighed(&["left_voluntarily_unsure"], true), plain, "who is not sure did not see it");
    }

    #[test]
    fn where_the_words_tell_another_age_more_is_asked_for_and_nothing_is_slower() {
        let weighed = |age, category, said: &str| {
            let (mut public, private) = person(age, category, false);
            public.description = said.to_owned();
            let weighed = weigh(&public, &private, DateTime::UNIX_EPOCH);
            (weighed.needs, weighed.urgency, weighed.guarded)
        };
        let needs = |approvals, leads| Needs { approvals, leads };
        for (age, category, said, expected) in [
            (6, Category::Child, "女，33岁，短发。", (needs(2, 1), 3, true)),
            (30, Category::OtherAdult, "6岁男孩，穿校服。", (needs(2, 1), 3, true)),
            (76, Category::Dementia, "女子，33岁。", (needs(1, 0), 3, true)),
            (15, Category::Teen, "6岁女孩", (needs(2, 0), 3, false)),
            // A family counts a year or two more, and tells of others, too.
            (13, Category::Child, "15岁男孩", (needs(1, 0), 3, false)),
            (6, Category::Child, "和70岁的奶奶走散。", (needs(1, 0), 3, false)),
            (6, Category::SuspectedAbduction, "被一名40岁左右的男子带走。", (needs(1, 0), 3, false)),
            (76, Category::Dementia, "智力相当于6岁男孩。", (needs(1, 0), 3, false)),
        ] {
            assert_eq!(weighed(age, category, said), expected, "{age} {said}");
        }
    }

    #[test]
    fn who_is_sought_decides_how_many_look() {
        for (age, category, violence, approvals, leads, sealed) in [
            (6, Category::Child, false, 1, 0, false),
            (6, Category::Child, true, 2, 0, false),
            (15, Category::Teen, false, 2, 0, false),
            (15, Category::Teen, true, 2, 1, true),
            (76, Category::Dementia, false, 1, 0, false),
            (30, Category::IntellectualDisability, false, 1, 0, false),
            (30, Category::OtherAdult, false, 2, 1, false),
            (30, Category::OtherAdult, true, 2, 2, true),
            // Ticking the box of the fast lane does not open it for somebody who may be fleeing.
            (30, Category::Dementia, true, 2, 2, true),
            (30, Category::Child, false, 2, 1, false),
        ] {
            let (public, private) = person(age, category, violence);
            let weighed = weigh(&public, &private, DateTime::UNIX_EPOCH);
            assert_eq!(
                (weighed.needs, weighed.sealed),
                (Needs { approvals, leads }, sealed),
                "{age} {category:?} {violence}"
            );
        }
    }
}
