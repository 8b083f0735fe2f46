//! What people saw, for the family and those who verify. Nothing a stranger writes reaches the reporter
//! unread: it may be the reporter whom the person sought fled from, alone or with a child, or in the car that
//! is said to be lost.

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::reader::{Reader, read};
use super::submission::{LINE, moment, phone};
use super::{Intake, IntakeError};
use crate::clock::new_id;
use crate::domain::case_number::CaseNumber;
use crate::domain::faults::FieldFaults;
use crate::domain::hiding::{asks_to_come_quietly, tells_of_hiding};
use crate::domain::notice::{Kind, Public, SOUGHT, Subject};
use crate::domain::screening::{FindingKind, screen};
use crate::domain::swindle::{calls_it_false, comes_from, wants};
use crate::domain::tip::{CALLED_FALSE, Content, FROM_SOUGHT, MAY_HIDE};
use crate::store::notices::{self, Notice, Opened};
use crate::store::tips::{self, Tip};
use crate::store::types::{Id, Time};
use crate::store::{Conn, StoreError};
use crate::vault::{Key, Vault};

/// The longest tip, in characters.
pub const TEXT: usize = 1_000;

impl Intake {
    /// Takes in a tip: about a live notice, or one that objects to a search for a person, wherever that stands.
    ///
    /// # Errors
    /// [`IntakeError::Unknown`] where the notice does not exist, [`IntakeError::NotPossible`] where it takes no
    /// such tip.
    pub async fn tip(
        &self,
        case: CaseNumber,
        tip: Content,
        now: DateTime<Utc>,
    ) -> Result<About, IntakeError> {
        let intake = self.clone();
        self.store.write(move |tx| take_in(tx, &intake, case, tip, now)).await
    }

    /// What a notice is about, for a tip that has to be corrected first. `objects`: it may object to the notice.
    ///
    /// # Errors
    /// As [`Intake::tip`].
    pub async fn tip_is_about(
        &self,
        case: CaseNumber,
        objects: bool,
        now: DateTime<Utc>,
    ) -> Result<About, IntakeError> {
        let vault = self.vault.clone();
        let found = self.store.read(move |conn| Ok(addressed(conn, &vault, case, objects, now)));
        found.await?.map(|(notice, opened)| About::of(&notice, &opened.public, now))
    }
}

/// What a tip is about, as far as whoever sends it may know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct About {
    /// As [`Subject::about`]; [`SOUGHT`] where the notice is not live.
    pub what: &'static str,
    /// It looks for somebody who is under age.
    pub of_child: bool,
}

impl About {
    /// What a notice is about.
    pub fn of(notice: &Notice, public: &Public, now: DateTime<Utc>) -> About {
        if notice.is_public(now) {
            About { what: public.subject.about(), of_child: public.subject.seeks_a_child() }
        } else {
            About { what: SOUGHT, of_child: false }
        }
    }
}

/// Parses a tip.
///
/// # Errors
/// Every fault of its fields.
pub fn parse(body: &Value, now: DateTime<Utc>) -> Result<Content, FieldFaults> {
    let (mut content, flags) = read(body, |r| content(r, now))?;
    content.flags = flags;
    content.flags.extend(refused(&content));
    content.flags.sort_unstable();
    content.flags.dedup();
    Ok(content)
}

fn content(r: &mut Reader<'_>, now: DateTime<Utc>) -> Option<Content> {
    // The reader does not screen this text: what would be refused elsewhere is accepted and held here, so
    // that a swindler learns nothing and a true tip with an unlucky word is not lost.
    let text = r.optional_unscreened_paragraph("text", TEXT);
    let seen_at = r.optional_parsed("seen_at", |text| moment(text, now));
    let place = r.optional_code("place", LINE);
    let phone = r.optional_parsed("phone", phone);
    // Whoever hides need not find words.
    let text = if r.optional_yes_no("from_sought") == Some(true) {
        r.flag(FROM_SOUGHT);
        Some(text.unwrap_or_default())
    } else {
        r.required("text", text)
    };
    Some(Content {
        text: text?,
        seen_at,
        place,
        phone,
        flags: Vec::new(),
        guarded: false,
        guarded_meanwhile: false,
    })
}

