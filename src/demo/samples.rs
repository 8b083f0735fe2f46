//! Sample notices of people who do not exist, submitted through the program's own API as families, volunteers
//! and a group admin would.
//!
//! Nothing bypasses the stations: what a sample may not do, nobody may.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::client::{Client, text};
use super::portrait::{Subject, portrait};
use super::practice::{CONNECTED, Practice};
use crate::domain::zone::BEIJING;

/// The API tokens that the samples need.
pub struct Cast {
    pub moderator: String,
    pub second_moderator: String,
    pub group_admin: String,
}

/// Plays the samples: a group that hears the whole province, three waiting notices with three different
/// policies, one live notice, and one that ended well.
pub struct Samples<'a> {
    pub client: Client,
    pub cast: Cast,
    pub practice: &'a Practice,
    pub now: DateTime<Utc>,
}

/// What a reporter gets when a notice is submitted.
struct Submitted {
    case_number: String,
    manage_token: String,
}

impl Samples<'_> {
    /// Submits everything; returns when the last message has reached the practice chat.
    ///
    /// # Errors
    /// The first step that was refused.
    pub async fn put_in(&self) -> anyhow::Result<()> {
        self.connect_group().await?;
        let keys = self.submit(Subject::Keys, self.keys()).await?;
        self.approve(&keys, &self.cast.moderator).await?;
        let grandmother = self.submit(Subject::Grandmother, self.grandmother()).await?;
        self.approve(&grandmother, &self.cast.moderator).await?;
        let man = self.submit(Subject::Man, self.man()).await?;
        self.approve(&man, &self.cast.second_moderator).await?;
        self.submit(Subject::Boy, self.boy()).await?;
        self.submit(Subject::Bag, self.bag()).await?;
        self.arrived(&keys).await;
        let outcome = json!({"outcome": "returned", "announce": true});
        self.client.post("/api/v1/my/notice/close", Some(&keys.manage_token), &outcome).await?;
        self.arrived(&grandmother).await;
        Ok(())
    }

    async fn connect_group(&self) -> anyhow::Result<()> {
        let admin = Some(self.cast.group_admin.as_str());
        let group = json!({
            "platform": "wecom",
            "name": "廊坊寻人互助群（演示）",
            "credentials": {"url": self.practice.webhook(CONNECTED)},
            "regions": ["130000"],
            "kinds": ["missing_person", "lost_property", "rescue", "donation"],
        });
        let id = text(&self.client.post("/api/v1/groups", admin, &group).await?, "id")?;
        let code = self.practice.hear(six_digits).await;
        self.client.post(&format!("/api/v1/groups/{id}/verify"), admin, &json!({"code": code})).await?;
        Ok(())
    }

    async fn submit(&self, photo: Subject, mut notice: Value) -> anyhow::Result<Submitted> {
        let jpeg = tokio::task::spawn_blocking(move || portrait(photo)).await?;
        notice["photo_ids"] = json!([self.client.photo(&jpeg).await?]);
        notice["consent"] = json!({"truthful": true, "publish": true, "sensitive": true});
        let answer = self.client.post("/api/v1/notices", None, &notice).await?;
        Ok(Submitted {
            case_number: text(&answer, "case_number")?,
            manage_token: text(&answer, "manage_token")?,
        })
    }

    async fn approve(&self, notice: &Submitted, token: &str) -> anyhow::Result<()> {
        let path = format!("/api/v1/review/{}", notice.case_number);
        let claimed = self.client.post(&format!("{path}/claim"), Some(token), &json!({})).await?;
        let decision = json!({"version": claimed["version"], "action": "approve", "reason": "verified"});
        self.client.post(&format!("{path}/decisions"), Some(token), &decision).await?;
        Ok(())
    }

    /// Waits until a notice has reached the practice chat.
    async fn arrived(&self, notice: &Submitted) {
        self.practice.hear(|said| said.contains(&notice.case_number).then_some(())).await;
    }

    fn grandmother(&self) -> Value {
        json!({
            "kind": "missing_person",
            "region": "131003",
            "reporter": reporter("王示例", "13800316500", "女儿"),
            "description": "出门买菜后没有回家，可能不记得回家的路。见到老人请先陪着她，并拨打110。（演示数据，并无此人）",
            "person": {"name": "李示例", "age": 76, "sex": "female", "category": "dementia", "height_cm": 158,
                "appearance": "花白头发，脑后挽髻，体型偏瘦", "clothing": "紫色开衫，黑色裤子，布鞋",
                "medical_urgent": true},
            "last_seen": self.seen(TimeDelta::hours(3), "人民公园东门附近"),
            "police": {"reported": true, "station": "示例派出所", "reference": "演示第0001号"},
            "safety": safe(),
            "secret_detail": "左手腕戴一块停了的旧手表",
        })
    }

    fn boy(&self) -> Value {
        json!({
            "kind": "missing_person",
            "region": "131002",
            "reporter": reporter("赵示例", "13800311500", "父亲"),
            "description": "在小区里玩，一转眼不见了。（演示数据，并无此人）",
            "person": {"name": "赵小样", "age": 7, "sex": "male", "category": "child", "height_cm": 124,
                "appearance": "短发，圆脸", "clothing": "红色连帽外套，蓝色牛仔裤", "medical_urgent": false},
            "last_seen": self.seen(TimeDelta::minutes(50), "新华路与和平路路口附近"),
            "police": {"reported": true, "station": "示例派出所"},
            "safety": safe(),
            "secret_detail": "书包里有一只绿色的玩具恐龙",
        })
    }

    fn man(&self) -> Value {
        json!({
            "kind": "missing_person",
            "region": "131022",
            "reporter": reporter("陈示例", "13800312500", "妻子"),
            "description": "下班后没有到家，手机关机。（演示数据，并无此人）",
            "person": {"name": "陈样本", "age": 41, "sex": "male", "category": "other_adult", "height_cm": 175,
                "appearance": "短发，中等身材", "clothing": "绿色夹克，灰色长裤", "medical_urgent": false},
            "last_seen": self.seen(TimeDelta::hours(14), "固安客运站"),
            "police": {"reported": true, "station": "示例派出所", "reference": "演示第0002号"},
            "safety": safe(),
        })
    }

    fn bag(&self) -> Value {
        json!({
            "kind": "lost_property",
            "region": "131002",
            "reporter": reporter("孙示例", "13800220500", ""),
            "description": "坐公交车时落在座位上，里面有课本和一副眼镜。（演示数据）",
            "item": {"direction": "lost", "what": "双肩包", "colour": "蓝色", "is_document": false},
            "last_seen": self.seen(TimeDelta::hours(5), "示例路公交站"),
            "secret_detail": "夹层里有一张手写的课程表",
        })
    }

    fn keys(&self) -> Value {
        json!({
            "kind": "lost_property",
            "region": "131003",
            "reporter": reporter("周示例", "13800100500", ""),
            "description": "在长椅上捡到，请失主说出钥匙的数目来认领。（演示数据）",
            "item": {"direction": "found", "what": "一串钥匙", "colour": "红色挂牌", "is_document": false,
                "held_at": "示例社区服务站"},
            "last_seen": self.seen(TimeDelta::hours(20), "人民公园西门长椅"),
            "secret_detail": "一共四把",
        })
    }

    fn seen(&self, ago: TimeDelta, place: &str) -> Value {
        let at = (self.now - ago).with_timezone(&BEIJING).to_rfc3339();
        json!({"at": at, "precision": "about", "place": place})
    }
}

