//! How text is broken into lines, shortened and set.

use proptest::prelude::*;

use super::super::Texts;
use super::super::canvas::Rgb;
use super::super::lettering::{Lettering, MISSING, Style, missing_characters};
use crate::domain::language::Language;

#[test]
fn missing_characters_are_named_and_marked() {
    for names in ["张玥喆㛃𬍛 · Ann", "張偉豪龘鱻爲淸", "陳啟峯嫺邨"] {
        assert_eq!(missing_characters(names), Vec::<char>::new());
    }
    assert_eq!(missing_characters("小明👦👦 ا"), ['👦', 'ا']);
    assert_eq!(missing_characters("零\u{200b}宽\u{202e}"), Vec::<char>::new());

    let mut lettering = Lettering::new();
    let block = lettering.set("小明👦", Style::regular(40.0, Rgb(0, 0, 0)), 900.0);
    assert_eq!(block.broken_lines(), [format!("小明{MISSING}")]);
}

#[test]
fn fixed_texts_and_marks_are_in_the_fonts() {
    for texts in [Texts::of(Language::ZhCn), Texts::of(Language::En)] {
        assert_eq!(missing_characters(&format!("{texts:?}…{MISSING}")), Vec::<char>::new());
    }
}

#[test]
fn no_character_stands_alone_on_the_last_line() {
    let mut lettering = Lettering::new();
    let style = Style::regular(34.0, Rgb(0, 0, 0)).lines(2);
    let hint = "请陪在 TA 身边，不要围堵、不要拍视频上传，再扫码告诉志愿者。";
    let width = lettering.set(hint, style, 2_000.0).width - 40.0;
    assert_eq!(lettering.set(hint, style, width).broken_lines().len(), 2);
    assert_eq!(lettering.prose(hint, style, width).broken_lines().len(), 1);
    let half = lettering.prose(hint, style, width * 0.6);
    assert_eq!(half.broken_lines().len(), 2, "two good lines stay as large as they are");
    assert!((half.height - 2.0 * 34.0 * style.leading).abs() < 1.0, "{}", half.height);
}

#[test]
fn a_long_name_breaks_between_its_parts() {
    let mut lettering = Lettering::new();
    let name = "买买提·阿布都热合曼·艾则孜·吾买尔江·古丽巴哈尔";
    let block = lettering.fit(name, Style::bold(70.0, Rgb(0, 0, 0)).lines(3), 480.0, 30.0);
    let lines = block.broken_lines();
    assert_eq!(lines.concat(), name);
    assert!(lines[..lines.len() - 1].iter().all(|line| line.ends_with('·')), "{lines:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// No line begins with a closing mark or ends with an opening one, none is wider than asked, and nothing
    /// is lost.
    #[test]
    fn lines_break_as_chinese_demands(
        text in "([一二三四五六七八九十]{1,9}[，。、；：！？）》”]{1,1}|（[天地玄黄]{2,6}）|[a-z]{1,12} |[0-9]{1,5}[年月日]){1,30}",
        width in 400.0_f32..900.0,
    ) {
        let mut lettering = Lettering::new();
        let style = Style::regular(38.0, Rgb(0, 0, 0)).lines(100);
        let block = lettering.set(&text, style, width);
        prop_assert!(block.width <= width + 0.5);
        let lines = block.broken_lines();
        for line in &lines {
            prop_assert!(!line.starts_with(['，', '。', '、', '；', '：', '！', '？', '）', '》', '”']), "{lines:?}");
            prop_assert!(!line.ends_with('（'), "{lines:?}");
        }
        let kept = |s: &str| s.chars().filter(|c| *c != ' ').collect::<String>();
        prop_assert_eq!(kept(&lines.concat()), kept(&text));
    }

    /// A shortened text keeps to its number of lines and shows that something is missing.
    #[test]
    fn shortened_text_ends_with_an_ellipsis(text in "[一-龥a-z ，。]{80,300}") {
        let mut lettering = Lettering::new();
        let block = lettering.set(&text, Style::regular(40.0, Rgb(0, 0, 0)).lines(2), 500.0);
        let lines = block.broken_lines();
        prop_assert!(lines.len() <= 2);
        prop_assert!(block.is_whole() || lines.concat().ends_with('…'));
    }
}
