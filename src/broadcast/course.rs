//! The course of a delivery: which requests it is made of, and which comes next. Pure.
//!
//! A delivery that says something consists of the parts of its message, in order. One that tells of an end
//! first takes back every message that stands in the chat, one after the other: it edits it where the
//! platform allows that, else deletes it. Only where one of them stays as it was, or may stand where we
//! cannot reach it, the chat is told once by a further message. A correction is always told where the platform
//! shows what an edited message said before: there it deletes first, because an edit would leave what is false,
//! or endangers somebody, one click away.
//!
//! Edits and deletions are silent, so an ending is leased in quiet hours and while its group is paused, too; only
//! the message that would be heard is put off. In a disabled group nothing is taken back until control of it is
//! proved again.

use super::platforms::{Act, Profile, TakeBack};
use crate::domain::delivery::{ActSoFar, How, Purpose};

/// How far a delivery has come, as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Requests done: first one for each message that was taken back or had to be left, then the parts.
    pub part: i16,
    pub act: ActSoFar,
    /// The worst result of taking back, over all messages so far.
    pub how: Option<How>,
}

/// What there is to do.
#[derive(Clone, Debug)]
pub struct Course<'a> {
    standing: Vec<&'a str>,
    ways: Vec<TakeBack>,
    replies: bool,
    /// Whether something stands in the chat that cannot be taken back, or may.
    untold: bool,
    /// Whether the message is said although everything is taken back.
    corrects: bool,
    ends: bool,
    parts: usize,
}

impl<'a> Course<'a> {
    /// The course of a delivery: `standing` as leased, `ways` of its robot, the profile of its platform, and
    /// `parts` of its message.
    pub fn new(
        purpose: Purpose,
        standing: &'a [Option<String>],
        ways: &[TakeBack],
        profile: &Profile,
        parts: usize,
    ) -> Course<'a> {
        let ends = purpose.ends();
        let corrects = purpose == Purpose::Correction && profile.keeps_edited;
        let mut back: Vec<TakeBack> = ways.iter().copied().filter(|way| *way != TakeBack::Reply).collect();
        if corrects {
            back.sort_by_key(|way| *way != TakeBack::Delete);
        }
        let named = standing.iter().filter_map(Option::as_deref);
        let standing_named: Vec<&str> = if ends && !back.is_empty() { named.collect() } else { Vec::new() };
        Course {
            untold: standing_named.is_empty() || standing.iter().any(Option::is_none),
            corrects,
            replies: ways.contains(&TakeBack::Reply),
            standing: standing_named,
            ways: back,
            ends,
            parts,
        }
    }

    /// Whether it tells that a notice is over.
    pub fn ends(&self) -> bool {
        self.ends
    }

    /// The request that comes next; `None` when all is done.
    pub fn next(&self, progress: Progress) -> Option<Act<'a>> {
        let (part, in_vain) = (at(progress.part), usize::from(progress.act.in_vain));
        if let Some(standing) = self.standing.get(part) {
            // More ways tried than there are can only mean that the platform has lost one since.
            return Some(self.ways.get(in_vain).unwrap_or(&self.ways[0]).act(standing));
        }
        let part = part - self.standing.len();
        let owed = self.corrects || self.must_tell(progress);
        match self.standing.last() {
            _ if !owed || part >= self.parts => None,
            Some(last) if part == 0 && in_vain == 0 && self.replies => Some(Act::Reply(last)),
            _ => Some(Act::Say(part)),
        }
    }

    /// Whether nothing but a further message can tell the chat of the end.
    fn must_tell(&self, progress: Progress) -> bool {
        self.untold || progress.how == Some(How::FollowedUp)
    }

    /// The progress after the platform did what was asked.
    pub fn done(&self, progress: Progress) -> Progress {
        let how = match self.next(progress) {
            Some(Act::Edit(_)) => Some(How::Edited),
            Some(Act::Delete(_)) => Some(How::Deleted),
            Some(Act::Reply(_) | Act::Say(_)) if self.ends && self.must_tell(progress) => {
                Some(How::FollowedUp)
            }
            _ => None,
        };
        // A reply in the thread is the whole message.
        let part = match self.next(progress) {
            Some(Act::Reply(_)) => self.parts,
            _ => 1,
        };
        let part = progress.part.saturating_add(i16::try_from(part).unwrap_or(i16::MAX));
        Progress { part, act: ActSoFar::default(), how: progress.how.max(how) }
    }

    /// The progress after the platform refused for good; `None` where nothing else can be tried.
    pub fn refused(&self, progress: Progress) -> Option<Progress> {
        let act = progress.act.once_more_in_vain();
        match self.next(progress)? {
            Act::Say(_) => None,
            Act::Reply(_) => Some(Progress { act, ..progress }),
            Act::Edit(_) | Act::Delete(_) if usize::from(act.in_vain) < self.ways.len() => {
                Some(Progress { act, ..progress })
            }
            Act::Edit(_) | Act::Delete(_) => {
                let (part, how) = (progress.part + 1, Some(How::FollowedUp));
                Some(Progress { part, act: ActSoFar::default(), how })
            }
        }
    }

    /// Whether the message itself, or a part of it, has been said.
    pub fn has_spoken(&self, progress: Progress) -> bool {
        at(progress.part) > self.standing.len()
    }
}

