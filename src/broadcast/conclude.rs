//! What an attempt means for the delivery, its lane, its bot and its group. Pure: it turns the lease and
//! the platform's verdict into the record to be written.

use chrono::{DateTime, TimeDelta, Utc};

use self::health::{failed_too_long, health};
use super::course::{Course, Progress};
use super::platforms::{Act, TakeBack, Verdict, adapter};
use super::retry::{self, Next, SoFar};
use crate::domain::delivery::{ActSoFar, DeliveryState, EndedAs, Outcome, Reach};
use crate::domain::group::{Platform, WhyDisabled};
use crate::store::due::Sound;
use crate::store::lanes::{self, UNNAMED};
use crate::store::leasing::Leased;
use crate::store::mutation::{self, Mutation};
use crate::store::results::{Health, Moved, Record};

mod health;
mod judged;

pub use judged::{Judged, judged, sealed_answer};

/// The end of a notice is told to groups that cannot be reached for at least this long.
pub const ENDING: TimeDelta = TimeDelta::days(3);
/// The end of a notice is tried with at least this many requests, which is about a day of them, so that a
/// group that is first tried late gets as much time as the others.
const TELLING: i32 = 100;

/// How often a picture that replaces a face is uploaded in vain, for 45 minutes, before its message is deleted.
const UPLOADS: i16 = 9;

/// How often one of the groups that share a bot tries whether its fault has been mended.
const MENDED: TimeDelta = TimeDelta::minutes(10);

/// A request that leaves this soon after its lease need not ask the database again whether it may go.
const AT_ONCE: TimeDelta = TimeDelta::seconds(1);

/// How an attempt ended.
#[derive(Clone, Debug)]
pub struct Ended {
    pub verdict: Verdict,
    /// Whether it may be our own fault that nobody answered.
    pub ours: bool,
    /// The requests that its message takes on this platform.
    pub parts: usize,
    /// What the platform lets us take back with these credentials.
    pub ways: &'static [TakeBack],
    /// The picture that went with it may be why: it was refused with it, or uploaded and nobody answered.
    pub alone: bool,
    pub at: DateTime<Utc>,
    pub took_ms: i32,
    pub random: u64,
    /// The platform's words, sealed.
    pub answer_sealed: Option<Vec<u8>>,
    /// The new address, where the chat has a new id.
    pub moved: Option<Moved>,
}

/// How far a leased delivery has come.
pub fn progress(leased: &Leased) -> Progress {
    Progress { part: leased.part, act: leased.act, how: leased.how }
}

/// When a lane of a platform may be used for one more request.
pub fn pace(platform: Platform, sends: &[DateTime<Utc>], now: DateTime<Utc>, random: u64) -> DateTime<Utc> {
    let at = retry::open_at(adapter(platform).profile().rate, sends, 1, now);
    if at > now { back(platform, at, random) } else { at }
}

/// When something that waits until `at` should come back: not at a time at which its platform refuses
/// everybody.
pub fn back(platform: Platform, at: DateTime<Utc>, random: u64) -> DateTime<Utc> {
    if adapter(platform).profile().avoids_round_hours { retry::off_the_hour(at, random) } else { at }
}

/// When a bot may be used for one more request.
pub fn bot_pace(platform: Platform, sends: &[DateTime<Utc>], now: DateTime<Utc>) -> DateTime<Utc> {
    retry::open_at(adapter(platform).profile().account_rate, sends, 1, now)
}

/// What becomes of a leased delivery whose request must not leave at `now`; `None` where it may leave. It
/// must not where its notice is over, where it would tell of an end to a group that heard nothing, or where
/// its answer could come after the lease has expired, `longest` being the longest that one exchange takes.
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

/// Until when an act of a leased delivery has to wait, because it would be heard and its group wants to be
/// left alone.
pub fn quiet_until(leased: &Leased, act: Act<'_>) -> Option<DateTime<Utc>> {
    leased.quiet_until.filter(|_| !takes_back(act) && !mutation::on(Mutation::SpeakInQuiet))
}

/// Whether an act takes a message back, which makes no sound.
fn takes_back(act: Act<'_>) -> bool {
    matches!(act, Act::Edit(_) | Act::Delete(_))
}

/// Whether a chat notices an act.
pub fn sound(act: Act<'_>) -> Sound {
    if takes_back(act) { Sound::Silent } else { Sound::Aloud }
}

/// Whether it has waited for something since its lease began, so that what the lease went by may be out of
/// date.
pub fn has_waited(leased: &Leased, now: DateTime<Utc>) -> bool {
    leased.sends.last().is_none_or(|began| now - *began > AT_ONCE) && !mutation::on(Mutation::TrustOldLease)
}

