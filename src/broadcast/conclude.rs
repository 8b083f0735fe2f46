//! What an attempt means for the delivery, its lane, its token and its group. Pure: from the lease and
//! the platform's verdict to the record that is written.

use chrono::{DateTime, TimeDelta, Utc};

use super::course::{Course, Progress};
use super::platforms::{Act, TakeBack, Verdict, adapter};
use super::retry::{self, Attempt, Next};
use crate::domain::delivery::{ALONE, DeliveryState, Outcome, Reach, in_vain, is_alone};
use crate::domain::group::Platform;
use crate::store::leasing::Leased;
use crate::store::mutation::{self, Mutation};
use crate::store::results::{Health, Moved, Record};

/// A group is given up after failing for so long…
const FAILING: TimeDelta = TimeDelta::hours(24);
/// …in at least so many attempts: one failure a day apart proves nothing.
const PROOF: i32 = 5;
/// For so long the end of a notice is told to those who could not be reached with it…
pub const ENDING: TimeDelta = TimeDelta::days(3);
/// …and with so many requests, which is a day of them: whoever heard nothing until now has the time of all others.
const TELLING: i32 = 100;

/// How often one of those that share a token finds out whether somebody has mended what is wrong with it.
const MENDED: TimeDelta = TimeDelta::minutes(10);

/// A request that leaves so soon after its lease need not ask again whether its notice still stands.
const AT_ONCE: TimeDelta = TimeDelta::seconds(1);

/// How an attempt ended.
#[derive(Clone, Debug)]
pub struct Ended {
    pub verdict: Verdict,
    /// Where nobody answered, that may be because of us.
    pub ours: bool,
    /// The requests that its message takes on this platform.
    pub parts: usize,
    /// What the platform lets us take back with these credentials.
    pub ways: &'static [TakeBack],
    /// The words can still go out by themselves, without the picture that they went with.
    pub alone: bool,
    pub at: DateTime<Utc>,
    pub took_ms: i32,
    pub random: u64,
    /// The platform's words, sealed.
    pub answer_sealed: Option<Vec<u8>>,
    /// Where the chat has a new id.
    pub moved: Option<Moved>,
}

/// Where a leased delivery stands.
pub fn progress(leased: &Leased) -> Progress {
    Progress { part: leased.part, act: leased.act, how: leased.how }
}

/// When a lane of a platform may be used for one more request.
pub fn pace(platform: Platform, sends: &[DateTime<Utc>], now: DateTime<Utc>, random: u64) -> DateTime<Utc> {
    let at = retry::open_at(adapter(platform).profile().rate, sends, 1, now);
    if at > now { back(platform, at, random) } else { at }
}

/// When something that waits until `at` may come back: not when its platform refuses everybody.
pub fn back(platform: Platform, at: DateTime<Utc>, random: u64) -> DateTime<Utc> {
    if adapter(platform).profile().avoids_round_hours { retry::off_the_hour(at, random) } else { at }
}

/// When a token that groups share may be used for one more request.
pub fn bot_pace(platform: Platform, sends: &[DateTime<Utc>], now: DateTime<Utc>) -> DateTime<Utc> {
    retry::open_at(adapter(platform).profile().account_rate, sends, 1, now)
}

/// What becomes of a leased delivery whose request must not leave at `now`, although it could: its notice is over; it
/// would tell of an end to somebody who heard nothing; or the answer could come when somebody else holds the lane,
/// `longest` being the longest that one exchange takes. `None` where it may leave.
pub fn withheld(leased: &Leased, now: DateTime<Utc>, longest: TimeDelta) -> Option<DeliveryState> {
    let late = now + longest > leased.leased_until;
    // When the end was planned, it was not known yet that nothing had arrived.
    let unheard = leased.purpose.ends() && leased.standing.is_empty() && !mutation::on(Mutation::KeepEnding);
    let needless = is_over(leased, now) || unheard;
    needless.then_some(DeliveryState::Cancelled).or(late.then_some(DeliveryState::Open))
}

