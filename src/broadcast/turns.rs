//! The turns of what waits for a bot. Pure; the time is handed in.
//!
//! Very many groups may wait for one bot. If all of them came back whenever it takes one more request, each
//! request would cost a look at all the others. So each gets a turn of its own, after what is as urgent or
//! more urgent. Turns follow each other at twice the pace of the bot's budget, so that the bot never waits
//! for us where some do not come. A turn is no promise: the budget, which all nodes share (`store/bots`),
//! decides, and whatever finds it used up gets another turn.
//!
//! A turn comes within a minute of the moment at which the bot opens, because others may be cancelled: so a
//! delivery is looked at a few times, and once more for every minute that it waits. A bot that is open is left to
//! closings that have their turn soon, unless ten turns in a row are missed: then nobody has them any more.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use chrono::{DateTime, SubsecRound as _, Utc};

use super::platforms::Budget;
use super::retry::{after, open_at};
use crate::domain::delivery::Priority;
use crate::store::bots::BotView;

/// Turns within this time are one: a batch of leases costs nearly the same for few as for many. It is also the
/// shortest wait of what leaves its turn to something more urgent.
const TOGETHER: Duration = Duration::from_millis(100);
/// How long after the bot opens the last turn is: meanwhile those with earlier turns may be cancelled.
const LATEST: Duration = Duration::from_secs(60);
/// Bots that are remembered, at most; to forget their turns costs a few looks.
const REMEMBERED: usize = 10_000;

/// The turns that this process has given.
#[derive(Debug, Default)]
pub struct Turns {
    /// For each bot the next turn of each priority.
    next: HashMap<String, BTreeMap<Priority, DateTime<Utc>>>,
}

impl Turns {
    /// When something of that priority may use a bot with these budgets: `now`, or else when its turn
    /// comes.
    pub fn turn(
        &mut self,
        bot: &BotView<'_>,
        budgets: &[Budget],
        priority: Priority,
        now: DateTime<Utc>,
    ) -> DateTime<Utc> {
        let mut opens = open_at(budgets, bot.recent, 1, bot.open_at);
        if opens <= now {
            let used_at = bot.recent.iter().copied().max();
            let idle_since = used_at.map_or(opens, |at| at.max(opens));
            if !self.is_left_to_others(bot.id, priority, now, after(idle_since, missed(budgets))) {
                return now;
            }
            opens = after(now, TOGETHER);
        }
        if self.next.len() >= REMEMBERED && !self.next.contains_key(bot.id) {
            self.next.clear();
        }
        let next = self.next.entry(bot.id.to_owned()).or_default();
        let last = next.range(..=priority).map(|(_, next)| *next).max();
        let turn = last.unwrap_or(opens).clamp(opens, after(opens, LATEST));
        next.insert(priority, after(turn, apart(budgets)));
        turn.trunc_subsecs(1).max(opens)
    }

    /// Whether a bot that is open is left to something more urgent, which has its turn soon. If nobody takes
    /// a turn until `forgotten_at`, whatever had one waits no more.
    fn is_left_to_others(
        &mut self,
        bot: &str,
        priority: Priority,
        now: DateTime<Utc>,
        forgotten_at: DateTime<Utc>,
    ) -> bool {
        if forgotten_at <= now {
            self.next.remove(bot);
        }
        self.next.get(bot).is_some_and(|next| next.range(..priority).any(|(_, next)| *next > now))
    }
}

/// How far turns are apart.
fn apart(budgets: &[Budget]) -> Duration {
    budgets.iter().map(|budget| budget.per / (2 * budget.count)).max().unwrap_or_default()
}

/// How long a bot that is open stays unused when nobody waits for it.
fn missed(budgets: &[Budget]) -> Duration {
    /// So many turns in a row are not missed by chance.
    const TURNS: u32 = 10;
    apart(budgets).max(TOGETHER) * TURNS
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;
    use crate::domain::group::Platform;

    const TEN_A_SECOND: [Budget; 1] = [Budget { count: 10, per: Duration::from_secs(1) }];

    fn at(millis: i64) -> DateTime<Utc> {
        Utc.timestamp_millis_opt(1_800_000_000_000 + millis).unwrap()
    }

    /// Asks for a turn of a bot that was last used ten times at that moment.
    fn ask(turns: &mut Turns, used: i64, priority: Priority, now: i64) -> i64 {
        let recent = [at(used); 10];
        let bot = BotView { id: "bot", platform: Platform::Discord, recent: &recent, open_at: at(0) };
        (turns.turn(&bot, &TEN_A_SECOND, priority, at(now)) - at(0)).num_milliseconds()
    }

    #[test]
    fn what_waits_gets_turns_at_twice_the_pace_of_the_budget() {
        let mut turns = Turns::default();
        let given: Vec<i64> = (0..6).map(|_| ask(&mut turns, 0, Priority::Usual, 10)).collect();
        assert_eq!(given, [1_000, 1_000, 1_100, 1_100, 1_200, 1_200]);
        let last = (0..2_000).map(|_| ask(&mut turns, 0, Priority::Usual, 10)).max();
        assert_eq!(last, Some(61_000), "none waits longer than a minute to be looked at");
    }

    #[test]
    fn what_is_less_urgent_comes_later_and_takes_no_turn_of_others() {
        let mut turns = Turns::default();
        let given: Vec<i64> = (0..4).map(|_| ask(&mut turns, 0, Priority::Closing, 10)).collect();
        assert_eq!(given, [1_000, 1_000, 1_100, 1_100]);
        assert_eq!(ask(&mut turns, 0, Priority::Usual, 10), 1_200);
        assert_eq!(ask(&mut turns, 0, Priority::Correction, 10), 1_000, "it waits for nothing less urgent");
        // The bot is open, and the last closings have their turn soon.
        assert_eq!(ask(&mut turns, 0, Priority::Usual, 1_050), 1_200);
        assert_eq!(ask(&mut turns, 0, Priority::Closing, 1_050), 1_050);
        assert_eq!(ask(&mut turns, 0, Priority::Usual, 1_200), 1_200, "the closings have had their turns");
    }

    #[test]
    fn turns_that_nobody_takes_keep_nobody_waiting() {
        let mut turns = Turns::default();
        for _ in 0..2_000 {
            ask(&mut turns, 0, Priority::Closing, 10);
        }
        assert!(ask(&mut turns, 1_000, Priority::Usual, 2_500) > 60_000);
        // All of them were cancelled.
        assert_eq!(ask(&mut turns, 1_000, Priority::Usual, 3_000), 3_000);
        assert_eq!(ask(&mut turns, 3_000, Priority::Usual, 3_000), 4_000);
    }

    #[test]
    fn what_waits_for_a_platform_that_asked_to_wait_has_its_turns_afterwards() {
        let mut turns = Turns::default();
        let bot = BotView { id: "bot", platform: Platform::Discord, recent: &[], open_at: at(30_050) };
        let mut ask = |open_at| {
            let bot = BotView { open_at, ..bot };
            turns.turn(&bot, &TEN_A_SECOND, Priority::Usual, at(0))
        };
        assert_eq!([ask(at(30_050)), ask(at(30_050))], [at(30_050), at(30_100)]);
        assert_eq!(ask(DateTime::<Utc>::MAX_UTC), DateTime::<Utc>::MAX_UTC);
    }
}
