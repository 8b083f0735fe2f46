//! A token that its platform limited is used freely again once an answer shows that the limit is over.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use seventytwo::domain::group::Platform;
use seventytwo::store::bots::{self, Use, Used};
use seventytwo::store::{Conn, StoreError};

use crate::house::House;
use crate::{Test, housed};

pub const TESTS: &[Test] = &[housed!(a_limit_is_over_though_answers_take_longer_than_the_others_wait)];

/// Each answer comes when the next request has left already.
async fn a_limit_is_over_though_answers_take_longer_than_the_others_wait(house: House) -> House {
    let began = house.clock.now();
    let at = move |second| began + TimeDelta::seconds(second);
    let ask = move |tx: &mut Conn, now| bots::take(tx, "bot", Platform::Discord, at(now), &|_, _| began);
    let hear = move |tx: &mut Conn, taken, ended, rests_until: Option<i64>| {
        let requests = vec![Use { taken: at(taken), ended: Some(at(ended)), answered: true }];
        bots::record(tx, &BTreeMap::from([("bot", Used { requests, rests_until: rests_until.map(at) })]))
    };
    let store = house.stations.shared.store.clone();
    store
        .write(move |tx| {
            assert_eq!([ask(tx, 0)?, ask(tx, 1)?], [Ok(()), Ok(())]);
            hear(tx, 1, 2, Some(10))?;
            assert_eq!([ask(tx, 10)?, ask(tx, 13)?], [Ok(()), Ok(())]);
            hear(tx, 0, 13, None)?;
            assert_eq!(ask(tx, 16)?, Ok(()));
            assert!(ask(tx, 16)?.is_err(), "what left before the limit says nothing about it");
            hear(tx, 10, 17, None)?;
            assert_eq!([ask(tx, 19)?, ask(tx, 19)?], [Ok(()), Ok(())]);
            Ok::<_, StoreError>(())
        })
        .await
        .unwrap();
    house
}
