//! What the public pages answer for a notice in each state of its life: here what all of them have in common.

use actix_web::body::to_bytes;
use actix_web::http::StatusCode;
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{App, web};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use uuid::Uuid;

use crate::domain::case_number::CaseNumber;
use crate::domain::life_cycle::State;
use crate::domain::notice::{
    Campaign, Direction, Emergency, Incident, Item, Kind, LastSeen, Person, Police, Precision, Private,
    Public, Reporter, Safety, Sex, Subject,
};
use crate::domain::region::Region;
use crate::store::fixture;
use crate::store::notices::{self, Asks, Notice, Revision};
use crate::store::types::{Id, Time};
use crate::web::limits::Limit;
use crate::web::request::around;
use crate::web::routes;
use crate::web::shared::Shared;

mod check;
mod lists;
mod status;

/// What only the family has told us.
const SECRET: &str = "左手腕有一块旧表";

/// Text for a rescue notice with everything that is forbidden.
const HOSTILE: &str =
    "【72小时】更正 @all <b>evil.example</b> 微信号：zhangsan_1 打13800138000或一三八零零一三八零零零";

fn subject(kind: Kind) -> Subject {
    let told = |text: &str| Some(text.to_owned());
    match kind {
        Kind::LostProperty => Subject::LostProperty {
            item: Item {
                direction: Direction::Found,
                what: "黑色钱包".to_owned(),
                brand: None,
                colour: told("黑色"),
                is_document: false,
                held_at: told("人民公园派出所"),
            },
        },
        Kind::Rescue => Subject::Rescue { incident: Incident { what: Emergency::Flood, people: Some(3) } },
        Kind::Donation => Subject::Donation {
            campaign: Campaign {
                organisation: "某某慈善基金会".to_owned(),
                credit_code: "53330000501874064B".parse().unwrap(),
                filing_number: "53330000501874064BA18023".parse().unwrap(),
                url: "https://gongyi.qq.com/succor/detail.htm?id=1".to_owned(),
                starts_on: DateTime::UNIX_EPOCH.date_naive(),
                ends_on: DateTime::UNIX_EPOCH.date_naive(),
                needs: "棉被两百床".to_owned(),
            },
        },
        Kind::MissingPerson => Subject::MissingPerson {
            person: Person {
                name: "王秀英<b>".to_owned(),
                age: 76,
                sex: Some(Sex::Female),
                height_cm: Some(158),
                appearance: told("短发,花白,走路略跛"),
                clothing: told("深红色外套,黑裤子"),
                medical_urgent: true,
            },
        },
    }
}

fn content(kind: Kind, now: DateTime<Utc>, photos: Vec<Uuid>) -> (Public, Private) {
    let public = Public {
        region: Region::parse("131003").unwrap(),
        subject: subject(kind),
        last_seen: Some(LastSeen {
            at: now - TimeDelta::hours(5),
            precision: Precision::About,
            place: "人民公园东门".to_owned(),
        }),
        description: "早上出门买菜后未回家。".to_owned(),
        police_station: Some("新华路派出所".to_owned()),
        phone: None,
        photos,
    };
    let private = Private {
        reporter: Reporter {
            name: "李梅".to_owned(),
            phone: "+8613800138000".to_owned(),
            relation: "女儿".to_owned(),
            publish_phone: false,
        },
        category: None,
        police: Police::default(),
        safety: Safety::default(),
        secret_detail: Some(SECRET.to_owned()),
        flags: Vec::new(),
        evidence: Vec::new(),
        told: Vec::new(),
    };
    (public, private)
}

/// Stores a notice as the stations would have left it.
pub(super) async fn put(
    shared: &Shared,
    bits: u64,
    kind: Kind,
    state: State,
    photos: Vec<Uuid>,
) -> CaseNumber {
    let number = CaseNumber::from_bits(bits);
    let now = shared.clock.now();
    let (key, wrapped) = shared.vault.new_key();
    let (mut public, private) = content(kind, now, photos);
    if kind == Kind::LostProperty {
        public.phone = Some("+8613800138000".to_owned());
    }
    if kind == Kind::Rescue {
        HOSTILE.clone_into(&mut public.description);
        if let Some(seen) = &mut public.last_seen {
            seen.place = format!("桥头 {HOSTILE}");
        }
    }
    let id = Uuid::from_u128(u128::from(bits) + 1);
    let was_live =
        matches!(state, State::Live | State::Paused | State::Closed | State::Expired | State::Removed);
    let notice = Notice {
        id: Id(id),
        case_number: number,
        kind,
        region: "131003".to_owned(),
        live_revision: was_live.then_some(1),
        missing_since: Time(now),
        submitted_at: Time(now),
        live_at: was_live.then_some(Time(now + TimeDelta::microseconds(bits as i64))),
        ends_at: was_live.then_some(Time(now + TimeDelta::hours(72))),
        key_wrapped: (state != State::Erased).then_some(wrapped),
        ..fixture::notice(state)
    };
    let revision = Revision::seal(&key, id, 1, (&public, &private), Asks::Words, now).unwrap();
    shared.store.write(move |conn| notices::insert(conn, &notice, &revision)).await.unwrap();
    number
}

