//! The decision log against an attacker with write access to the database: every change is found, and the
//! operator's command names the entry.

use std::sync::atomic::{AtomicBool, Ordering};

use diesel::Connection as _;
use diesel::connection::InstrumentationEvent;
use serde_json::json;
use seventytwo::domain::life_cycle::Actor;
use seventytwo::domain::logged::Act;
use seventytwo::domain::people::Role;
use seventytwo::store::events::{self, Entry, Walked};
use seventytwo::store::{Conn, StoreResult, notices as stored};

use crate::chaos::run;
use crate::house::House;
use crate::{Test, housed, notices, process};

/// The tests of this file.
pub const TESTS: &[Test] = &[
    housed!(whoever_changes_the_log_is_found_out),
    housed!(a_rewritten_log_does_not_match_a_noted_head),
    housed!(what_is_written_during_the_walk_is_no_tampering),
];

/// Copies the log and its head.
const KEEP: &str = "CREATE TABLE kept_events AS SELECT * FROM events; \
     CREATE TABLE kept_chain AS SELECT * FROM chain";
const PUT_BACK: &str = "DELETE FROM events; INSERT INTO events SELECT * FROM kept_events; \
     DELETE FROM chain; INSERT INTO chain SELECT * FROM kept_chain";

/// A change to a log of five entries, the first entry that reveals it, and what is said about that entry.
const TAMPERINGS: [(&str, i64, &str); 9] = [
    ("UPDATE events SET reason = 'hoax' WHERE seq = 3", 3, "it was altered"),
    ("UPDATE events SET note_sealed = hash WHERE seq = 3", 3, "its note was altered"),
    ("UPDATE events SET hash = previous WHERE seq = 2", 2, "it was altered"),
    ("DELETE FROM events WHERE seq = 3", 3, "it is missing"),
    ("DELETE FROM events WHERE seq = 5", 5, "entries at the end are missing"),
    ("DELETE FROM events", 1, "entries at the end are missing"),
    (
        "UPDATE events SET seq = -1 WHERE seq = 2; UPDATE events SET seq = 2 WHERE seq = 3; \
         UPDATE events SET seq = 3 WHERE seq = -1",
        2,
        "it does not follow from the entry before",
    ),
    (
        "UPDATE chain SET seq = 4, hash = (SELECT hash FROM events WHERE events.seq = 4)",
        5,
        "the head does not know it",
    ),
    ("DELETE FROM chain", 1, "the head of the log is missing"),
];

async fn whoever_changes_the_log_is_found_out(house: House) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    for body in [notices::lost_property(house.clock.now()), notices::rescue(house.clock.now())] {
        let (case, _) = house.submit(&body).await;
        let path = format!("/review/{case}");
        let claimed =
            house.post(&format!("{path}/claim"), Some(&moderator.token), &json!({})).await.expect(200);
        if body["kind"] == "lost_property" {
            let ask = json!({"version": claimed["version"], "action": "ask", "note": "在哪一路公交车上？"});
            house.post(&format!("{path}/decisions"), Some(&moderator.token), &ask).await.expect(200);
        }
    }
    let verify = || house.stations.shared.store.read(|c| events::verify(c, None));
    let audit = || process::command(&house.db).args(["audit", "verify"]).output().unwrap();
    let whole = verify().await.unwrap();
    assert!(matches!(whole, Walked::Whole { lines: 5, .. }), "{whole:?}");
    run(&house.db, KEEP).await;
    for (tampering, seq, what) in TAMPERINGS {
        run(&house.db, tampering).await;
        assert_eq!(verify().await.unwrap(), Walked::Broken { seq, what }, "{tampering}");
        let told = audit();
        let line = String::from_utf8(told.stderr).unwrap();
        assert_eq!(told.status.code(), Some(1), "{tampering}: {line}");
        assert_eq!(line, format!("seventytwo: the decision log is broken at entry {seq}: {what}\n"));
        run(&house.db, PUT_BACK).await;
        assert_eq!(verify().await.unwrap(), whole, "{tampering}");
    }
    assert_eq!(audit().status.code(), Some(0));
    house
}

/// The newest entry is cut off and the head is moved back: what is left is consistent.
const CUT: &str = "DELETE FROM events WHERE seq = 2; \
     UPDATE chain SET seq = 1, hash = (SELECT hash FROM events WHERE events.seq = 1)";

