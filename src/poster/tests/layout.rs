//! What stands where, and what gives way where there is too much.

use super::super::layout::Layout;
use super::super::*;
use super::{decoded, noise, plain};
use crate::domain::language::Language;
use crate::domain::notice::NAME;

#[test]
fn however_much_there_is_to_say_it_fits() {
    let texts = Texts::of(Language::En);
    let long = "老人早上出门买菜后未归,SUPERCALIFRAGILISTICEXPIALIDOCIOUS,袋上挂有“平安”二字。".repeat(40);
    let rows = [Row { label: &long, value: &long }; 12];
    let lines = [long.as_str(); 2];
    for photo in [None, Some(noise(900, 1200)), Some(noise(1600, 900)), Some(noise(64, 2000))] {
        let poster = Poster {
            photo: photo.as_deref(),
            title: &long,
            heading: &long,
            summary: &long,
            highlight: &long,
            highlights: &lines,
            rows: &rows,
            story: &long,
            act: &long,
            act_hint: &long,
            case_number: &long,
            valid_until: &long,
            ..plain(&texts)
        };
        let jpeg = Painter::new().draw(&poster).unwrap();
        assert!(jpeg.len() <= MAX_BYTES, "{} bytes", jpeg.len());
        let height = decoded(&jpeg).height();
        assert!(HEIGHTS.contains(&height), "{height} pixels high");
    }
}

#[test]
fn however_little_there_is_to_say_it_is_a_whole_poster() {
    let texts = Texts::of(Language::ZhCn);
    let (rows, highlights) = (&[][..], &[][..]);
    let poster = Poster { summary: "", highlights, rows, story: "", act_hint: "", ..plain(&texts) };
    let jpeg = Painter::new().draw(&poster).unwrap();
    assert_eq!(decoded(&jpeg).height(), *HEIGHTS.start());
}

/// A poster as it is laid out, with a photo of that width over its height.
fn laid_out(poster: &Poster, aspect: Option<f32>) -> Layout {
    notice::lay_out(&mut Lettering::new(), poster, aspect, &Code::new(poster.url).unwrap())
}

#[test]
fn the_story_is_shortened_before_looks_and_clothes_are() {
    let texts = Texts::of(Language::ZhCn);
    let looks = "花白短发，左眉上有一道旧疤，走路略跛，左手戴银镯，右耳听不清，说话带保定口音。".repeat(3);
    let clothes = "深红色连帽外套，黑裤子，灰布鞋，背一个蓝色旧书包，戴一顶米色毛线帽。".repeat(2);
    let story = "老人早上出门买菜后未归，家人找遍了附近的市场和车站。".repeat(30);
    let rows = [Row { label: "体貌", value: &looks }, Row { label: "衣着", value: &clothes }];
    let poster = Poster { rows: &rows, story: &story, ..plain(&texts) };
    for aspect in [None, Some(9.0 / 16.0), Some(0.75), Some(1.0), Some(4.0 / 3.0), Some(16.0 / 9.0)] {
        let layout = laid_out(&poster, aspect);
        assert!(layout.y <= *HEIGHTS.end() as f32, "{aspect:?}: {} pixels high", layout.y);
        for mark in [&looks, &clothes] {
            assert!(layout.words().contains(mark), "{aspect:?}: {:?}", layout.words());
        }
        assert!(layout.words().iter().any(|block| block.starts_with("老人早上") && block.ends_with('…')));
    }
}

