//! What became of a notice in the groups, in sentences. Its reporter and its moderators read the same: only
//! numbers, nothing about any single group.

use super::frame::Frame;
use crate::store::tally::Sum;

/// The sentences for the numbers that are not zero, in the order of the ledger. That nobody received it is
/// said too, unless somebody may have. Once the notice is over, it is of its end that groups wait to hear: they
/// are among those who received it.
pub fn sentences(frame: &Frame, sum: &Sum, over: bool) -> String {
    let Sum { received, perhaps, edited, deleted, followed_up, waiting, paused, unreachable } = *sum;
    let numbers = [
        ("received", received),
        ("perhaps", perhaps),
        ("edited", edited),
        ("deleted", deleted),
        ("followed_up", followed_up),
        (if over { "waiting-over" } else { "waiting" }, waiting - paused),
        ("paused", paused),
        ("unreachable", unreachable),
    ];
    let told =
        numbers.into_iter().filter(|(name, groups)| *groups > 0 || (*name == "received" && perhaps == 0));
    let sentences = told.map(|(name, groups)| frame.tn(&format!("sum-{name}"), "groups", groups));
    sentences.collect::<Vec<_>>().join(frame.gap())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;
    use crate::domain::language::Language;

    fn told(language: Language, sum: &Sum) -> String {
        let frame = Frame { language, ..Frame::public(&TestRequest::default().to_http_request()) };
        sentences(&frame, sum, false)
    }

    #[test]
    fn every_number_has_its_sentence() {
        let sum = Sum {
            received: 21,
            perhaps: 6,
            edited: 1,
            deleted: 2,
            followed_up: 3,
            waiting: 9,
            paused: 5,
            unreachable: 11,
        };
        assert_eq!(
            told(Language::ZhCn, &sum),
            "已有 21 个群收到。6 个群不确定是否收到：平台没有说明。1 个群里的消息已修改，不再显示原内容。2 个群里的消息已删除。3 个群已另发消息说明。\
             4 个群还没有发完。5 个群等待恢复接收。11 个群未能通知到。"
        );
        assert_eq!(
            told(Language::En, &sum),
            "21 groups received it. 6 groups may have received it: their platform did not say. In one group the message was edited and no longer shows the notice. \
             In 2 groups the message was deleted. 3 groups were told by a further message. \
             Sending to 4 groups is not finished. 5 groups are told when they receive again. \
             11 groups could not be reached."
        );
    }

    #[test]
    fn who_waits_to_hear_of_the_end_is_one_of_those_who_received_it() {
        let frame = Frame::public(&TestRequest::default().to_http_request());
        let sum = Sum { received: 1, waiting: 1, ..Sum::default() };
        let told = sentences(&frame, &sum, true);
        assert_eq!(told, "已有 1 个群收到。还有 1 个群没收到结束的通知。");
    }

    #[test]
    fn what_says_nothing_is_left_out() {
        assert_eq!(told(Language::ZhCn, &Sum::default()), "目前没有群收到。");
        assert_eq!(told(Language::En, &Sum::default()), "No group has received it.");
        let one = Sum { received: 1, unreachable: 1, ..Sum::default() };
        assert_eq!(told(Language::En, &one), "One group received it. One group could not be reached.");
        let one = Sum { perhaps: 1, ..Sum::default() };
        let doubted = "One group may have received it: its platform did not say.";
        assert_eq!(told(Language::En, &one), doubted, "that nobody received it is not known");
    }
}