/// The numbers are a carrier's short-message centres: well formed, and nobody's telephone.
fn reporter(name: &str, phone: &str, relation: &str) -> Value {
    json!({"name": name, "phone": phone, "relation": relation, "publish_phone": false})
}

fn safe() -> Value {
    json!({"violence": false, "protection_order": false, "left_voluntarily": false})
}

/// The first run of exactly six digits.
fn six_digits(said: &str) -> Option<String> {
    said.split(|c: char| !c.is_ascii_digit()).find(|run| run.len() == 6).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::phone::Phone;
    use crate::domain::region::Region;
    use crate::domain::screening::screen;

    fn all() -> Vec<Value> {
        let practice = Practice::empty(String::new());
        let samples = Samples {
            client: Client::new(String::new()),
            cast: Cast {
                moderator: String::new(),
                second_moderator: String::new(),
                group_admin: String::new(),
            },
            practice: &practice,
            now: DateTime::UNIX_EPOCH,
        };
        vec![samples.grandmother(), samples.boy(), samples.man(), samples.bag(), samples.keys()]
    }

    fn texts(value: &Value) -> Vec<&str> {
        match value {
            Value::String(text) => vec![text],
            Value::Object(fields) => fields.values().flat_map(texts).collect(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn every_sample_says_that_it_is_one() {
        for sample in all() {
            assert!(sample["description"].as_str().unwrap().contains("演示数据"), "{sample}");
        }
    }

    #[test]
    fn samples_come_from_the_groups_province_and_callable_forms() {
        let province = Region::parse("130000").unwrap();
        for sample in all() {
            assert!(province.contains(Region::parse(sample["region"].as_str().unwrap()).unwrap()));
            assert!(Phone::parse(sample["reporter"]["phone"].as_str().unwrap()).is_ok(), "{sample}");
        }
    }

    #[test]
    fn the_screening_has_nothing_to_say_about_them() {
        for sample in all() {
            // The name of an illness is a category in the form, never a word of the text.
            let category = sample["person"]["category"].as_str();
            let prose = texts(&sample).into_iter().filter(|text| Some(*text) != category);
            for text in prose.filter(|t| !t.starts_with("13800") && !t.contains('T')) {
                assert!(screen(text).is_empty(), "{text}: {:?}", screen(text));
            }
        }
    }

    #[test]
    fn the_code_is_found_among_other_numbers() {
        for (said, code) in [
            ("【72小时】验证码 048213,10分钟内有效", Some("048213")),
            ("code 123456.", Some("123456")),
            ("1234567 12345", None),
            ("72小时", None),
        ] {
            assert_eq!(six_digits(said).as_deref(), code, "{said}");
        }
    }
}
