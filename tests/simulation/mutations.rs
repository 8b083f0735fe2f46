//! Shows that the simulation can fail: each fault put into the engine is found, and by the rule that it
//! breaks.

use super::rules::Rule;
use super::{SEEDS, play_all};
use crate::store::mutation::Mutation;

/// A fault that only a rare course of events shows takes many seeds; the others are found in the first few.
const MOST: u64 = 5 * SEEDS;

/// Plays seeds until the rule is broken.
fn is_found(mutation: Mutation, rule: Rule) {
    let found = play_all(MOST, Some(mutation), &|broken| broken.rule == rule);
    assert!(found.is_some(), "{mutation:?} breaks {rule:?} in none of {MOST} seeds");
}

/// One test for each fault.
macro_rules! faults {
    ($($name:ident: $mutation:ident breaks $rule:ident;)+) => {
        $(#[test]
        fn $name() {
            is_found(Mutation::$mutation, Rule::$rule);
        })+
    };
}

faults! {
    going_live_with_an_approval_too_few: AskOne breaks Approved;
    sending_a_revision_that_was_replaced: KeepRevision breaks Live;
    sending_what_ended_before_it_was_leased: SkipStillTrue breaks Ended;
    sending_what_ended_after_it_was_leased: SendAfterEnd breaks Ended;
    sending_what_was_true_when_it_was_leased: TrustOldLease breaks Live;
    telling_everybody_of_the_end: EndForAll breaks Ending;
    telling_those_of_the_end_who_missed_the_notice: KeepEnding breaks Ending;
    keeping_a_correction_behind_a_closing: QueueCorrections breaks First;
    passing_by_what_there_was_no_room_for: PassBy breaks First;
    forgetting_what_went_along_with_a_request: ForgetCompanions breaks Once;
    forgetting_that_a_request_was_about_to_leave: ForgetReach breaks Ending;
    forgetting_a_message_whose_answer_was_lost: ForgetDoubt breaks Ending;
    taking_the_proof_of_words_for_that_of_a_picture: TrustWords breaks Ending;
    taking_what_was_forgotten_for_what_is_proved: TrustLateProof breaks Ending;
    taking_the_words_of_a_token_for_those_of_another: TrustNewToken breaks Ending;
    giving_up_taking_back_after_a_lost_answer: DoubtTakingBack breaks Ending;
    stopping_after_the_first_slice: StopGrowing breaks Lost;
    forgetting_what_was_leased_as_it_was_planned: ForgetSlices breaks Works;
    losing_what_came_due_during_a_pause: LosePaused breaks Lost;
    giving_words_up_with_their_picture: KeepPicture breaks Lost;
    taking_silence_for_delivery: TrustSilence breaks Lost;
    forgetting_which_part_arrived: ForgetPart breaks Once;
    saying_the_doubtful_for_ever: SayForEver breaks Once;
    telling_the_doubtful_in_another_digest: GatherAgain breaks Once;
    leasing_again_what_is_in_hand: ForgetHand breaks Once;
    ending_without_saying_so: ForgetState breaks Number;
    recording_without_the_fence: ForgetFence breaks Lane;
    leasing_a_lane_that_is_in_use: ShareLane breaks Lane;
    forgetting_the_latest_requests: ForgetRecent breaks Pace;
    forgetting_the_requests_of_a_bot: ForgetBot breaks Pace;
    coming_back_before_the_platform_said: IgnoreSlow breaks Pace;
    forgetting_the_wait_with_what_is_given_up: IgnoreSlowAtEnd breaks Pace;
    forgetting_the_wait_when_a_group_resumes: ForgetWait breaks Pace;
    asking_a_host_that_is_away: AskAway breaks Pace;
    telling_of_the_end_aloud_in_quiet_hours: SpeakInQuiet breaks Pace;
    counting_the_cap_by_what_was_planned: CapByPlan breaks Pace;
    counting_for_the_cap_only_what_is_proved: CapByProof breaks Pace;
    speaking_to_a_group_that_is_paused: IgnorePause breaks Wanted;
    speaking_to_a_group_that_was_paused_after_the_lease: SpeakInPause breaks Wanted;
    telling_what_is_not_wanted_any_more: KeepUnwanted breaks Wanted;
    forgetting_what_is_wanted_again: LoseUnwanted breaks Lost;
    leaving_what_is_over_in_the_chat_of_a_paused_group: KeepInPause breaks Ending;
    keeping_places_for_what_was_never_leased: KeepPlaces breaks Works;
    leaving_what_waits_when_a_group_changes_its_times: KeepTimes breaks Lost;
    counting_old_doubts_when_it_is_sent_once_more: KeepDoubts breaks Lost;
    forgetting_what_another_robot_said: ForgetRobot breaks Ending;
    going_on_where_another_robot_stopped: KeepCourse breaks Once;
    losing_a_batch_to_a_chat_that_moved: BreakOnMoved breaks Works;
}
