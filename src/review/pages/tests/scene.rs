//! A review desk with a notice on it, for the tests of its pages.

use actix_web::dev::ServiceResponse;
use actix_web::middleware::from_fn;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::{App, web};
use chrono::TimeDelta;
use uuid::Uuid;

use crate::accounts::fixture::House;
use crate::domain::life_cycle::State;
use crate::domain::notice::*;
use crate::domain::people::Role;
use crate::domain::region::Region;
use crate::domain::tip::Content;
use crate::store::fixture;
use crate::store::notices::{self, Asks, Notice, Revision};
use crate::store::tips::{self, Tip};
use crate::store::types::{Id, Time};
use crate::web::{csrf, request, routes};

pub const PHONE: &str = "+8613800138000";
pub const HOSTILE: &str = "\"'><script>alert(72)</script><img src=x onerror=alert(72)>{{7*7}}";

/// What only the family knows, in each of these tests.
pub const PRIVATE: [&str; 5] = [PHONE, "13800138000", "王小明", "京公立字0072", "左手腕有一颗痣"];

pub struct Scene {
    pub house: House,
}

impl Scene {
    pub async fn new() -> Scene {
        Scene { house: House::new().await }
    }

    pub async fn somebody(&self, name: &str, role: Role) -> String {
        let person = self.house.person(name, role).await;
        self.house.session(&person).await
    }

    /// Puts a notice into the queue; `change` makes it what the test needs.
    pub async fn notice(&self, content: (Public, Private), change: impl FnOnce(&mut Notice)) -> String {
        let (key, wrapped) = self.house.shared.vault.new_key();
        let now = self.house.now();
        let mut notice = fixture::notice(State::Submitted);
        notice.kind = content.0.subject.kind();
        notice.submitted_at = Time(now);
        notice.key_wrapped = Some(wrapped);
        change(&mut notice);
        let revision =
            Revision::seal(&key, notice.id.0, 1, (&content.0, &content.1), Asks::Words, now).unwrap();
        let told = Content {
            text: HOSTILE.to_owned(),
            seen_at: None,
            place: None,
            phone: None,
            flags: Vec::new(),
            guarded: false,
            guarded_meanwhile: false,
        };
        let tip = Tip {
            id: Id(crate::clock::new_id(now)),
            notice_id: notice.id,
            body_sealed: tips::sealed(&key, &told).unwrap(),
            held: true,
            objects: false,
            created_at: Time(now),
        };
        let case = notice.case_number.to_string();
        let put = self.house.shared.store.write(move |tx| {
            notices::insert(tx, &notice, &revision)?;
            tips::insert_tip(tx, &tip)
        });
        put.await.unwrap();
        case
    }

    /// Puts a live notice there.
    pub async fn live(&self, change: impl FnOnce(&mut Notice)) -> String {
        let ends = self.house.now() + TimeDelta::hours(72);
        self.notice(content(person("李玉兰"), ""), |n| {
            n.state = State::Live;
            (n.live_revision, n.live_at, n.ends_at) = (Some(1), Some(n.submitted_at), Some(Time(ends)));
            change(n);
        })
        .await
    }

    pub async fn ask(&self, request: TestRequest, session: &str) -> ServiceResponse {
        let app = init_service(
            App::new()
                .wrap(from_fn(request::around))
                .app_data(web::Data::new(self.house.shared.clone()))
                .configure(routes::all),
        )
        .await;
        let request = request.insert_header(("cookie", format!("session={session}"))).to_request();
        let answer = call_service(&app, request).await;
        answer.map_into_boxed_body()
    }

    pub async fn page(&self, path: &str, session: &str) -> (u16, String) {
        let answer = self.ask(TestRequest::get().uri(path), session).await;
        (answer.status().as_u16(), text(answer).await)
    }

    /// Sends a form with its CSRF token.
    pub async fn send(&self, path: &str, session: &str, fields: &[(&str, &str)]) -> ServiceResponse {
        let token = csrf::token(&self.house.shared.vault, session);
        let mut fields = fields.to_vec();
        fields.push(("csrf", &token));
        self.ask(TestRequest::post().uri(path).set_form(fields), session).await
    }

    pub async fn stored(&self, case: &str) -> Notice {
        let case = case.parse().unwrap();
        let found = self.house.shared.store.read(move |c| notices::by_case(c, case)).await;
        found.unwrap().unwrap()
    }
}

pub async fn text(answer: ServiceResponse) -> String {
    String::from_utf8(read_body(answer).await.to_vec()).unwrap()
}

pub fn person(name: &str) -> Subject {
    let person = Person {
        name: name.into(),
        age: 76,
        sex: None,
        height_cm: None,
        appearance: Some(name.into()),
        clothing: Some(name.into()),
        medical_urgent: true,
    };
    Subject::MissingPerson { person }
}

pub fn content(subject: Subject, free: &str) -> (Public, Private) {
    let public = Public {
        region: Region::parse("131003").unwrap(),
        subject,
        last_seen: Some(LastSeen {
            at: chrono::DateTime::UNIX_EPOCH,
            precision: Precision::About,
            place: free.into(),
        }),
        description: free.into(),
        police_station: Some(free.into()),
        phone: None,
        photos: vec![Uuid::from_u128(7)],
    };
    let private = Private {
        reporter: Reporter {
            name: format!("王小明{free}"),
            phone: PHONE.into(),
            relation: free.into(),
            publish_phone: false,
        },
        category: Some(Category::Dementia),
        police: Police {
            reported: true,
            station: Some(free.into()),
            reference: Some(format!("京公立字0072{free}")),
        },
        safety: Safety::default(),
        secret_detail: Some(format!("左手腕有一颗痣{free}")),
        flags: vec![format!("contact{free}")],
        evidence: Vec::new(),
        told: Vec::new(),
    };
    (public, private)
}
