//! What waits and what is asked has an end.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use diesel::connection::InstrumentationEvent;
use diesel::prelude::*;
use diesel::sql_types::Text;
use seventytwo::domain::group::Platform;
use seventytwo::domain::people::Role;
use seventytwo::store::{Conn, deliveries};

use super::faults::go_live;
use crate::house::{Db, House};
use crate::process::peek;
use crate::{Test, housed, shared};

pub const TESTS: &[Test] =
    &[shared!(no_statement_waits_for_ever), housed!(when_to_look_again_is_one_question)];

async fn no_statement_waits_for_ever(db: Db) {
    #[derive(QueryableByName)]
    struct Setting {
        #[diesel(sql_type = Text)]
        value: String,
    }
    let house = House::start(db).await;
    let settings = house.stations.shared.store.read(|c| {
        let Conn::Pg(c) = c else { unreachable!("it is a server") };
        let names = ["lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"];
        let values = names.map(|name| {
            let shown: Setting = diesel::sql_query(format!("SELECT current_setting('{name}') AS value"))
                .get_result(&mut **c)
                .unwrap();
            shown.value
        });
        Ok(values)
    });
    assert_eq!(settings.await.unwrap(), ["10s", "30s", "20s"]);
}

/// The worker asks whenever it has nothing to do.
async fn when_to_look_again_is_one_question(house: House) {
    let house = house.and_chats(&[Platform::Wecom]).await;
    let moderator = house.person("林志愿", Role::Moderator).await;
    let admin = house.person("王群主", Role::GroupAdmin).await;
    house.group(&house.chats[0], &admin, &["131000"], &["lost_property"]).await;
    house.chats[0].script(503, &[], "not now");
    go_live(&house, &moderator).await;
    let (asked, at) = (Arc::<AtomicUsize>::default(), house.clock.now());
    let counted = asked.clone();
    let due = peek(&house.db, move |conn| {
        let count = move |event: InstrumentationEvent<'_>| {
            if matches!(event, InstrumentationEvent::StartQuery { .. }) {
                counted.fetch_add(1, Ordering::SeqCst);
            }
        };
        match conn {
            Conn::Pg(c) => c.set_instrumentation(count),
            Conn::Sqlite(c) => c.set_instrumentation(count),
        }
        deliveries::next_due(conn, at)
    });
    assert!(due.await.is_some_and(|due| due > at), "it is tried again");
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}
