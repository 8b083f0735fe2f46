//! `/check`: a number is known however it comes, and makes nothing true.

use super::*;

#[actix_web::test]
async fn a_number_is_checked_however_it_is_typed() {
    let (_folder, shared) = start().await;
    let number = put(&shared, 1, Kind::MissingPerson, State::Live, Vec::new()).await;
    let lower = number.as_str().to_lowercase();
    for typed in [lower.clone(), format!("https://72.example/n/{number}"), format!("%20{lower}+")] {
        let (_, page) = ask(&shared, &format!("/check?case={typed}")).await;
        assert!(page.contains("仍在进行中") && page.contains(&format!("/n/{number}")), "{typed}");
        assert!(!page.contains("王秀英"), "{typed}");
    }
}

#[actix_web::test]
async fn a_true_number_makes_no_forged_message_true() {
    let (_folder, shared) = start().await;
    let number = put(&shared, 1, Kind::MissingPerson, State::Live, Vec::new()).await;
    let other = put(&shared, 2, Kind::MissingPerson, State::Closed, Vec::new()).await;
    let (link, money, phone, several) = ("不是本站的", "里面提到钱", "有电话或账号", "不止一个编号");
    for (pasted, class, warned) in [
        (format!("https://72.example/n/{number}。"), "good", vec![]),
        (format!("编号：{number}"), "card", vec![]),
        (
            format!("【72小时】寻人：王秀英\n编号：{number}\n核实与提供线索：https://72.example/n/{number}"),
            "card",
            vec![],
        ),
        (format!("http://72-xiaoshi.help/n/{number}"), "warning", vec![link]),
        (format!("编号：{number}，编号：{number}，编号：{other}"), "warning", vec![several]),
        (format!("【72小时】王秀英，请联系家属 17012345678 编号：{number}"), "warning", vec![phone]),
        (format!("先付路费，编号：{number}"), "warning", vec![money]),
        (format!("{number} pay first, telegram @helper99"), "warning", vec![money, phone]),
        (
            format!(
                "【72小时】寻人 王秀英 请直接联系家属 17012345678，先付路费500元 编号：{number} http://72-help.top/n/{number}"
            ),
            "warning",
            vec![link, money, phone],
        ),
    ] {
        let (drawn, answer) = checked(&shared, &pasted).await;
        assert_eq!(drawn, class, "{pasted}: {answer}");
        for sign in [link, money, phone, several] {
            assert_eq!(answer.contains(sign), warned.contains(&sign), "{sign} {pasted}: {answer}");
        }
        assert_eq!(answer.contains("信息属实"), class == "good", "{pasted}: {answer}");
        assert_eq!(answer.contains("以那里写的为准"), class != "good", "{pasted}: {answer}");
        assert!(answer.contains(&format!("/n/{number}")), "{pasted}: {answer}");
    }
}