fn is_over(leased: &Leased, now: DateTime<Utc>) -> bool {
    leased.not_after.is_some_and(|end| end <= now) && !mutation::on(Mutation::SendAfterEnd)
}

/// Until when an act of a leased delivery has to wait, because it would be heard and its group wants to be left alone.
/// No phone rings where a message is edited or taken away.
pub fn quiet_until(leased: &Leased, act: Act<'_>) -> Option<DateTime<Utc>> {
    leased.quiet_until.filter(|_| !takes_back(act) && !mutation::on(Mutation::SpeakInQuiet))
}

fn takes_back(act: Act<'_>) -> bool {
    matches!(act, Act::Edit(_) | Act::Delete(_))
}

/// Whether something was waited for since the lease began, so that what it went by may be out of date.
pub fn has_waited(leased: &Leased, now: DateTime<Utc>) -> bool {
    leased.sends.last().is_none_or(|began| now - *began > AT_ONCE)
}

/// A lease that was not used: the delivery waits until `due_at`, or has ended, and so has each of those that were to
/// go along with it. It is no attempt.
pub fn not_sent(leased: Leased, state: DeliveryState, at: DateTime<Utc>, due_at: DateTime<Utc>) -> Record {
    let state_of =
        |one: &Leased| if is_over(one, at) { DeliveryState::Cancelled } else { DeliveryState::Open };
    let along = leased.along().map(|one| Record { due_at, ..unused(state_of(&one), one, at) });
    let along = along.collect();
    Record { due_at, along, ..unused(state, leased, at) }
}

fn unused(state: DeliveryState, leased: Leased, at: DateTime<Utc>) -> Record {
    let mut sends = leased.sends.clone();
    sends.pop();
    let (part, act, how, reach) = (leased.part, leased.act, leased.how, leased.reach_before);
    Record {
        state,
        tries: leased.tries,
        due_at: at,
        part,
        act,
        how,
        reach,
        outcome: (state != DeliveryState::Open).then_some("ended"),
        code: None,
        answer_sealed: None,
        message_ref: None,
        at,
        took_ms: 0,
        sends,
        lane_open_at: at,
        asked_until: DateTime::UNIX_EPOCH,
        health: Health::Unchanged,
        bot_open_at: None,
        moved: None,
        disable: None,
        apart: false,
        along: Vec::new(),
        attempted: false,
        leased,
    }
}

/// What follows from an attempt, for each of those that it told.
pub fn concluded(leased: Leased, ended: Ended) -> Record {
    // The platform's words are sealed with the key of one notice: the others' logs could not open them.
    let others = || Ended { answer_sealed: None, ..ended.clone() };
    let along: Vec<Record> = leased.along().map(|one| of_one(one, others(), true)).collect();
    let mut record = of_one(leased, ended, !along.is_empty());
    record.along = along;
    if record.state == DeliveryState::Open {
        // What goes on goes on together.
        record.along.iter_mut().for_each(|other| other.due_at = record.due_at);
    }
    record
}

/// What follows for one delivery from an attempt that told it, in a `digest` or alone.
fn of_one(leased: Leased, ended: Ended, digest: bool) -> Record {
    let (progress, standing) = (progress(&leased), leased.standing.clone());
    let course = Course::new(leased.purpose, &standing, ended.ways, ended.parts);
    let leg = Leg { act: course.next(progress), course, progress, digest, alone: ended.alone };
    let attempt = leg.attempt(&leased, &ended);
    let next = retry::next(&ended.verdict.outcome, &attempt);
    let to_mend = matches!(ended.verdict.outcome, Outcome::Config(_));
    let (wide, random, moved) = (ended.verdict.wide, ended.random, ended.moved.clone());
    let mut record = tried(leased, ended);
    leg.follow(&mut record, next, moved);
    if leg.takes_back() && !mutation::on(Mutation::DoubtTakingBack) {
        // An ending's reach is that of its own words: only they can be said once too often.
        record.reach = Reach::No;
    }
    let at = record.at;
    if wide {
        let again = if record.state == DeliveryState::Open { record.due_at } else { at };
        let again = if to_mend { again.min(at + MENDED) } else { again };
        record.bot_open_at = Some(again.max(record.asked_until)).filter(|opens| *opens > at);
    }
    for waits in [&mut record.due_at, &mut record.lane_open_at] {
        if *waits > at {
            *waits = back(record.leased.platform, *waits, random);
        }
    }
    if record.health == Health::Failing && failed_too_long(&record) {
        leg.give_up(&mut record);
        record.disable = Some("failing");
    }
    record
}

