//! Photos in a bucket: the program runs as its own process, because the bucket's settings come from the
//! environment, against a stand-in for S3.

use std::process::Stdio;

use reqwest::Method;
use serde_json::{Value, json};
use seventytwo::clock::Clock;
use seventytwo::domain::people::Role;
use uuid::Uuid;

use crate::chaos::run;
use crate::house::Db;
use crate::notices;
use crate::process::{Program, assert_audit, command, eventually, person};
use crate::{Test, alone, bare};

mod signature;
mod stand_in;

use signature::the_signature_of_awss_own_example_is_right;
use stand_in::{Bucket, KEYS, Mood};

/// The tests of this file.
pub const TESTS: &[Test] = &[
    alone!(the_signature_of_awss_own_example_is_right),
    bare!(a_photo_lies_sealed_in_the_bucket_until_its_notice_is_erased),
    bare!(a_bucket_that_fails_loses_nothing),
    bare!(a_bucket_that_never_answers_is_not_waited_for),
    bare!(what_was_half_kept_when_the_program_died_is_swept),
    bare!(wrong_keys_are_told_at_the_first_photo),
    bare!(half_a_key_is_told_at_the_start),
];

/// Where photos are stored: below a prefix of two parts.
const PLACE: (&str, &str) = ("SEVENTYTWO_BLOBS", "s3://langfang/seventytwo/notices");

/// The program with its photos in this bucket. Notices that end are erased by the next sweep, which runs
/// every second.
async fn program(db: &Db, bucket: &Bucket, secret: &str) -> Program {
    let settings = [
        PLACE,
        ("AWS_ENDPOINT_URL", bucket.url.as_str()),
        ("AWS_REGION", KEYS.region),
        ("AWS_ACCESS_KEY_ID", KEYS.id),
        ("AWS_SECRET_ACCESS_KEY", secret),
        ("NO_PROXY", "127.0.0.1"),
        ("SEVENTYTWO_COOLING", "0s"),
        ("SEVENTYTWO_RETENTION", "0s"),
        ("SEVENTYTWO_SWEEP", "* * * * * *"),
        ("SEVENTYTWO_LOG", "warn"),
    ];
    Program::start(db, &settings).await
}

/// A notice, as its reporter knows it.
struct Mine {
    case: String,
    manage: String,
    photo: Uuid,
}

/// Submits a notice with a photo, has it approved, and waits until it is live.
async fn live(db: &Db, program: &Program) -> Mine {
    let moderator = person(db, "林志愿", Role::Moderator).await;
    let sent = program.door.photo(notices::jpeg()).await.unwrap().expect(201);
    let mut body = notices::lost_property(Clock::system().now());
    body["photo_ids"] = json!([sent["id"]]);
    let made = program.door.call(Method::POST, "/notices", None, Some(&body)).await.unwrap().expect(201);
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    let photo = sent["id"].as_str().unwrap().parse().unwrap();
    let mine = Mine { case: text("case_number"), manage: text("manage_token"), photo };
    program.door.approve(&mine.case, &moderator).await.unwrap();
    eventually("it is live", async || state(program, &mine).await == "live").await;
    mine
}

async fn state(program: &Program, mine: &Mine) -> Value {
    let path = format!("/notices/{}", mine.case);
    program.door.call(Method::GET, &path, None, None).await.unwrap().expect(200)["state"].take()
}

async fn close(program: &Program, mine: &Mine) {
    let body = json!({"outcome": "returned", "announce": false});
    let path = "/my/notice/close";
    let closed = program.door.call(Method::POST, path, Some(&mine.manage), Some(&body)).await.unwrap();
    closed.expect(200);
}

/// A photo's page size: the status and the bytes.
async fn shown(program: &Program, mine: &Mine) -> (u16, Vec<u8>) {
    let page = program.door.page(&format!("/p/{}/page.jpg", mine.photo)).await.unwrap();
    (page.status().as_u16(), page.bytes().await.unwrap().to_vec())
}

/// Waits until the program has logged these words.
async fn told(program: &Program, words: &str) {
    let told = async || program.log().iter().any(|line| line.contains(words));
    eventually(&format!("the log tells of {words}"), told).await;
}

async fn a_photo_lies_sealed_in_the_bucket_until_its_notice_is_erased(db: Db) {
    let bucket = Bucket::start().await;
    let program = program(&db, &bucket, KEYS.secret).await;
    let mine = live(&db, &program).await;
    let (status, jpeg) = shown(&program, &mine).await;
    assert_eq!((status, &jpeg[..3]), (200, &[0xFF, 0xD8, 0xFF][..]));

    let objects = bucket.objects();
    let folder = format!("seventytwo/notices/photos/{}", mine.photo.simple());
    let there: Vec<String> = objects.keys().cloned().collect();
    assert_eq!(there, ["full", "page", "thumb"].map(|size| format!("{folder}/{size}")));
    for (key, object) in &objects {
        let head = &jpeg[..16];
        assert!(object.windows(head.len()).all(|part| part != head), "{key} can be looked at");
    }

    close(&program, &mine).await;
    assert_eq!(shown(&program, &mine).await.0, 404);
    eventually("it is erased", async || state(&program, &mine).await == "erased").await;
    assert_eq!(bucket.objects().len(), 0);
    program.kill();
    assert_audit(&db);
}