#[test]
fn what_does_not_fit_is_missing_from_the_story_first() {
    let looks = "花白短发，左眉上有一道旧疤，走路略跛，左手戴银镯，右耳听不清，说话带保定口音。".repeat(7);
    let clothes = "深红色连帽外套，黑裤子，灰布鞋，背一个蓝色旧书包，戴一顶米色毛线帽。".repeat(8);
    let story = "老人早上出门买菜后未归，家人找遍了附近的市场和车站。".repeat(30);
    let rows = [Row { label: "体貌", value: &looks }, Row { label: "衣着", value: &clothes }];
    for language in Language::ALL {
        let texts = Texts::of(language);
        let act_hint = crate::language::text(language, "poster-hint-missing_person");
        let poster = Poster { rows: &rows, story: &story, act_hint: &act_hint, ..plain(&texts) };
        for aspect in [None, Some(9.0 / 16.0), Some(0.75), Some(1.0), Some(16.0 / 9.0)] {
            let words = laid_out(&poster, aspect).words();
            let starting =
                |with: &str| words.iter().find(|block| block.starts_with(with)).unwrap().chars().count();
            assert!(starting("花白") > starting("老人早上"), "{language:?} {aspect:?}: {words:?}");
            assert!(words.contains(&act_hint), "{language:?} {aspect:?}: {words:?}");
        }
    }
}

#[test]
fn a_story_is_set_smaller_before_it_is_cut() {
    let texts = Texts::of(Language::ZhCn);
    let rows = [
        Row {
            label: "样貌",
            value: "花白短发，偏瘦，左眼下方有一颗黑痣，右手背有一道约五厘米的旧伤疤，说话带浓重的南疆口音，走路有些跛，戴老花镜和助听器",
        },
        Row {
            label: "衣着",
            value: "深红色羽绒外套，里面是灰色高领毛衣，黑色灯芯绒长裤，老北京布鞋，背一个印有“超市”字样的绿色购物袋，拄一根木拐杖",
        },
        Row { label: "已报警", value: "廊坊市公安局广阳分局新华路派出所" },
    ];
    let story = "健康状况需要尽快找到。早上八点多出门去早市买菜，一直没有回家。家人已经查看了小区和附近两条街的监控，最后一次看到他是在公园东门往北走。他有时会坐 12 路公交车去原来的老房子附近，也可能往火车站方向走，看到请陪着他。";
    let highlights = [
        "11月27日（周五）约 09:40",
        "河北省廊坊市广阳区人民公园东门外公交站台与新华路交叉口西北角便利店门口",
    ];
    let heading = "阿卜杜热合曼·买买提吐尔逊·艾合买提江";
    let poster = Poster { heading, highlights: &highlights, rows: &rows, story, ..plain(&texts) };
    let layout = laid_out(&poster, None);
    assert!(layout.y <= *HEIGHTS.end() as f32 && layout.is_whole(), "{:?}", layout.words());
}

#[test]
fn a_name_is_never_cut() {
    let texts = Texts::of(Language::ZhCn);
    let names = [
        "Bartholomew Maximilian Featherstonehaugh-Cholmondeley-Smythe",
        "阿卜杜热合曼·买买提吐尔逊·艾合买提江·阿布都热合曼·艾则孜·吾买尔江·古丽巴哈尔·买买提吐尔逊·艾合买提江·阿布都",
        &"W".repeat(NAME),
        &"龘".repeat(NAME),
    ];
    for name in names {
        for aspect in [None, Some(9.0 / 16.0), Some(1.0), Some(16.0 / 9.0)] {
            let layout = laid_out(&Poster { heading: name, ..plain(&texts) }, aspect);
            assert!(layout.is_whole(), "{aspect:?}: {:?}", layout.words());
        }
    }
}

#[test]
fn photos_keep_their_whole_height() {
    let texts = Texts::of(Language::ZhCn);
    let story = "老人早上出门买菜后未归，家人找遍了附近的市场和车站。".repeat(12);
    for story in ["老人早上出门买菜后未归。", &story] {
        let poster = Poster { story, ..plain(&texts) };
        for aspect in [9.0 / 16.0, 0.75, 1.0, 4.0 / 3.0, 16.0 / 9.0] {
            let photo = laid_out(&poster, Some(aspect)).photo().unwrap();
            assert!(photo.width / photo.height < aspect * 1.01, "{aspect}: {photo:?}");
        }
    }
}
