//! The page of one notice.

use super::*;

#[actix_web::test]
async fn a_live_notice_shows_what_is_public_and_nothing_else() {
    let (_folder, shared) = start().await;
    let number = put(&shared, 1, Kind::MissingPerson, State::Live, vec![Uuid::from_u128(9)]).await;
    let (status, page) = ask(&shared, &format!("/n/{number}")).await;
    assert_eq!(status, StatusCode::OK);
    for shown in [
        "寻找中",
        "王秀英",
        "深红色外套",
        "人民公园东门",
        "/p/00000000-0000-0000-0000-000000000009/page.jpg",
        "先打 110",
    ] {
        assert!(page.contains(shown), "{shown}");
    }
    let (status, notice) = json(&shared, &format!("/api/v1/notices/{number}")).await;
    assert_eq!((status, &notice["state"]), (StatusCode::OK, &Value::from("live")));
    assert_eq!(notice["person"]["age"], 76);
    assert_eq!(notice["person"]["name"], "王秀英＜b＞");
    for hidden in ["13800138000", "李梅", SECRET, "王秀英<b>"] {
        assert!(!page.contains(hidden), "{hidden}");
    }
    for hidden in ["13800138000", "李梅", SECRET] {
        assert!(!notice.to_string().contains(hidden), "{hidden}");
    }
    // A chat never updates the preview card that it makes of a link, so nothing on the card is about the
    // person.
    let head = page.split("</head>").next().unwrap();
    assert!(!head.contains("王秀英") && !head.contains("/p/"), "{head}");
}

#[actix_web::test]
async fn a_published_phone_can_be_read_aloud() {
    let (_folder, shared) = start().await;
    let number = put(&shared, 1, Kind::LostProperty, State::Live, Vec::new()).await;
    let page = ask(&shared, &format!("/n/{number}")).await.1;
    assert!(page.contains("href=\"tel:+8613800138000\">138 0013 8000<"), "{page}");
}

#[actix_web::test]
async fn what_is_not_live_answers_in_one_word_and_shows_nothing() {
    let (_folder, shared) = start().await;
    for (bits, state) in State::ALL.into_iter().enumerate().filter(|(_, s)| *s != State::Live) {
        let number = put(&shared, bits as u64, Kind::MissingPerson, state, Vec::new()).await;
        let (status, page) = ask(&shared, &format!("/n/{number}")).await;
        assert_eq!(status, StatusCode::OK, "{state:?}");
        let word = if state.is_over() { "本条信息已结束,请停止转发" } else { "核实中" };
        assert!(page.contains(word), "{state:?}");
        let never_out = matches!(state, State::Rejected | State::Erased);
        assert_eq!(page.contains("没有公开过任何内容"), never_out, "{state:?}");
        assert_eq!(page.contains("请删除手机和群里的旧消息"), state.is_over() && !never_out, "{state:?}");
        assert!(!page.contains("王秀英") && !page.contains("人民公园"), "{state:?}");
        // Whoever asks may be the danger: nothing is said to a family, nor that all is well.
        let (_, english) = ask(&shared, &format!("/n/{number}?lang=en")).await;
        assert!(
            !page.contains("家属") && !page.contains("放心") && !english.contains("amilies"),
            "{state:?}"
        );

        let (_, notice) = json(&shared, &format!("/api/v1/notices/{number}")).await;
        let told = match state {
            State::Rejected => "closed",
            over if over.is_over() => over.as_str(),
            _ => "paused",
        };
        let expected = serde_json::json!({
            "case_number": number.to_string(), "kind": "missing_person", "state": told,
        });
        assert_eq!(notice, expected, "{state:?}");
    }
}

#[actix_web::test]
async fn no_chat_keeps_a_picture_on_the_card_of_a_notice() {
    // A preview card is fetched once and never again: a face on it would outlive the notice.
    let (_folder, shared) = start().await;
    for (bits, state) in [(1, State::Live), (2, State::Paused), (3, State::Closed), (4, State::Removed)] {
        let number = put(&shared, bits, Kind::LostProperty, state, Vec::new()).await;
        let (_, page) = ask(&shared, &format!("/n/{number}")).await;
        assert!(page.contains("og:title") && !page.contains("og:image"), "{state:?}: {page}");
    }
}

#[actix_web::test]
async fn numbers_that_are_none_say_so() {
    let (_folder, shared) = start().await;
    let never = CaseNumber::from_bits(77);
    for (path, word, code) in [
        (never.to_string(), "无此编号", "case_unknown"),
        ("nonsense".to_owned(), "编号不对", "case_malformed"),
    ] {
        let (status, page) = ask(&shared, &format!("/n/{path}")).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        assert!(page.contains(word), "{path}");
        let (status, problem) = json(&shared, &format!("/api/v1/notices/{path}")).await;
        assert_eq!((status, &problem["code"]), (StatusCode::NOT_FOUND, &Value::from(code)));
        let (status, page) = ask(&shared, &format!("/check?case={path}")).await;
        assert_eq!(status, StatusCode::OK);
        assert!(page.contains(word) || page.contains("错误"), "{path}");
    }
    // Nothing typed is no message of anybody's.
    for nothing in ["", "+", "%0A"] {
        let (_, page) = ask(&shared, &format!("/check?case={nothing}")).await;
        assert!(page.contains("请先填写或粘贴编号。") && !page.contains("不是我们发的"), "{page}");
    }
    // Copied right, it was never ours.
    for path in ["/n/nonsense", "/check?case=nonsense"] {
        let (_, page) = ask(&shared, path).await;
        assert!(
            page.contains("这条消息不是我们发的，请不要转发") && page.contains("要验证码，请不要理会"),
            "{page}"
        );
    }
}

#[actix_web::test]
async fn a_page_asks_what_fits_what_it_is_about() {
    let (_folder, shared) = start().await;
    // The property notice is about a found thing.
    for (bits, kind, fits, does_not) in [
        (1, Kind::MissingPerson, ["寻找中", "您看到了什么", "在哪里看到的"], "认领"),
        (2, Kind::LostProperty, ["待认领", "这是我的", "没有公开的细节"], "看到"),
        (3, Kind::Rescue, ["<h1>洪水被困，3 人</h1>", "我能帮忙", "您能怎样帮忙"], "看到"),
        (4, Kind::Donation, ["募集中", "发现不对，请告诉我们", "哪里不对"], "看到"),
    ] {
        let number = put(&shared, bits, kind, State::Live, Vec::new()).await;
        let (_, page) = ask(&shared, &format!("/n/{number}")).await;
        let article = page.split("<main").nth(1).unwrap();
        for words in fits {
            assert!(article.contains(words), "{words} for {kind:?}: {article}");
        }
        let form = article.split("<form method=\"post\"").nth(1).unwrap().split("</form>").next().unwrap();
        assert!(!form.contains(does_not), "{does_not} for {kind:?}: {form}");
        assert_eq!(article.contains("您就是被寻找的人"), kind == Kind::MissingPerson, "{kind:?}: {article}");
    }
}
