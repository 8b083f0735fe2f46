//! Notices for this station's tests.

use chrono::DateTime;
use uuid::Uuid;

use crate::domain::life_cycle::{Needs, State};
use crate::domain::notice::Kind;
use crate::store::notices::Notice;
use crate::store::types::{Id, Time};

/// A notice in that state, submitted at the beginning of 1970 and held by nobody; its case number is well
/// formed.
pub fn notice(state: State, needs: Needs) -> Notice {
    let then = Time(DateTime::UNIX_EPOCH);
    Notice {
        id: Id(Uuid::from_u128(72)),
        case_number: crate::domain::case_number::CaseNumber::from_bits(72),
        kind: Kind::MissingPerson,
        region: "131003".to_owned(),
        state,
        version: 1,
        revision: 1,
        live_revision: None,
        pending_revision: None,
        urgency: 3,
        missing_since: then,
        submitted_at: then,
        needs_approvals: needs.approvals.into(),
        needs_leads: needs.leads.into(),
        sealed: false,
        submitted_by: None,
        claimed_by: None,
        claimed_until: None,
        cooling_until: None,
        live_at: None,
        ends_at: None,
        ended_at: None,
        outcome: None,
        announce: false,
        erase_at: None,
        key_wrapped: None,
        manage_hash: None,
        phone_hash: None,
        second_look_at: None,
        police_due_at: None,
        renewals: 0,
        pending_urgency: None,
    }
}