async fn a_bucket_that_fails_loses_nothing(db: Db) {
    let bucket = Bucket::start().await;
    let program = program(&db, &bucket, KEYS.secret).await;
    let mine = live(&db, &program).await;
    let before = bucket.objects();

    bucket.feels(Mood::Failing);
    let asked = bucket.asked();
    let refused = program.door.photo(notices::jpeg()).await.unwrap();
    assert_eq!(refused.problem(500), "internal_error");
    told(&program, "SlowDown").await;
    assert!(bucket.asked() - asked <= 6, "asked more often than once and five times again");
    // Nothing a notice says is in the bucket.
    assert_eq!(state(&program, &mine).await, "live");
    // A notice is not erased as long as its pictures cannot be deleted.
    close(&program, &mine).await;
    told(&program, "could not be expired or erased").await;
    assert_eq!(state(&program, &mine).await, "closed");
    assert_eq!(bucket.objects(), before);

    bucket.feels(Mood::Well);
    eventually("it is erased", async || state(&program, &mine).await == "erased").await;
    assert_eq!(bucket.objects().len(), 0);
    program.door.photo(notices::jpeg()).await.unwrap().expect(201);
    program.kill();
    assert_audit(&db);
}

async fn a_bucket_that_never_answers_is_not_waited_for(db: Db) {
    let bucket = Bucket::start().await;
    let program = program(&db, &bucket, KEYS.secret).await;
    bucket.feels(Mood::Silent);
    let refused = program.door.photo(notices::jpeg()).await.unwrap();
    assert_eq!(refused.problem(500), "internal_error");
    told(&program, "the place of the photos does not answer").await;
}

/// A photo of which only one size was stored belongs to no notice.
async fn what_was_half_kept_when_the_program_died_is_swept(db: Db) {
    let bucket = Bucket::start().await;
    bucket.feels(Mood::Fading);
    let dying = program(&db, &bucket, KEYS.secret).await;
    let door = dying.door.clone();
    let sending = tokio::spawn(async move { door.photo(notices::jpeg()).await.is_ok() });
    eventually("one size is kept", async || bucket.objects().len() == 1).await;
    dying.kill();
    assert!(!sending.await.unwrap(), "nobody was told that it is kept");

    bucket.feels(Mood::Well);
    let _program = program(&db, &bucket, KEYS.secret).await;
    run(&db, if db.is_sqlite() { A_DAY_LATER_SQLITE } else { A_DAY_LATER_POSTGRES }).await;
    eventually("it is swept", async || bucket.objects().is_empty()).await;
}

/// Makes loose photos one day older.
const A_DAY_LATER_SQLITE: &str = "UPDATE photos SET created_at = created_at - 86400000000";
const A_DAY_LATER_POSTGRES: &str = "UPDATE photos SET created_at = created_at - INTERVAL '1 day'";

/// The program starts: its notices need no bucket, and a bucket that is unreachable for a moment must not
/// stop it.
async fn wrong_keys_are_told_at_the_first_photo(db: Db) {
    let bucket = Bucket::start().await;
    let program = program(&db, &bucket, "another/secret").await;
    let asked = bucket.asked();
    let refused = program.door.photo(notices::jpeg()).await.unwrap();
    assert_eq!(refused.problem(500), "internal_error");
    assert_eq!(bucket.asked() - asked, 1, "asked again, which is of no use");
    told(&program, "SignatureDoesNotMatch").await;
    assert!(program.log().iter().all(|line| !line.contains("another/secret")), "{:#?}", program.log());
    assert!(bucket.objects().is_empty());
}

async fn half_a_key_is_told_at_the_start(db: Db) {
    let mut serve = command(&db);
    let (name, value) = PLACE;
    serve.arg("serve").env(name, value).env("AWS_ACCESS_KEY_ID", KEYS.id).env_remove("AWS_SECRET_ACCESS_KEY");
    let started = serve.stdin(Stdio::null()).output().unwrap();
    let told = String::from_utf8(started.stderr).unwrap();
    assert_eq!(started.status.code(), Some(1), "{told}");
    assert!(told.contains("SEVENTYTWO_BLOBS: a bucket needs AWS_SECRET_ACCESS_KEY"), "{told}");
}
