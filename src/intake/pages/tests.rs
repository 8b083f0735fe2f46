//! The pages of the intake station, as a browser requests them.

mod form;
mod mine;
mod photos;

use std::collections::BTreeMap;
use std::rc::Rc;

use actix_web::body::MessageBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::header::{self, HeaderMap};
use actix_web::middleware::from_fn;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::{App, web};
use futures_util::future::LocalBoxFuture;
use serde_json::Value;

use super::*;
use crate::domain::life_cycle::{Needs, Weighing};
use crate::domain::notice::Category;
use crate::intake::fixture::{Scene, lost_property, missing_person, png};
use crate::intake::form::fields;
use crate::intake::tests::{live, submitted};
use crate::web::request::around;
use crate::web::routes;

/// A response: the status, the headers and the page.
struct Page {
    status: StatusCode,
    headers: HeaderMap,
    html: String,
}

impl Page {
    async fn of(response: ServiceResponse<impl MessageBody>) -> Page {
        let (status, headers) = (response.status(), response.headers().clone());
        Page { status, headers, html: String::from_utf8_lossy(&read_body(response).await).into_owned() }
    }

    fn location(&self) -> &str {
        self.headers.get(header::LOCATION).map_or("", |v| v.to_str().unwrap())
    }

    /// The token of its forms.
    fn csrf(&self) -> &str {
        self.hidden("csrf").unwrap()
    }

    /// What its forms carry in a hidden field of that name.
    fn hidden(&self, name: &str) -> Option<&str> {
        let (_, value) = self.html.split_once(&format!("type=\"hidden\" name=\"{name}\" value=\""))?;
        value.split('"').next()
    }

    fn cookie(&self) -> String {
        let cookie = self.headers.get(header::SET_COOKIE).unwrap().to_str().unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }
}

type Ask = Box<dyn Fn(TestRequest) -> LocalBoxFuture<'static, Page>>;

struct Browser {
    ask: Ask,
    cookie: String,
}

impl Browser {
    async fn ask(&self, request: TestRequest) -> Page {
        (self.ask)(request.insert_header((header::COOKIE, self.cookie.as_str()))).await
    }

    async fn get(&self, path: &str) -> Page {
        self.ask(TestRequest::get().uri(path)).await
    }

    /// Sends a form without photos.
    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        self.ask(TestRequest::post().uri(path).set_form(fields)).await
    }

    async fn send(&self, path: &str, fields: &[(&str, &str)], photo: Option<&[u8]>) -> Page {
        let mut body = Vec::new();
        for (name, value) in fields {
            body.extend(
                format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes(),
            );
        }
        if let Some(photo) = photo {
            body.extend(b"--x\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n");
            body.extend(photo);
            body.extend(b"\r\n");
        }
        body.extend(b"--x--\r\n");
        let request = TestRequest::post()
            .uri(path)
            .insert_header((header::CONTENT_TYPE, "multipart/form-data; boundary=x"))
            .set_payload(body);
        self.ask(request).await
    }
}

/// A browser that keeps cookies, and has seen a form.
async fn browser(scene: &Scene) -> Browser {
    let app = App::new()
        .app_data(web::Data::new(scene.shared.clone()))
        .wrap(from_fn(around))
        .configure(routes::all);
    let app = Rc::new(init_service(app).await);
    let ask = move |request: TestRequest| -> LocalBoxFuture<'static, Page> {
        let app = Rc::clone(&app);
        Box::pin(async move { Page::of(call_service(&*app, request.to_request()).await).await })
    };
    Browser { ask: Box::new(ask), cookie: "__Host-manage=".to_owned() }
}

/// The form fields for a JSON body of its kind.
fn typed(body: &Value) -> BTreeMap<String, String> {
    let typed = Typed::of(body);
    typed.pairs().into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn pairs(typed: &BTreeMap<String, String>) -> Vec<(&str, &str)> {
    typed.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

#[actix_web::test]
async fn a_form_becomes_a_notice_and_two_taps_become_one() {
    let scene = Scene::new().await;
    let mut browser = browser(&scene).await;
    let mut form = typed(&missing_person());
    form.insert("key".to_owned(), "tap".to_owned());
    let first = browser.send("/report/missing_person", &pairs(&form), Some(&png(90))).await;
    let again = browser.send("/report/missing_person", &pairs(&form), Some(&png(90))).await;
    assert_eq!((first.status, first.location()), (StatusCode::SEE_OTHER, "/report/done"), "{}", first.html);
    assert_eq!(first.cookie(), again.cookie(), "the same notice behind the same link");
    browser.cookie = first.cookie();
    let confirmed = browser.get("/report/done").await;
    assert!(confirmed.html.contains("data-case") && confirmed.html.contains("/my/"), "{}", confirmed.html);
    form.insert("person.name".to_owned(), "别人".to_owned());
    let other = browser.send("/report/missing_person", &pairs(&form), None).await;
    assert_eq!(other.status, StatusCode::CONFLICT);
    assert!(other.html.contains("这份表单已经提交过"));
}

#[actix_web::test]
async fn going_back_after_sending_makes_no_second_notice() {
    let scene = Scene::new().await;
    let mut browser = browser(&scene).await;
    let mut form = typed(&missing_person());
    let key = |html: &str| {
        html.split("name=\"key\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    };
    let fresh = browser.get("/report/missing_person").await;
    form.insert("key".to_owned(), key(&fresh.html));
    let first = browser.send("/report/missing_person", &pairs(&form), Some(&png(90))).await;
    assert_eq!(first.status, StatusCode::SEE_OTHER, "{}", first.html);
    browser.cookie = first.cookie();
    let confirmed = browser.get("/report/done").await.html;
    let case = confirmed.split("data-case>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    // Going back: the browser requests the form again, and the page says first what exists already.
    let back = browser.get("/report/missing_person").await;
    assert!(back.html.contains(&case) && back.html.contains("href=\"/my\""), "{}", back.html);
    assert!(!browser.get("/report/rescue").await.html.contains(&case), "another matter");
    // The same words again give the same case, whatever the browser kept of the form.
    form.insert("key".to_owned(), key(&back.html));
    let again = browser.send("/report/missing_person", &pairs(&form), None).await;
    assert_eq!((again.status, again.location()), (StatusCode::SEE_OTHER, "/report/done"), "{}", again.html);
    assert!(again.headers.get(header::SET_COOKIE).is_none(), "the same link opens it");
    assert!(browser.get("/report/done").await.html.contains(&case));
    let phone = scene.shared.vault.index("phone", "+8613800138000");
    let open = scene.shared.store.read(move |c| crate::store::phones::open(c, &phone)).await;
    assert_eq!(open.unwrap(), 1);
    // Another person's notice is a new case, and a form that was used says which case it made.
    form.insert("key".to_owned(), key(&fresh.html));
    form.insert("person.name".to_owned(), "别人".to_owned());
    let other = browser.send("/report/missing_person", &pairs(&form), None).await;
    assert_eq!(other.status, StatusCode::CONFLICT);
    assert!(other.html.contains(&case) && other.html.contains("href=\"/my\""), "{}", other.html);
}
