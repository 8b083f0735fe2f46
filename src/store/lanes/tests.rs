//! What a lane remembers, and when it opens.

use super::*;
use crate::store::StoreError;
use crate::store::fixture::{GROUP, OTHER, at, store};
use crate::store::groups::log;

#[tokio::test]
async fn a_held_lane_counts_the_request_and_opens_when_the_budget_allows() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path()).await;
    let pace =
        |sends: &[DateTime<Utc>]| sends.last().map_or(at(0), |last| *last + chrono::TimeDelta::seconds(60));
    store
        .write(move |tx| {
            let held = hold(tx, GROUP, (at(0), at(30)), &pace)?.unwrap();
            assert_eq!(hold(tx, GROUP, (at(1), at(30)), &pace)?.unwrap_err(), NotHeld::InUse);
            free(tx, GROUP, held, (at(2), at(0)), &pace)?;
            assert_eq!(hold(tx, GROUP, (at(3), at(30)), &pace)?.unwrap_err(), NotHeld::Full(at(62)));
            let lane = &of(tx, &[Id(GROUP)])?[&Id(GROUP)];
            assert_eq!((lane.open_at.0, decode_times(&lane.recent)), (at(62), vec![at(2)]));
            Ok::<_, StoreError>(())
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn an_expired_lease_counts_against_the_largest_budget() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path()).await;
    // As many requests as are remembered, each counted for a minute.
    let pace = |sends: &[DateTime<Utc>]| match sends.len().checked_sub(REMEMBERED) {
        Some(oldest) => sends[oldest] + TimeDelta::seconds(60),
        None => at(0),
    };
    let lane = |tx: &mut Conn| -> StoreResult<Lane> { Ok(of(tx, &[Id(GROUP)])?.remove(&Id(GROUP)).unwrap()) };
    store
        .write(move |tx| {
            let book = |tx: &mut Conn, sends: usize| {
                let recent = lanes::recent.eq(encode_times(&vec![at(0); sends]));
                both!(tx, c => diesel::update(lanes::table.find(Id(GROUP))).set(recent).execute(c))
            };
            book(tx, REMEMBERED)?;
            let full = hold(tx, GROUP, (at(1), at(26)), &pace)?;
            assert_eq!(full.unwrap_err(), NotHeld::Full(at(60)));
            book(tx, REMEMBERED - 1)?;
            hold(tx, GROUP, (at(1), at(26)), &pace)?.unwrap();
            assert_eq!(lane(tx)?.open_at.0, at(60), "the worker goes by this alone");
            // Nobody gives it back: its request may have left as late as its lease ended.
            hold(tx, GROUP, (at(60), at(85)), &pace)?.unwrap();
            assert_eq!(decode_times(&lane(tx)?.recent)[REMEMBERED - 2..], [at(26), at(60)]);
            Ok::<_, StoreError>(())
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn with_a_new_robot_an_end_begins_anew_and_nothing_is_named() {
    type Course = (DeliveryState, i16, i16, Option<How>, Option<String>);
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path()).await;
    let of = |group| deliveries::table.filter(deliveries::group_id.eq(Id(group))).order(deliveries::id);
    let courses = store
        .write(move |tx| {
            let far = (
                deliveries::part.eq(1),
                deliveries::act.eq(1),
                deliveries::how.eq(How::Edited),
                deliveries::message_ref.eq("m1"),
            );
            let given_up = deliveries::state.eq(DeliveryState::GivenUp);
            let delivered = deliveries::state.eq(DeliveryState::Delivered);
            both!(tx, c => {
                diesel::update(deliveries::table).set(far).execute(c)?;
                diesel::update(deliveries::table.filter(delivered)).set(given_up).execute(c)?
            });
            disown(tx, GROUP)?;
            let course = (
                deliveries::state,
                deliveries::part,
                deliveries::act,
                deliveries::how,
                deliveries::message_ref,
            );
            let read = |tx: &mut Conn, group| -> StoreResult<Vec<Course>> {
                Ok(both!(tx, c => of(group).select(course).load(c))?)
            };
            Ok::<_, StoreError>((read(tx, GROUP)?, read(tx, OTHER)?))
        })
        .await
        .unwrap();
    let (alert, closing) = (DeliveryState::GivenUp, DeliveryState::Open);
    let edited = Some(How::Edited);
    let unnamed = || Some(UNNAMED.to_owned());
    assert_eq!(courses.0, [(alert, 1, 1, edited, unnamed()), (closing, 0, 0, None, unnamed())]);
    let m1 = || Some("m1".to_owned());
    assert_eq!(courses.1, [(alert, 1, 1, edited, m1()), (closing, 1, 1, edited, m1())]);
}

#[tokio::test]
async fn what_waited_for_the_end_of_a_fault_is_due_once_a_message_arrives() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path()).await;
    let due = store
        .write(|tx| {
            reopen(tx, GROUP, &|_| at(5))?;
            Ok::<_, StoreError>((log(tx, GROUP, None, 1)?[0].due_at.0, log(tx, OTHER, None, 1)?[0].due_at.0))
        })
        .await
        .unwrap();
    assert_eq!(due, (at(5), at(3600)));
}