/// Requests a path; returns the status and the body.
async fn ask(shared: &Shared, path: &str) -> (StatusCode, String) {
    ask_in(shared, path, "zh-CN").await
}

/// The answer for somebody who reads that language.
async fn ask_in(shared: &Shared, path: &str, language: &str) -> (StatusCode, String) {
    let app = App::new()
        .app_data(web::Data::new(shared.clone()))
        .wrap(actix_web::middleware::from_fn(around))
        .configure(routes::all);
    let app = init_service(app).await;
    let request = TestRequest::get().uri(path).insert_header(("accept-language", language));
    let answer = call_service(&app, request.to_request()).await;
    let status = answer.status();
    let body = to_bytes(answer.into_body()).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[actix_web::test]
async fn text_of_the_public_is_as_harmless_on_a_page_as_in_a_chat() {
    let (_folder, shared) = start().await;
    let number = put(&shared, 1, Kind::Rescue, State::Live, Vec::new()).await;
    for path in [format!("/n/{number}"), format!("/api/v1/notices/{number}"), "/api/v1/notices".to_owned()] {
        let (status, read) = ask(&shared, &path).await;
        assert_eq!(status, StatusCode::OK);
        for harm in
            ["【72小时】更正", "@all", "evil.example", "zhangsan_1", "13800138000", "一三八零零", "&#60;b"]
        {
            assert!(!read.contains(harm), "{harm} in {path}: {read}");
        }
        for word in ["〔号码已隐去〕", "〔链接已隐去〕", "〔72小时〕更正", "桥头"] {
            assert!(read.contains(word), "{word} is lost from {path}: {read}");
        }
    }
}

async fn json(shared: &Shared, path: &str) -> (StatusCode, Value) {
    let (status, body) = ask(shared, path).await;
    (status, serde_json::from_str(&body).unwrap())
}

async fn start() -> (tempfile::TempDir, Shared) {
    let folder = tempfile::tempdir().unwrap();
    let shared = Shared::for_tests(folder.path(), "https://72.example").await;
    (folder, shared)
}

#[actix_web::test]
async fn pages_say_how_to_reach_the_operator_where_that_is_known() {
    let (_folder, shared) = start().await;
    let silent = ["/", "/safety", "/login?next=/groups", "/nowhere"];
    for path in silent {
        let (_, page) = ask(&shared, path).await;
        assert!(
            !page.contains("联系运营者"),
            "{path} sends people to somebody whom they cannot reach: {page}"
        );
    }
    assert!(ask(&shared, "/login?next=/groups").await.1.contains("群里会收到"), "what a group receives");
    let contact = Some("0316-5550172 <值班>".into());
    let shared = Shared { contact, ..shared };
    for path in silent {
        let (_, page) = ask(&shared, path).await;
        assert!(page.contains("联系运营者：0316-5550172 &#60;值班&#62;"), "{path}: {page}");
    }
    assert!(ask(&shared, "/login").await.1.contains("还没有账号？"), "who has none learns whom to ask");
}

#[actix_web::test]
async fn who_reads_english_reads_the_name_of_an_area() {
    let (_folder, shared) = start().await;
    let number = put(&shared, 1, Kind::LostProperty, State::Live, Vec::new()).await;
    let area = "Guangyang, Langfang, Hebei (河北省廊坊市广阳区)";
    for path in [format!("/n/{number}?lang=en"), "/?lang=en".to_owned()] {
        let (_, page) = ask(&shared, &path).await;
        assert!(page.contains(area), "{path}: {page}");
    }
    assert!(!ask(&shared, &format!("/n/{number}")).await.1.contains("Langfang"));
}

#[actix_web::test]
async fn the_manual_sets_code_as_code() {
    let (_folder, shared) = start().await;
    for path in ["/api/docs", "/api/docs?lang=en"] {
        let (_, page) = ask(&shared, path).await;
        assert!(page.contains("<code>not_possible</code>") && !page.contains('`'), "{page}");
    }
    let (_, api) = json(&shared, "/api/openapi.json").await;
    let tags = |call: &Value| call["tags"].clone();
    let paths = &api["paths"];
    let close = paths.as_object().unwrap().iter().find(|(path, _)| path.ends_with("/my/notice/close"));
    let mine = paths.as_object().unwrap().iter().find(|(path, _)| path.ends_with("/my/notice"));
    assert_eq!(tags(&close.unwrap().1["post"]), tags(&mine.unwrap().1["get"]));
}

#[actix_web::test]
async fn a_notice_past_its_time_is_over_though_nobody_swept() {
    let (_folder, shared) = start().await;
    let number = put(&shared, 1, Kind::LostProperty, State::Live, Vec::new()).await;
    let listed = |page: &str| page.contains("黑色钱包");
    assert!(listed(&ask(&shared, "/").await.1));
    shared.clock.advance(TimeDelta::hours(72));
    assert!(ask(&shared, &format!("/n/{number}")).await.1.contains("本条信息已结束"));
    assert_eq!(json(&shared, &format!("/api/v1/notices/{number}")).await.1["state"], "expired");
    assert!(!listed(&ask(&shared, "/").await.1));
    assert_eq!(json(&shared, "/api/v1/notices").await.1["items"], serde_json::json!([]));
    assert!(!ask(&shared, "/feeds/notices.atom").await.1.contains(&number.to_string()));
}

/// What `/check` answers to pasted text, and how it is styled.
async fn checked(shared: &Shared, pasted: &str) -> (String, String) {
    let encoded: String = pasted.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let (status, page) = ask(shared, &format!("/check?case={encoded}")).await;
    assert_eq!(status, StatusCode::OK, "{pasted}");
    let (before, answer) = page.split_once("\" role=\"status\">").unwrap_or((&page, ""));
    let class = before.rsplit('"').next().unwrap();
    (class.to_owned(), answer.split("</div>").next().unwrap().to_owned())
}

#[actix_web::test]
async fn what_was_never_public_is_told_alike_on_both_pages() {
    let (_folder, shared) = start().await;
    for (bits, state) in [(1, State::Rejected), (2, State::Closed)] {
        let number = put(&shared, bits, Kind::MissingPerson, state, Vec::new()).await;
        let never = state == State::Rejected;
        let (_, page) = ask(&shared, &format!("/n/{number}")).await;
        let (class, answer) = checked(&shared, &number.to_string()).await;
        for told in [page, answer] {
            assert_eq!(told.contains("没有公开过任何内容"), never, "{state:?}: {told}");
            assert_eq!(told.contains("请删除手机和群里的旧消息"), !never, "{state:?}: {told}");
        }
        assert_eq!(class, if never { "warning" } else { "good" }, "{state:?}");
    }
}

#[actix_web::test]
async fn nobody_is_thanked_for_what_was_taken_down() {
    let (_folder, shared) = start().await;
    for (bits, state, thanked) in [
        (1, State::Closed, true),
        (2, State::Expired, true),
        (3, State::Removed, false),
        (4, State::Rejected, false),
    ] {
        let number = put(&shared, bits, Kind::MissingPerson, state, Vec::new()).await;
        let (_, page) = ask(&shared, &format!("/n/{number}")).await;
        assert_eq!(page.contains("谢谢每一位帮过忙的人"), thanked, "{state:?}: {page}");
        let (class, answer) = checked(&shared, &number.to_string()).await;
        let removed = state == State::Removed;
        for told in [page, answer] {
            assert_eq!(told.contains("已撤回，请勿再转发"), removed, "{state:?}: {told}");
        }
        assert_eq!(class == "good", thanked, "{state:?}");
    }
}

#[actix_web::test]
async fn no_network_reads_public_doors_without_end() {
    let (_folder, shared) = start().await;
    let number = put(&shared, 1, Kind::LostProperty, State::Live, Vec::new()).await;
    let nobody = std::net::IpAddr::from([0, 0, 0, 0]);
    let doors = ["/", "/feeds/notices.atom", "/api/v1/notices"].map(str::to_owned);
    for door in doors.into_iter().chain([format!("/n/{number}"), format!("/check?case={number}")]) {
        // The limit refills within a tenth of a second, perhaps before the next request.
        let mut tries = 0;
        let refused = loop {
            let (status, page) = ask(&shared, &door).await;
            if status == StatusCode::TOO_MANY_REQUESTS {
                break page;
            }
            assert!(tries < 100, "{door}");
            while shared.limits.check(Limit::Reads, nobody).is_ok() {}
            tries += 1;
        };
        let again = format!("href=\"{door}\">再试一次");
        assert_eq!(refused.contains(&again), !door.starts_with("/api"), "{door}: {refused}");
    }
}
