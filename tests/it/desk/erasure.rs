//! An erasure leaves no copy.

use chrono::TimeDelta;
use serde_json::json;
use seventytwo::domain::people::Role;
use seventytwo::store::notices as stored;

use crate::chaos::count;
use crate::hostile::by_another;
use crate::house::{Db, House, reply};
use crate::{Test, filed, housed, notices};

/// The tests of this file.
pub const TESTS: &[Test] = &[
    housed!(nothing_is_left_of_an_erased_notice_but_its_tombstone),
    filed!(an_erased_notice_is_not_in_the_journal_either),
    housed!(no_picture_is_kept_of_what_is_swept),
    housed!(no_picture_is_kept_of_what_another_node_has_erased),
];

/// What is kept of notices, counted.
const KEPT: [&str; 8] = [
    "notices WHERE key_wrapped IS NOT NULL",
    "notices WHERE manage_hash IS NOT NULL",
    "notices WHERE phone_hash IS NOT NULL",
    "revisions",
    "photos",
    "tips",
    "idempotency",
    "events WHERE note_sealed IS NOT NULL",
];

async fn nothing_is_left_of_an_erased_notice_but_its_tombstone(house: House) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let mut body = notices::lost_property(house.clock.now());
    body["photo_ids"] = json!([house.photo(notices::jpeg()).await]);
    let sent = house.http.post(format!("{}/api/v1/notices", house.base)).header("idempotency-key", "once");
    let made = reply(sent.json(&body)).await.expect(201);
    let [case, manage] = ["case_number", "manage_token"].map(|name| made[name].as_str().unwrap().to_owned());
    house.claim(&case, &moderator).await;
    let sheet = house.get(&format!("/review/{case}"), Some(&moderator.token)).await.expect(200);
    let ask = json!({"version": sheet["version"], "action": "ask", "note": "在哪一路公交车上？"});
    house.post(&format!("/review/{case}/decisions"), Some(&moderator.token), &ask).await.expect(200);
    house.post("/my/notice/reply", Some(&manage), &json!({"text": "12 路"})).await.expect(200);
    house.go_live(&case, &[&moderator]).await;
    let tip = json!({"text": "在失物招领处见过。"});
    house.post(&format!("/notices/{case}/tips"), None, &tip).await.expect(202);
    for kept in KEPT {
        assert_ne!(count(&house.db, format!("SELECT COUNT(*) AS n FROM {kept}")).await, 0, "{kept}");
    }
    house.pass(TimeDelta::hours(72)).await;
    house.pass(TimeDelta::days(30)).await;
    for kept in KEPT {
        assert_eq!(count(&house.db, format!("SELECT COUNT(*) AS n FROM {kept}")).await, 0, "{kept}");
    }
    let left = house.get(&format!("/notices/{case}"), None).await.expect(200);
    assert_eq!(left["state"], "erased");
    house
}

async fn an_erased_notice_is_not_in_the_journal_either(db: Db) {
    let house = House::start(db).await;
    // The first sweep of a process empties the journal.
    house.settle().await;
    let moderator = house.person("林志愿", Role::Moderator).await;
    let (case, _) = house.live(&notices::lost_property(house.clock.now()), &[&moderator]).await;
    let (number, store) = (case.parse().unwrap(), &house.stations.shared.store);
    let sealed = store
        .read(move |c| {
            let notice = stored::by_case(c, number)?.unwrap();
            Ok(stored::revision(c, notice.id.0, 1)?.unwrap().public_sealed)
        })
        .await
        .unwrap();
    // Page boundaries fall anywhere, so a part from the middle of the words stands for all of them.
    let part = &sealed[40..72];
    let holds = || {
        let files = std::fs::read_dir(house.db.folder.path()).unwrap().flatten().map(|file| file.path());
        let held = files.filter(|path| {
            std::fs::read(path).is_ok_and(|bytes| bytes.windows(part.len()).any(|window| window == part))
        });
        held.map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect::<Vec<_>>()
    };
    assert!(holds().contains(&"test.db-wal".to_owned()), "{:?}", holds());
    house.pass(TimeDelta::hours(72)).await;
    house.pass(TimeDelta::days(30)).await;
    assert_eq!(house.get(&format!("/notices/{case}"), None).await.expect(200)["state"], "erased");
    assert_eq!(holds(), [""; 0], "the words of an erased notice, sealed, in the raw files");
    house.finish().await;
}

/// Whether the press still has a notice's poster: it could not draw it again, because the photo is gone.
async fn is_kept(house: &House, case: &str) -> bool {
    house.page(&format!("/n/{case}/poster.jpg")).await.status == 200
}

/// A live notice whose poster is in the press, and whose photo is deleted afterwards.
async fn kept(house: &House) -> String {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let mut body = notices::lost_property(house.clock.now());
    body["photo_ids"] = json!([house.photo(notices::jpeg()).await]);
    let (case, _) = house.live(&body, &[&moderator]).await;
    assert!(is_kept(house, &case).await, "it is drawn");
    std::fs::remove_dir_all(house.db.folder.path().join("blobs/photos")).unwrap();
    assert!(is_kept(house, &case).await, "it is drawn once");
    case
}

async fn no_picture_is_kept_of_what_is_swept(house: House) -> House {
    let (over, _) = house.submit(&by_another(notices::rescue(house.clock.now()), 3)).await;
    house.advance(TimeDelta::days(30) - TimeDelta::minutes(1));
    let case = kept(&house).await;
    house.settle().await;
    assert!(is_kept(&house, &case).await, "nothing was swept");
    house.pass(TimeDelta::minutes(1)).await;
    assert_eq!(house.get(&format!("/notices/{over}"), None).await.expect(200)["state"], "expired");
    assert!(!is_kept(&house, &case).await);
    house
}

async fn no_picture_is_kept_of_what_another_node_has_erased(house: House) -> House {
    let case = kept(&house).await;
    house.stations.forget_messages();
    assert!(!is_kept(&house, &case).await);
    house
}