async fn a_rewritten_log_does_not_match_a_noted_head(house: House) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let made = house.post("/notices", None, &notices::rescue(house.clock.now())).await.expect(201);
    let path = format!("/review/{}", made["case_number"].as_str().unwrap());
    let claim = async || {
        house.post(&format!("{path}/claim"), Some(&moderator.token), &json!({})).await.expect(200);
    };
    let audit = |expected: &[&str]| {
        let told = process::command(&house.db).args(["audit", "verify"]).args(expected).output().unwrap();
        let [out, err] = [told.stdout, told.stderr].map(|said| String::from_utf8(said).unwrap());
        (told.status.code(), out, err)
    };
    let head = |out: &str| out.trim_end().rsplit_once("head ").unwrap().1.to_owned();
    let (_, empty, _) = audit(&[]);
    claim().await;
    let (code, out, _) = audit(&[]);
    assert_eq!(code, Some(0));
    assert!(out.starts_with("intact: 2 entries, head 2:"), "{out}");
    let (first, noted) = (head(&empty), head(&out));
    for kept in [&first, &noted] {
        assert_eq!(audit(&["--expect", kept]), (Some(0), out.clone(), String::new()), "{kept}");
    }
    let broken = |what: &str| {
        (Some(1), String::new(), format!("seventytwo: the decision log is broken at entry 2: {what}\n"))
    };

    run(&house.db, CUT).await;
    assert_eq!(audit(&[]).0, Some(0), "nobody could tell");
    assert_eq!(audit(&["--expect", &noted]), broken("it is missing"));
    assert_eq!(audit(&["--expect", &first]).0, Some(0));
    let case = made["case_number"].as_str().unwrap().replace('-', "");
    process::peek(&house.db, move |conn| write_on(conn, &case)).await;
    let (code, out, _) = audit(&[]);
    assert!(code == Some(0) && out.starts_with("intact: 2 entries"), "nobody could tell: {out}");
    assert_eq!(audit(&["--expect", &noted]), broken("it is not the one that was noted"));

    for wrong in ["", "2", "2:", ":ab", "x:ab", "2:xy", &noted[..20], &format!("{noted}00")] {
        let (code, _, err) = audit(&["--expect", wrong]);
        assert_eq!(code, Some(2), "{wrong}: {err}");
        assert!(err.contains("SEQ:HASH") && err.lines().count() == 1, "{wrong}: {err}");
    }
    let whole = format!("0:{}", "00".repeat(32));
    assert_eq!(audit(&["--expect", &whole]).0, Some(0), "what an empty log has for its head");
    house
}

/// Appends one more entry, as the running program may do at any moment.
fn write_on(conn: &mut Conn, case: &str) -> StoreResult<()> {
    conn.transaction(|tx| {
        let notice = stored::by_case(tx, case.parse().unwrap())?.expect("it was submitted");
        let at = notice.submitted_at.0;
        events::append(tx, Entry::noted(&notice, Act::RevealPhone, Actor::Reporter, at))
    })
}

async fn what_is_written_during_the_walk_is_no_tampering(house: House) -> House {
    let made = house.post("/notices", None, &notices::rescue(house.clock.now())).await.expect(201);
    let (case, database) = (made["case_number"].as_str().unwrap().replace('-', ""), house.db.database());
    let walked = process::peek(&house.db, move |conn| {
        let written = AtomicBool::new(false);
        // The first query reads the head; the walk follows.
        let after_the_head = move |event: InstrumentationEvent<'_>| {
            let done = matches!(event, InstrumentationEvent::FinishQuery { .. });
            if done && !written.swap(true, Ordering::SeqCst) {
                let (case, database) = (case.clone(), database.clone());
                let write = move || write_on(&mut Conn::open(&database).unwrap(), &case).unwrap();
                std::thread::spawn(write).join().unwrap();
            }
        };
        match conn {
            Conn::Pg(c) => c.set_instrumentation(after_the_head),
            Conn::Sqlite(c) => c.set_instrumentation(after_the_head),
        }
        events::verify(conn, None)
    });
    let walked = walked.await;
    assert!(matches!(walked, Walked::Whole { lines: 1, .. }), "{walked:?}");
    let after = house.stations.shared.store.read(|c| events::verify(c, None)).await.unwrap();
    assert!(matches!(after, Walked::Whole { lines: 2, .. }), "{after:?}");
    house
}
