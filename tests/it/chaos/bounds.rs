//! What waits and what is asked has an end.

use diesel::prelude::*;
use diesel::sql_types::Text;
use seventytwo::store::Conn;

use crate::house::{Db, House};
use crate::{Test, shared};

pub const TESTS: &[Test] = &[shared!(no_statement_waits_for_ever)];

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