fn at(stored: i16) -> usize {
    usize::from(stored.max(0).unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::broadcast::platforms::adapter;
    use crate::domain::group::Platform;

    const START: Progress = Progress { part: 0, act: ActSoFar { alone: false, in_vain: 0 }, how: None };

    /// Walks a course; `does` says whether the platform does what it is asked.
    fn walk(course: &Course<'_>, mut does: impl FnMut(Act<'_>) -> bool) -> (Vec<String>, Option<How>) {
        let (mut progress, mut acts) = (START, Vec::new());
        while let Some(act) = course.next(progress) {
            acts.push(format!("{act:?}"));
            assert!(acts.len() < 50, "{acts:?}");
            if does(act) {
                progress = course.done(progress);
            } else {
                let Some(next) = course.refused(progress) else { return (acts, progress.how) };
                progress = next;
            }
        }
        (acts, progress.how)
    }

    /// Of a platform that shows what an edited message says now, and nothing else.
    fn forgets() -> &'static Profile {
        adapter(Platform::Telegram).profile()
    }

    /// Of a platform that shows what it said before, too.
    fn keeps() -> &'static Profile {
        adapter(Platform::Matrix).profile()
    }

    fn standing(references: &[&str]) -> Vec<Option<String>> {
        references.iter().map(|r| Some((*r).to_owned())).collect()
    }

    #[test]
    fn an_alert_is_its_parts() {
        let (acts, how) = walk(&Course::new(Purpose::Alert, &[], &TakeBack::ALL, forgets(), 2), |_| true);
        assert_eq!((acts, how), (vec!["Say(0)".to_owned(), "Say(1)".to_owned()], None));
    }

    #[test]
    fn every_message_that_stands_is_edited_and_nothing_more_is_said() {
        let standing = standing(&["a", "b"]);
        let (acts, how) =
            walk(&Course::new(Purpose::Closing, &standing, &TakeBack::ALL, forgets(), 1), |_| true);
        assert_eq!(acts, [r#"Edit("a")"#, r#"Edit("b")"#]);
        assert_eq!(how, Some(How::Edited));
    }

    #[test]
    fn what_cannot_be_edited_is_deleted() {
        let standing = standing(&["a", "b"]);
        let course = Course::new(Purpose::Closing, &standing, &TakeBack::ALL, forgets(), 1);
        let (acts, how) = walk(&course, |act| act != Act::Edit("a"));
        assert_eq!(acts, [r#"Edit("a")"#, r#"Delete("a")"#, r#"Edit("b")"#]);
        assert_eq!(how, Some(How::Deleted));
    }

    #[test]
    fn what_cannot_be_taken_back_is_followed_up_once() {
        let standing = standing(&["a", "b"]);
        let course = Course::new(Purpose::Closing, &standing, &TakeBack::ALL, forgets(), 1);
        let (acts, how) = walk(&course, |act| matches!(act, Act::Reply(_)));
        let tried = [r#"Edit("a")"#, r#"Delete("a")"#, r#"Edit("b")"#, r#"Delete("b")"#, r#"Reply("b")"#];
        assert_eq!((acts.as_slice(), how), (tried.map(str::to_owned).as_slice(), Some(How::FollowedUp)));
        let (acts, how) = walk(&course, |act| matches!(act, Act::Say(_)));
        assert_eq!((acts.last().unwrap().as_str(), how), ("Say(0)", Some(How::FollowedUp)));
    }

    #[test]
    fn where_nothing_can_be_taken_back_the_chat_is_told() {
        let unnamed = [None];
        for (standing, ways) in [(&unnamed[..], &TakeBack::ALL[..]), (&standing(&["a"]), &[])] {
            let (acts, how) = walk(&Course::new(Purpose::Correction, standing, ways, forgets(), 1), |_| true);
            assert_eq!((acts, how), (vec!["Say(0)".to_owned()], Some(How::FollowedUp)));
        }
    }

    #[test]
    fn a_message_we_cannot_name_beside_one_we_can_is_followed_up() {
        let standing = [Some("a".to_owned()), None];
        let ways = [TakeBack::Edit, TakeBack::Delete];
        let (acts, how) = walk(&Course::new(Purpose::Closing, &standing, &ways, forgets(), 1), |_| true);
        assert_eq!(acts, [r#"Edit("a")"#, "Say(0)"]);
        assert_eq!(how, Some(How::FollowedUp));
    }

    #[test]
    fn where_edits_can_be_read_back_a_correction_deletes_and_is_then_said() {
        let (standing, ways) = (standing(&["a", "b"]), [TakeBack::Edit, TakeBack::Delete]);
        let course = |purpose| Course::new(purpose, &standing, &ways, keeps(), 1);
        let (acts, how) = walk(&course(Purpose::Correction), |_| true);
        assert_eq!(acts, [r#"Delete("a")"#, r#"Delete("b")"#, "Say(0)"]);
        assert_eq!(how, Some(How::Deleted), "nothing stands as it was");
        let (acts, how) = walk(&course(Purpose::Correction), |act| act != Act::Delete("a"));
        assert_eq!(acts, [r#"Delete("a")"#, r#"Edit("a")"#, r#"Delete("b")"#, "Say(0)"]);
        assert_eq!(how, Some(How::Deleted));
        let (acts, how) = walk(&course(Purpose::Correction), |act| matches!(act, Act::Say(_)));
        assert_eq!((acts.len(), how), (5, Some(How::FollowedUp)));
        let (acts, _) = walk(&course(Purpose::Closing), |_| true);
        assert_eq!(acts, [r#"Edit("a")"#, r#"Edit("b")"#]);
        let untraced = [None];
        let (acts, how) = walk(&Course::new(Purpose::Correction, &untraced, &ways, keeps(), 1), |_| true);
        assert_eq!((acts, how), (vec!["Say(0)".to_owned()], Some(How::FollowedUp)));
    }
}