/// Concludes a lease that was not used: the delivery waits until `due_at`, or has ended, and so does each of
/// its companions. It counts as no attempt.
pub fn not_sent(leased: Leased, state: DeliveryState, at: DateTime<Utc>, due_at: DateTime<Utc>) -> Record {
    let state_of =
        |one: &Leased| if is_over(one, at) { DeliveryState::Cancelled } else { DeliveryState::Open };
    let along = leased.along().map(|one| Record { due_at, ..unused(state_of(&one), one, at) }).collect();
    Record { due_at, along, ..unused(state, leased, at) }
}

fn unused(state: DeliveryState, leased: Leased, at: DateTime<Utc>) -> Record {
    let mut sends: Vec<_> = lanes::sent_by(&leased.sends, at).collect();
    sends.pop();
    // Words that arrived have arrived, though their picture does not follow.
    let spoken = state == DeliveryState::Cancelled && leased.reach_before == Reach::Yes;
    let (part, act, how, reach) = (leased.part, leased.act, leased.how, leased.reach_before);
    Record {
        state: if spoken { DeliveryState::Delivered } else { state },
        tries: leased.tries,
        due_at: at,
        part,
        act,
        how,
        reach,
        outcome: (state != DeliveryState::Open && !spoken).then_some(EndedAs::Ended),
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
        failing: None,
        apart: false,
        along: Vec::new(),
        attempted: false,
        answered: false,
        leased,
    }
}

/// What follows from an attempt, for each delivery that it told.
pub fn concluded(leased: Leased, ended: Ended) -> Record {
    // The platform's words are sealed under the key of one notice: the logs of the other deliveries could not
    // open them.
    let others = || Ended { answer_sealed: None, ..ended.clone() };
    let along: Vec<Record> = leased.along().map(|one| of_one(one, others(), Told::InDigest)).collect();
    let told = if along.is_empty() { Told::ByItself } else { Told::InDigest };
    let mut record = of_one(leased, ended, told);
    record.along = along;
    if record.state == DeliveryState::Open {
        // A digest that goes on goes on as a whole.
        record.along.iter_mut().for_each(|other| other.due_at = record.due_at);
    }
    record
}

/// How an attempt told a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    ByItself,
    /// With others, in one message.
    InDigest,
}

/// What follows for one delivery from an attempt that told it.
fn of_one(leased: Leased, ended: Ended, told: Told) -> Record {
    let (progress, standing) = (progress(&leased), leased.standing.clone());
    let profile = adapter(leased.platform).profile();
    let course = Course::new(leased.purpose, &standing, ended.ways, profile, ended.parts);
    let leg = Leg { act: course.next(progress), course, progress, told, alone: ended.alone };
    let so_far = leg.so_far(&leased, &ended);
    let next = retry::next(&ended.verdict.outcome, &so_far);
    let to_mend = matches!(ended.verdict.outcome, Outcome::Config(_));
    let (wide, random, moved) = (ended.verdict.wide, ended.random, ended.moved.clone());
    let mut record = tried(leased, ended, leg.act);
    leg.follow(&mut record, next, moved);
    if leg.takes_back() && !mutation::on(Mutation::DoubtTakingBack) {
        // The reach of an ending is about its own words: only they can be said once too often.
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
        record.failing = Some(leg.given_up());
    }
    record
}