fn refused(content: &Content) -> Vec<String> {
    let all = format!("{}\n{}", content.text, content.place.as_deref().unwrap_or_default());
    let found = screen(&all);
    let found = found.iter().filter(|f| !asks_to_come_quietly(&all[f.range.clone()]));
    let mut flags: Vec<String> = found.map(|f| f.what.as_str().to_owned()).collect();
    let wants = wants(&all);
    let wanted = [(wants.money, FindingKind::Payment), (wants.contact, FindingKind::Contact)];
    flags.extend(wanted.into_iter().filter(|(wanted, _)| *wanted).map(|(_, what)| what.as_str().to_owned()));
    flags.extend(calls_it_false(&all).then(|| CALLED_FALSE.to_owned()));
    flags
}

fn take_in(
    tx: &mut Conn,
    intake: &Intake,
    case: CaseNumber,
    mut content: Content,
    now: DateTime<Utc>,
) -> Result<About, IntakeError> {
    let (notice, opened) = addressed(tx, &intake.vault, case, content.objects(), now)?;
    if let Subject::MissingPerson { person } = &opened.public.subject {
        if comes_from(&content.text, &person.name) {
            content.raise(CALLED_FALSE, None);
        }
        // Who writes so in a notice is the danger; who does so in a tip may be in danger.
        let do_not_tell = FindingKind::DoNotTell.as_str();
        let hides = opened.public.subject.seeks_a_child() && tells_of_hiding(&content.text);
        if hides || content.has(do_not_tell) {
            content.raise(MAY_HIDE, Some(do_not_tell));
        }
    }
    let tip = Tip {
        id: Id(new_id(now)),
        notice_id: notice.id,
        body_sealed: tips::sealed(&opened.key, &content)?,
        held: true,
        objects: content.objects() && seeks_a_person(&notice, &opened)?,
        created_at: Time(now),
    };
    tips::insert_tip(tx, &tip)?;
    Ok(About::of(&notice, &opened.public, now))
}

/// Whether somebody is looked for: a missing person, or somebody by a thing or a rescue.
fn seeks_a_person(notice: &Notice, opened: &Opened) -> Result<bool, StoreError> {
    let sought = FindingKind::Sought.as_str();
    let is_person = notice.sealed || notice.kind == Kind::MissingPerson;
    Ok(is_person || opened.private()?.mentions().any(|flag| flag == sought))
}

/// The notice that a tip may be about, and what it says: what is live or, where the person sought may object to it, what
/// is kept of it until its erasure. Whether a name is theirs is not looked at before, or anybody could guess at who was
/// sought.
fn addressed(
    conn: &mut Conn,
    vault: &Vault,
    case: CaseNumber,
    objects: bool,
    now: DateTime<Utc>,
) -> Result<(Notice, Opened), IntakeError> {
    let notice = notices::by_case(conn, case)?.ok_or(IntakeError::Unknown)?;
    let takes = notice.is_public(now) || (objects && notice.kind == Kind::MissingPerson);
    let revision = Some(notice.published_or_newest()).filter(|_| takes);
    let opened = revision.map(|number| notices::opened(conn, vault, &notice, number)).transpose()?.flatten();
    let opened = opened.ok_or(IntakeError::NotPossible(notice.state_at(now).public_state()))?;
    Ok((notice, opened))
}

/// What the notice's reporter may read of its tips, newest first: never a tipster's phone.
pub(super) fn for_reporter(
    conn: &mut Conn,
    notice: Uuid,
    key: &Key,
) -> Result<Vec<(DateTime<Utc>, Content)>, StoreError> {
    tips::passed_on(conn, notice)?
        .into_iter()
        .map(|tip| Ok((tip.created_at.0, Content { phone: None, ..tip.content(key)? })))
        .collect()
}
