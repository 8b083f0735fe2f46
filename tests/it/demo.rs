//! The demo as a newcomer meets it: what it prints, connecting a group, and that nothing is sent outside.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use reqwest::Method;
use serde_json::{Value, json};

use crate::house::{Reply, reply};
use crate::process::eventually;
use crate::{Test, alone};

/// The tests of this file.
pub const TESTS: &[Test] = &[alone!(a_newcomer_connects_a_group), alone!(no_real_group_can_be_entered)];

/// The credentials that are typed in for a group.
type Credentials = &'static [(&'static str, &'static str)];

/// Real addresses, each with the field that it belongs in.
const REAL: [(&str, &str, Credentials); 11] = [
    ("webhook", "url", &[("url", "https://hooks.example.org/x")]),
    ("wecom", "url", &[("url", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6")]),
    ("dingtalk", "url", &[("url", "https://oapi.dingtalk.com/robot/send?access_token=693a91f6")]),
    ("feishu", "url", &[("url", "https://open.feishu.cn/open-apis/bot/v2/hook/693a91f6")]),
    ("slack", "url", &[("url", "https://hooks.slack.com/services/T1/B1/x693a91f6")]),
    ("discord", "url", &[("url", "https://discord.com/api/webhooks/693916/x693a91f6")]),
    ("telegram", "token", &[("token", "69391:AAE693a91f6AAE693a91f6AAE693a91f6AAE"), ("chat_id", "-1001")]),
    (
        "matrix",
        "homeserver",
        &[
            ("homeserver", "https://matrix.example.org"),
            ("access_token", "syt_693a91f6"),
            ("room_id", "!x:example.org"),
        ],
    ),
    ("mattermost", "url", &[("url", "https://chat.example.org/hooks/693a91f6")]),
    ("rocketchat", "url", &[("url", "https://chat.example.org/hooks/abc/693a91f6")]),
    (
        "teams",
        "url",
        &[("url", "https://x.1.environment.api.powerplatform.com:443/a/workflows/b/triggers/c?sig=693a91f6")],
    ),
];

/// A running demo; killed when dropped.
struct Demo {
    child: Child,
    http: reqwest::Client,
    base: String,
    /// The group admin's API token.
    token: String,
    /// The printed webhook URL for connecting a group.
    robot: String,
}

impl Demo {
    async fn start() -> Demo {
        let mut command = Command::new(env!("CARGO_BIN_EXE_seventytwo"));
        command.arg("demo").env("SEVENTYTWO_BIND", "127.0.0.1:0").env("SEVENTYTWO_LOG", "error");
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the program starts");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let printed = tokio::task::spawn_blocking(move || {
            // The last line says how to stop it.
            lines.by_ref().take_while(|line| !line.contains("Ctrl+C")).collect::<Vec<String>>()
        })
        .await
        .unwrap();
        let words = || printed.iter().flat_map(|line| line.split_whitespace());
        let base = words().find(|word| word.starts_with("http")).expect("an address").to_owned();
        let robot = words().find(|word| word.contains("/cgi-bin/webhook/send?key=")).unwrap_or_default();
        let admin = printed.iter().find(|line| line.starts_with("group_admin ")).expect("a group admin");
        let token = admin.split_whitespace().find_map(|word| word.strip_prefix("token=")).unwrap();
        seventytwo::tls::install();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Demo { child, http, base, token: token.to_owned(), robot: robot.to_owned() }
    }

    async fn call(&self, method: Method, path: &str, body: &Value) -> Reply {
        let request = self.http.request(method, format!("{}/api/v1{path}", self.base));
        reply(request.bearer_auth(&self.token).header("accept-language", "en").json(body)).await
    }

    async fn chat(&self) -> String {
        reply(self.http.get(format!("{}/practice", self.base))).await.text
    }

    /// Waits until the group of the samples is connected.
    async fn samples(&self) {
        eventually("the sample group is proved", async || {
            let groups = self.call(Method::GET, "/groups", &json!({})).await.expect(200);
            groups["items"][0]["state"] == "active"
        })
        .await;
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The last code sent into the chat.
fn last_code(chat: &str) -> Option<&str> {
    let bubbles = chat.split("class=\"bubble\">").skip(1).filter_map(|rest| rest.split("</p>").next());
    let codes = bubbles.filter(|said| said.contains("验证码"));
    codes.filter_map(|said| said.split(|c: char| !c.is_ascii_digit()).find(|run| run.len() == 6)).last()
}

fn group(platform: &str, credentials: Value) -> Value {
    json!({"platform": platform, "name": "我的群", "credentials": credentials, "regions": ["131000"]})
}

async fn a_newcomer_connects_a_group() {
    let demo = Demo::start().await;
    assert!(demo.robot.starts_with(&demo.base), "a robot's address is printed: {:?}", demo.robot);
    assert!(demo.chat().await.contains(&demo.robot), "and stands beside the chat");
    demo.samples().await;
    let before = last_code(&demo.chat().await).map(str::to_owned);
    let made = demo.call(Method::POST, "/groups", &group("wecom", json!({"url": demo.robot}))).await;
    let id = made.expect(201)["id"].as_str().unwrap().to_owned();
    let chat = demo.chat().await;
    let code = last_code(&chat).expect("a code in the chat");
    assert_ne!(Some(code), before.as_deref(), "a new one");
    let proved = demo.call(Method::POST, &format!("/groups/{id}/verify"), &json!({"code": code})).await;
    assert_eq!(proved.expect(200)["state"], "active");
    let tested = demo.call(Method::POST, &format!("/groups/{id}/test"), &json!({})).await.expect(200);
    assert_eq!(tested["outcome"], "delivered");
}

async fn no_real_group_can_be_entered() {
    let demo = Demo::start().await;
    demo.samples().await;
    for (platform, field, credentials) in REAL {
        let credentials: Value =
            credentials.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        let refused = demo.call(Method::POST, "/groups", &group(platform, credentials)).await;
        let said = refused.body["fields"][format!("credentials.{field}")].to_string();
        assert!(said.contains("demo") && said.contains("/practice"), "{platform}: {}", refused.text);
        assert_eq!(refused.problem(422), "invalid_fields", "{platform}");
    }
    let groups = demo.call(Method::GET, "/groups", &json!({})).await.expect(200);
    assert_eq!(groups["items"].as_array().unwrap().len(), 1, "nothing was kept: {groups}");
    let id = groups["items"][0]["id"].as_str().unwrap();
    let (_, _, [(name, address)]) = REAL[1] else { panic!("one field") };
    let other = json!({"credentials": {*name: address}});
    let refused = demo.call(Method::PATCH, &format!("/groups/{id}"), &other).await;
    assert_eq!(refused.problem(422), "invalid_fields");
}
