//! What stands in a group's chat about a notice that has ended, and is to be taken back.

use std::collections::HashMap;

use chrono::TimeDelta;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};

use super::leasing::Leased;
use super::mutation::{self, Mutation};
use super::statement::{Column, Statement, Value};
use super::types::Time;
use super::types::sql::Ts;
use super::{Conn, StoreResult, both};
use crate::domain::group::Platform;

#[derive(Queryable)]
struct Spoken {
    ending: i64,
    message_ref: Option<String>,
    /// Requests that were not certainly refused.
    arrived: i64,
    /// The platform proved that the last of them that may have arrived did.
    proved: bool,
    /// Some of them may have been digests: then the last request was a different one.
    digest: bool,
    /// When it was decided to say it: no request of it is older.
    said_at: Time,
    /// When the last request arrived that was proved.
    delivered_at: Option<Time>,
}

/// The columns of [`Spoken`].
type SpokenRow = (BigInt, Nullable<Text>, BigInt, Bool, Bool, Ts, Nullable<Ts>);

impl Spoken {
    /// What a delivery may have left in the chat: every message we can name, and `None` once for one that may
    /// be there and that we cannot name, because its answer was lost. A platform that `remembers` requests for so
    /// long makes no second message of the same one: what it proved in that time it has not doubled.
    fn messages(self, remembers: Option<TimeDelta>) -> Vec<Option<String>> {
        let known = remembers.is_some_and(|remembers| self.is_proved_within(remembers));
        // A message of several parts has several references, one of them empty where a robot or a token that
        // was replaced since has said a part, or perhaps a digest all.
        let named = self.message_ref.iter().flat_map(|references| references.lines());
        let mut messages: Vec<_> =
            named.map(|reference| Some(reference.to_owned()).filter(|named| !named.is_empty())).collect();
        let settled = (known && self.proved && !self.digest) || mutation::on(Mutation::ForgetDoubt);
        if messages.is_empty() || (self.arrived > messages.len() as i64 && !settled) {
            messages.push(None);
        }
        messages
    }

    /// Whether its last proof came so soon that its platform still knew every request of it.
    fn is_proved_within(&self, remembers: TimeDelta) -> bool {
        let soon = self.delivered_at.is_some_and(|at| at.0 - self.said_at.0 < remembers);
        soon || mutation::on(Mutation::TrustLateProof)
    }
}

/// Adds to the leased endings what their notice has left in the chat. `remembers` says for how long a platform
/// makes no second message of the same request.
pub fn add_standing(
    conn: &mut Conn,
    leased: &mut [Leased],
    remembers: impl Fn(Platform) -> Option<TimeDelta>,
) -> StoreResult<()> {
    struct Stands;
    let endings: Vec<i64> = leased.iter().filter(|l| l.purpose.ends()).map(|l| l.delivery).collect();
    if endings.is_empty() {
        return Ok(());
    }
    let ids = serde_json::to_string(&endings)?;
    let (among, ids) = match conn {
        Conn::Sqlite(_) => ("IN (SELECT value FROM json_each(?))", Value::from(ids.as_str())),
        Conn::Pg(_) => ("= ANY (?)", Value::Column(Column::Int(endings.iter().copied().map(Some).collect()))),
    };
    // Words that arrived before their picture prove nothing about the picture, which a process may have sent
    // before it died. What was refused since the last proof concerns the part that came next.
    let forget = if mutation::on(Mutation::TrustWords) { "TRUE" } else { "FALSE" };
    // CROSS tells SQLite to come to the group's deliveries last, by their broadcasts: it would begin with all that
    // the group ever heard.
    let sql = format!(
        "SELECT e.id, d.message_ref, \
           d.attempts - (SELECT COUNT(*) FROM attempts a WHERE a.delivery_id = d.id \
             AND a.outcome NOT IN ('delivered', 'unknown')), \
           d.proved > 0 AND ({forget} OR d.attempts - d.proved = (SELECT COUNT(*) FROM attempts a \
             WHERE a.delivery_id = d.id AND a.part = d.part AND a.outcome NOT IN ('delivered', 'unknown'))), \
           d.digest, b.created_at, d.delivered_at \
         FROM deliveries e CROSS JOIN broadcasts eb CROSS JOIN broadcasts b CROSS JOIN deliveries d \
         WHERE eb.id = e.broadcast_id AND b.notice_id = eb.notice_id AND b.purpose IN ('alert', 'update') \
           AND d.broadcast_id = b.id AND d.group_id = e.group_id AND d.reach > 0 AND e.id {among} \
         ORDER BY d.id"
    );
    let found: Vec<Spoken> = both!(conn, c => Statement::<Stands, SpokenRow>::new(&sql, [&ids]).load(c))?;
    let mut of: HashMap<i64, Vec<Spoken>> = HashMap::new();
    for one in found {
        of.entry(one.ending).or_default().push(one);
    }
    for leased in leased {
        let standing = of.remove(&leased.delivery).unwrap_or_default().into_iter();
        leased.standing = standing.flat_map(|one| one.messages(remembers(leased.platform))).collect();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::fixture::at;

    /// What perhaps stands of a message that was said at most so often, and proved an hour after it was decided on.
    fn stands(message_ref: &str, arrived: i64, digest: bool, remembers: TimeDelta) -> Vec<Option<String>> {
        let (said_at, delivered_at) = (Time(at(0)), Some(Time(at(60 * 60))));
        let message_ref = Some(message_ref.to_owned());
        Spoken { ending: 1, message_ref, arrived, proved: true, digest, said_at, delivered_at }
            .messages(Some(remembers))
    }

    #[test]
    fn what_another_robot_has_said_cannot_be_named() {
        let stands = |message_ref: &str, arrived| stands(message_ref, arrived, false, TimeDelta::days(1));
        assert_eq!(stands("", 1), [None]);
        assert_eq!(stands("\nm2", 2), [None, Some("m2".to_owned())]);
    }

    #[test]
    fn what_may_have_been_told_in_a_digest_before_it_was_told_alone_is_in_doubt() {
        let stands = |digest| stands("m2", 2, digest, TimeDelta::days(1));
        assert_eq!(stands(false), [Some("m2".to_owned())], "the same request makes no second message");
        assert_eq!(stands(true), [Some("m2".to_owned()), None], "a digest was another request");
    }

    #[test]
    fn what_is_proved_when_its_platform_may_have_forgotten_it_is_in_doubt() {
        let stands = |seconds| stands("m2", 2, false, TimeDelta::seconds(seconds));
        assert_eq!(stands(60 * 60 + 1), [Some("m2".to_owned())]);
        assert_eq!(stands(60 * 60), [Some("m2".to_owned()), None]);
    }
}