/// What is recorded of an attempt whatever follows from it: its lane, and that it was tried.
fn tried(leased: Leased, ended: Ended, act: Option<Act<'_>>) -> Record {
    let health = health(&ended, &leased, act);
    let Ended { verdict, at, took_ms, random, answer_sealed, .. } = ended;
    let mut sends: Vec<_> = lanes::sent_by(&leased.sends, at).collect();
    if let Some(last) = sends.last_mut() {
        // By its end it had certainly arrived: the platform's window cannot hold more than ours.
        *last = at;
    }
    // What the platform asks for holds for whatever comes next, even where this delivery is given up.
    let asked_until = retry::rest_asked(&verdict, at);
    let doubt = if verdict.outcome == Outcome::Unknown { Reach::Maybe } else { Reach::No };
    // Being asked to wait is not a failure of the request.
    let failed = !matches!(verdict.outcome, Outcome::Slow(_));
    Record {
        tries: leased.tries.saturating_add(i16::from(failed)),
        reach: leased.reach_before.max(doubt),
        outcome: Some(verdict.outcome.ended_as()),
        health,
        code: verdict.code,
        answered: verdict.answered,
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
    told: Told,
    /// See [`Ended::alone`].
    alone: bool,
}

impl Leg<'_> {
    fn takes_back(&self) -> bool {
        self.act.is_some_and(takes_back)
    }

    /// Whether doubtful answers are counted. Those to an alert are, for each part by itself, because whether
    /// the words arrived says nothing about the picture. A crash is not counted, because the process may have
    /// died before it sent anything.
    fn counts_doubts(&self) -> bool {
        matches!(self.act, Some(Act::Say(part)) if part > 0 || !self.course.ends())
    }

    /// The attempt as [`retry`] judges it.
    fn so_far(&self, leased: &Leased, ended: &Ended) -> SoFar {
        SoFar {
            tries: leased.tries.max(0).unsigned_abs().saturating_add(1).into(),
            failures: leased.failures.max(0).unsigned_abs(),
            fruitless: (leased.attempts - i32::from(leased.part) - i32::from(leased.act.in_vain))
                .max(1)
                .unsigned_abs(),
            bears: ended.verdict.tries,
            reach: match (self.counts_doubts(), leased.act.in_vain) {
                (false, _) => leased.reach_before,
                (true, 0) => Reach::No,
                (true, _) => Reach::Maybe,
            },
            // Nobody notices that a message is taken back twice.
            idempotent: is_idempotent(leased.platform)
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
                // A message that tells of several notices cannot be taken back for one of them.
                let named = self.told == Told::ByItself && matches!(self.act, Some(Act::Say(_)));
                record.message_ref = reference.filter(|_| named);
                record.reach = Reach::Yes;
                record.moved = moved;
                self.go_on(record, self.course.done(self.progress));
                if self.progress.act.alone {
                    // The log still shows that its words went alone.
                    record.act = self.progress.act;
                }
            }
            Next::At(due) => {
                record.due_at = due;
                record.lane_open_at = record.lane_open_at.max(retry::rest(record.at, due));
                let doubtful = record.outcome == Some(EndedAs::Unknown) && self.counts_doubts();
                let hangs = self.takes_back() && self.alone && record.tries >= UPLOADS;
                if hangs && let Some(progress) = self.course.refused(self.progress) {
                    self.go_on(record, progress);
                } else if doubtful && self.goes_apart(record) {
                    // With other members the digest would be another request, and one more message. Alone
                    // each is the same request every time.
                    record.apart = true;
                    record.message_ref = Some(UNNAMED.to_owned());
                } else if doubtful {
                    record.act = record.act.once_more_in_vain();
                    record.act.alone |= self.alone;
                }
            }
            Next::Hold(until) | Next::Mend(_, until) => hold(record, until),
            Next::Anew(until) => {
                record.tries = 0;
                hold(record, until);
            }
            Next::Move(_) => record.moved = moved,
            // Perhaps only one of them was refused: each is tried by itself.
            Next::GiveUp(retry::Why::Refused) if self.told == Told::InDigest => {
                record.apart = true;
                if record.reach > Reach::No {
                    // An earlier digest may stand there.
                    record.message_ref = Some(UNNAMED.to_owned());
                }
            }
            Next::GiveUp(retry::Why::Refused) if self.alone && !mutation::on(Mutation::KeepPicture) => {
                // Keeps the doubts that were counted while the picture went with it.
                let act = ActSoFar { alone: true, ..self.progress.act };
                self.go_on(record, Progress { act, ..self.progress });
            }
            Next::GiveUp(retry::Why::Refused) if let Some(progress) = self.course.refused(self.progress) => {
                self.go_on(record, progress);
            }
            Next::GiveUp(_) => record.state = self.given_up(),
            Next::Disable => {
                record.state = self.given_up();
                record.disable = Some(WhyDisabled::Gone);
            }
        }
    }

    /// Whether what a digest told goes on one by one after a doubtful answer.
    fn goes_apart(&self, record: &Record) -> bool {
        let same = is_idempotent(record.leased.platform) && !mutation::on(Mutation::GatherAgain);
        same && self.told == Told::InDigest
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

    /// What the delivery comes to when it is given up: words that arrived without their picture have arrived.
    fn given_up(&self) -> DeliveryState {
        let spoken = self.course.has_spoken(self.progress);
        if spoken { DeliveryState::Delivered } else { DeliveryState::GivenUp }
    }
}

/// Whether a platform makes no second message of the same request.
fn is_idempotent(platform: Platform) -> bool {
    adapter(platform).profile().remembers.is_some()
}

/// Sends nothing more to this group before that moment.
fn hold(record: &mut Record, until: DateTime<Utc>) {
    record.due_at = until;
    record.lane_open_at = record.lane_open_at.max(until);
}

/// After this moment a delivery is not tried again.
fn until(leased: &Leased) -> DateTime<Utc> {
    let ending = if leased.attempts < TELLING { DateTime::<Utc>::MAX_UTC } else { leased.said_at + ENDING };
    leased.not_after.unwrap_or(ending)
}

#[cfg(test)]
mod tests;