/// What is on record of an attempt before anything follows from it: its lane, and that it was tried.
fn tried(leased: Leased, ended: Ended) -> Record {
    let Ended { verdict, ours, at, took_ms, random, answer_sealed, .. } = ended;
    let mut sends = leased.sends.clone();
    if let Some(last) = sends.last_mut() {
        // By its end it had certainly arrived: the platform's window cannot hold more than ours.
        *last = at;
    }
    // What the platform asks for holds for whatever comes next, also where this delivery is given up.
    let asked_until = retry::rest_asked(&verdict, at);
    let doubt = if verdict.outcome == Outcome::Unknown { Reach::Maybe } else { Reach::No };
    // To wait as asked is no failure of the request.
    let failed = !matches!(verdict.outcome, Outcome::Slow(_));
    Record {
        tries: leased.tries.saturating_add(i16::from(failed)),
        reach: leased.reach_before.max(doubt),
        outcome: Some(verdict.outcome.as_str()),
        health: health(&verdict, ours, &leased, at),
        code: verdict.code,
        answer_sealed,
        took_ms,
        lane_open_at: pace(leased.platform, &sends, at, random).max(asked_until),
        asked_until,
        sends,
        attempted: true,
        ..unused(DeliveryState::Open, leased, at)
    }
}

/// The leg of a delivery's course that an attempt took.
struct Leg<'a> {
    course: Course<'a>,
    progress: Progress,
    act: Option<Act<'a>>,
    /// It told several notices in one message.
    digest: bool,
    /// See [`Ended::alone`].
    alone: bool,
}

