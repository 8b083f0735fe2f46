//! Faults put into the engine on purpose, so that its simulation (`tests/simulation/`) can show that it would
//! find them. Outside of the unit tests there are none: there [`on`] is a constant.

/// One thing that the engine forgets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutation {
    /// A notice goes live with one approval, whatever its policy asks for.
    AskOne,
    /// The state of a notice that is over is not saved, though everything else about its end is.
    ForgetState,
    /// A newer revision does not take the place of an older one.
    KeepRevision,
    /// Whether it may still be said is not asked again when leasing.
    SkipStillTrue,
    /// The end of the notice is not looked at before the request leaves.
    SendAfterEnd,
    /// Whether it may still be said is not asked again before the request leaves, however long it has waited.
    TrustOldLease,
    /// The end of a notice is told to everybody who might have received it.
    EndForAll,
    /// The end of a notice is told to those who turned out not to have received it.
    KeepEnding,
    /// A correction waits for its turn among the closings.
    QueueCorrections,
    /// Less urgent deliveries go before more urgent ones that there was no room to look at.
    PassBy,
    /// What goes along with another's request gets no result.
    ForgetCompanions,
    /// A lease leaves no mark that its request perhaps arrives.
    ForgetReach,
    /// A message that perhaps stands beside the one we can name is not followed up.
    ForgetDoubt,
    /// A lost answer while a message is taken back counts like one while something is said.
    DoubtTakingBack,
    /// Results are written though the lane was leased to somebody else.
    ForgetFence,
    /// A lane is leased while it is in use.
    ShareLane,
    /// A lease that this process still has in hand is leased again when its time is over.
    ForgetHand,
    /// The lane's latest requests are not written with the result.
    ForgetRecent,
    /// The requests of a bot are not counted.
    ForgetBot,
    /// The wait that a platform asks for is ignored.
    IgnoreSlow,
    /// The same, but only where the notice ends before the wait does.
    IgnoreSlowAtEnd,
    /// A group that wants to hear nothing is spoken to.
    IgnorePause,
    /// What tells of an end is said aloud in a group's quiet hours.
    SpeakInQuiet,
    /// What is over stays as it was in the chat of a group that is paused.
    KeepInPause,
    /// What was leased before its group was paused is said aloud all the same.
    SpeakInPause,
    /// A broadcast stops growing after its first slice.
    StopGrowing,
    /// A paused notice loses what came due meanwhile.
    LosePaused,
    /// The part that arrived is not counted as done.
    ForgetPart,
    /// Words whose picture is refused do not go alone.
    KeepPicture,
    /// The proof that words arrived is taken for that of the picture which follows them.
    TrustWords,
    /// What is proved is taken for one message, however long ago its platform first heard of it.
    TrustLateProof,
    /// What is proved is taken for one message, though another token may have said it before.
    TrustNewToken,
    /// An unknown end is taken for a delivery.
    TrustSilence,
    /// A doubtful message is said again and again.
    SayForEver,
    /// What perhaps was told in a digest is told in another one, where each that is different is a message
    /// more.
    GatherAgain,
    /// A host that is away is asked all the same.
    AskAway,
    /// The places at hosts that a lease took are kept though its transaction was rolled back.
    KeepPlaces,
    /// A group that moved into a chat which another group has makes the whole batch of results fail.
    BreakOnMoved,
    /// The hourly cap counts the deliveries planned last instead of those that arrived last.
    CapByPlan,
    /// The hourly cap does not count what perhaps arrived.
    CapByProof,
    /// A group that is let hear again forgets what its platform asked it to wait.
    ForgetWait,
    /// What waits is not judged again when its group wants to hear at other times.
    KeepTimes,
    /// A delivery that is sent again by hand keeps its doubts from before.
    KeepDoubts,
    /// What was said, or perhaps was, by a robot that is replaced is forgotten.
    ForgetRobot,
    /// What was leased as it was planned, and has no result, is never looked for again.
    ForgetSlices,
    /// What comes to be told to a group is not compared with what it wants by now.
    KeepUnwanted,
    /// What a group wants again stays cancelled.
    LoseUnwanted,
    /// An end goes on with a new robot where the old one stopped.
    KeepCourse,
}

/// Whether the engine has this fault.
#[cfg(not(test))]
#[inline(always)]
pub(crate) const fn on(_: Mutation) -> bool {
    false
}

/// Whether the engine has this fault, on this thread.
#[cfg(test)]
pub(crate) fn on(mutation: Mutation) -> bool {
    PRESENT.get() == Some(mutation)
}

/// Sets the engine's fault on this thread, or removes it.
#[cfg(test)]
pub(crate) fn set(mutation: Option<Mutation>) {
    PRESENT.set(mutation);
}

#[cfg(test)]
thread_local! {
    static PRESENT: std::cell::Cell<Option<Mutation>> = const { std::cell::Cell::new(None) };
}
