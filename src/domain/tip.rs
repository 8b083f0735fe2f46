//! What somebody saw, as they told it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::notice::Kind;
use super::screening::FindingKind;

/// The flag of a tip that calls its notice false, or says in words to come from the person sought.
pub const CALLED_FALSE: &str = "called_false";

/// The flag of a tip whose writer ticked that they are the person sought, or a parent whom the child is with.
pub const FROM_SOUGHT: &str = "from_sought";

/// The flag of a tip that says, or asks for, what somebody does who hides from the reporter.
pub const MAY_HIDE: &str = "may_hide";

/// What a tip says; sealed where it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    pub text: String,
    pub seen_at: Option<DateTime<Utc>>,
    pub place: Option<String>,
    /// E.164; only for those who verify.
    pub phone: Option<String>,
    /// What the screening found, as codes.
    pub flags: Vec<String>,
    /// It was passed on to the police: the reporter learns that, and no word of it.
    #[serde(default)]
    pub guarded: bool,
    /// It was passed on while another tip guarded all of them at once: as long as one does, it is guarded as well.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub guarded_meanwhile: bool,
}

impl Content {
    /// Whether it calls its notice false, or comes from the person sought. That is for those who verify and the
    /// police, never for the reporter.
    pub fn objects(&self) -> bool {
        self.has(CALLED_FALSE) || self.has(FROM_SOUGHT)
    }

    /// Whether it speaks of violence, of flight, of a dispute about a child or of hiding: who is sought may be hiding
    /// from the reporter.
    pub fn tells_of_danger(&self) -> bool {
        use FindingKind::{Custody, Flight, Left, Violence};
        let of_danger = [Custody, Flight, Left, Violence].map(FindingKind::as_str);
        self.has(MAY_HIDE) || of_danger.into_iter().any(|flag| self.has(flag))
    }

    /// Whether the reporter of such a notice reads no tip any more after this one: it tells of a danger to the
    /// person sought.
    pub fn guards(&self, kind: Kind) -> bool {
        kind == Kind::MissingPerson && self.tells_of_danger()
    }

    /// Whether the reporter reads none that is passed on while this one is held: what objects may wait for a lead.
    pub fn guards_at_once(&self, kind: Kind) -> bool {
        self.objects() && self.guards(kind)
    }

    /// Whether that flag was raised.
    pub fn has(&self, flag: &str) -> bool {
        self.flags.iter().any(|raised| raised == flag)
    }

    /// Raises a flag in the place of another one, or beside all others.
    pub fn raise(&mut self, flag: &str, instead_of: Option<&str>) {
        self.flags.retain(|raised| raised != flag && Some(raised.as_str()) != instead_of);
        self.flags.push(flag.to_owned());
    }
}