impl Leg<'_> {
    fn takes_back(&self) -> bool {
        self.act.is_some_and(takes_back)
    }

    /// Whether the answers that are in doubt are counted. An alert counts them, each part its own: whether the words
    /// arrived says nothing of the picture. A crash is not counted, because the process may have ended before it sent
    /// anything.
    fn counts_doubts(&self) -> bool {
        matches!(self.act, Some(Act::Say(part)) if part > 0 || !self.course.ends())
    }

    /// The attempt as [`retry`] judges it.
    fn attempt(&self, leased: &Leased, ended: &Ended) -> Attempt {
        Attempt {
            tries: leased.tries.max(0).unsigned_abs().saturating_add(1).into(),
            failures: leased.failures.max(0).unsigned_abs(),
            fruitless: (leased.attempts - i32::from(leased.part) - i32::from(in_vain(leased.act)))
                .max(1)
                .unsigned_abs(),
            bears: ended.verdict.tries,
            reach: match (self.counts_doubts(), in_vain(leased.act)) {
                (false, _) => leased.reach_before,
                (true, 0) => Reach::No,
                (true, _) => Reach::Maybe,
            },
            // Nobody sees that a message is taken back twice.
            idempotent: adapter(leased.platform).profile().idempotent
                || (self.takes_back() && !mutation::on(Mutation::DoubtTakingBack)),
            now: ended.at,
            random: ended.random,
            until: until(leased),
        }
    }

    /// Writes down what comes next.
    fn follow(&self, record: &mut Record, next: Next, moved: Option<Moved>) {
        match next {
            Next::Done(reference) => {
                // What tells of several notices cannot be taken back for one of them.
                let named = !self.digest && matches!(self.act, Some(Act::Say(_)));
                record.message_ref = reference.filter(|_| named);
                record.reach = Reach::Yes;
                self.go_on(record, self.course.done(self.progress));
                // Its log still tells that its words went alone.
                record.act = record.act.min(self.progress.act);
            }
            Next::At(due) => {
                record.due_at = due;
                record.lane_open_at = record.lane_open_at.max(retry::rest(record.at, due));
                let doubtful = record.outcome == Some(Outcome::Unknown.as_str());
                if doubtful && self.counts_doubts() {
                    record.act += if is_alone(record.act) { -1 } else { 1 };
                }
            }
            Next::Hold(until) | Next::Mend(_, until) => hold(record, until),
            Next::Anew(until) => {
                record.tries = 0;
                hold(record, until);
            }
            Next::Move(_) => record.moved = moved,
            // Perhaps for the sake of one of them: each is tried by itself.
            Next::GiveUp(retry::Why::Refused) if self.digest => record.apart = true,
            Next::GiveUp(retry::Why::Refused) if self.alone && !mutation::on(Mutation::KeepPicture) => {
                // With its picture it may be in doubt already.
                self.go_on(record, Progress { act: ALONE - self.progress.act, ..self.progress });
            }
            Next::GiveUp(retry::Why::Refused) if let Some(progress) = self.course.refused(self.progress) => {
                self.go_on(record, progress);
            }
            Next::GiveUp(_) => self.give_up(record),
            Next::Disable => {
                self.give_up(record);
                record.disable = Some("gone");
            }
        }
    }

    fn go_on(&self, record: &mut Record, progress: Progress) {
        if mutation::on(Mutation::ForgetPart) {
            return;
        }
        (record.part, record.act, record.how) = (progress.part, progress.act, progress.how);
        record.tries = 0;
        if self.course.next(progress).is_none() {
            record.state = DeliveryState::Delivered;
        }
    }

    /// Words that arrived without their picture have arrived.
    fn give_up(&self, record: &mut Record) {
        let spoken = self.course.has_spoken(self.progress);
        record.state = if spoken { DeliveryState::Delivered } else { DeliveryState::GivenUp };
    }
}

/// Nothing more to this group before that moment.
fn hold(record: &mut Record, until: DateTime<Utc>) {
    record.due_at = until;
    record.lane_open_at = record.lane_open_at.max(until);
}

/// After that moment a delivery is not tried again.
fn until(leased: &Leased) -> DateTime<Utc> {
    let ending = if leased.attempts < TELLING { DateTime::<Utc>::MAX_UTC } else { leased.said_at + ENDING };
    leased.not_after.unwrap_or(ending)
}

/// What an attempt tells of its lane. A message that is refused tells nothing of the next one.
fn health(verdict: &Verdict, ours: bool, leased: &Leased, at: DateTime<Utc>) -> Health {
    let before = leased.sends.iter().rev().nth(1);
    match &verdict.outcome {
        Outcome::Delivered(_) => Health::Well,
        Outcome::Retry if ours && !verdict.answered => Health::Unheard,
        Outcome::Gone | Outcome::Config(_) | Outcome::Retry | Outcome::Unknown => {
            // What failed a day ago and was not tried since may have been well in between.
            let anew = leased.failures > 0 && before.is_none_or(|before| at - *before >= FAILING);
            if anew { Health::FailingAnew } else { Health::Failing }
        }
        Outcome::Slow(_) | Outcome::Bad | Outcome::Moved(_) => Health::Unchanged,
    }
}

fn failed_too_long(record: &Record) -> bool {
    record.leased.failing_since.is_some_and(|since| record.at - since >= FAILING)
        && record.leased.failures + 1 >= PROOF
}

#[cfg(test)]
mod tests;
