use super::canvas::{Area, Canvas};
use super::content::{Content, lacks};
use super::lettering::{MISSING, Style, missing_characters};
use super::*;
use crate::demo::portrait::{Subject, portrait};
use crate::domain::case_number::CaseNumber;
use crate::domain::language::Language;
use crate::domain::notice::{self, Person, Public};
use crate::domain::region::Region;
use image::{DynamicImage, GrayImage, RgbImage, imageops::FilterType};
use proptest::prelude::*;

const URL: &str = "https://72.example.org/n/7K3QDM92XH";

fn plain<'a>(texts: &'a Texts) -> Poster<'a> {
    Poster {
        kind: Kind::MissingPerson,
        title: "寻人启事",
        heading: "张玥喆",
        summary: "女 · 76 岁",
        photo: None,
        highlight: "最后见到",
        highlights: &["11月23日约 09:40", "廊坊市安次区银河南路"],
        rows: &[Row { label: "衣着", value: "紫色开衫" }],
        story: "老人早上出门买菜后未归。",
        act: "见到请先拨打 110",
        act_hint: "请稳住老人。",
        case_number: "7K3QD-M92XH",
        url: URL,
        check: "或打开 72.example.org/check 输入编号",
        valid_until: "2026年11月26日 17:05（北京时间）",
        texts,
    }
}

fn ended<'a>(ending: Ending, texts: &'a Texts) -> Ended<'a> {
    Ended { ending, case_number: "7K3QD-M92XH", url: URL, check: "72.example.org/check", texts }
}

fn decoded(jpeg: &[u8]) -> DynamicImage {
    image::load_from_memory_with_format(jpeg, image::ImageFormat::Jpeg).unwrap()
}

fn scanned(picture: &GrayImage) -> String {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let mut seen = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
        picture.get_pixel(x as u32, y as u32)[0]
    });
    let codes = seen.detect_grids();
    assert_eq!(codes.len(), 1);
    codes[0].decode().unwrap().1
}

/// A photo of noise, which no encoder can make small.
fn noise(width: u32, height: u32) -> Vec<u8> {
    let mut state = 1_u32;
    let noise = RgbImage::from_fn(width, height, |_, _| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let [a, b, c, _] = state.to_be_bytes();
        image::Rgb([a, b, c])
    });
    let mut jpeg = std::io::Cursor::new(Vec::new());
    noise.write_to(&mut jpeg, image::ImageFormat::Jpeg).unwrap();
    jpeg.into_inner()
}

#[test]
fn phones_read_the_code_at_full_and_at_half_size() {
    let texts = Texts::of(Language::ZhCn);
    let portrait = portrait(Subject::Grandmother);
    let long_url = format!("{URL}?{}", "a".repeat(MAX_URL - URL.len() - 1));
    for url in [URL, &long_url] {
        let mut painter = Painter::new();
        let poster = painter.draw(&Poster { photo: Some(&portrait), url, ..plain(&texts) }).unwrap();
        let over = painter.draw_ended(&Ended { url, ..ended(Ending::Over, &texts) }).unwrap();
        for jpeg in [poster, over] {
            let full = decoded(&jpeg);
            assert_eq!(full.width(), WIDTH);
            assert_eq!(scanned(&full.to_luma8()), url);
            let half = full.resize_exact(540, full.height() / 2, FilterType::Triangle);
            assert_eq!(scanned(&half.to_luma8()), url);
        }
    }
}

#[test]
fn an_address_too_long_for_a_readable_code_is_refused() {
    let texts = Texts::of(Language::ZhCn);
    let url = "a".repeat(MAX_URL + 1);
    let refused = Painter::new().draw(&Poster { url: &url, ..plain(&texts) });
    assert!(matches!(refused, Err(PosterError::UrlTooLong)));
}

#[test]
fn a_photo_that_is_none_is_refused() {
    let texts = Texts::of(Language::ZhCn);
    let refused = Painter::new().draw(&Poster { photo: Some(b"no photo"), ..plain(&texts) });
    assert!(matches!(refused, Err(PosterError::Photo(_))));
}

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
fn of_a_photo_that_is_a_line_a_poster_is_drawn() {
    let texts = Texts::of(Language::ZhCn);
    for (width, height) in [(1_600, 1), (1, 1_600)] {
        let poster = Poster { photo: Some(&noise(width, height)), ..plain(&texts) };
        Painter::new().draw(&poster).unwrap_or_else(|error| panic!("{width}x{height}: {error}"));
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
fn laid_out(poster: &Poster, aspect: Option<f32>) -> layout::Layout {
    super::notice::lay_out(&mut Lettering::new(), poster, aspect, &Code::new(poster.url).unwrap())
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
        &"W".repeat(notice::NAME),
        &"龘".repeat(notice::NAME),
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

#[test]
fn a_photo_too_high_is_cut_at_its_lower_edge_alone() {
    let photo = RgbImage::from_fn(60, 400, |_, y| image::Rgb(if y < 24 { [0; 3] } else { [255; 3] }));
    let mut jpeg = std::io::Cursor::new(Vec::new());
    photo.write_to(&mut jpeg, image::ImageFormat::Jpeg).unwrap();
    let cut = Photo::read(&jpeg.into_inner()).unwrap().cut(60.0, 80.0);
    let ink = |y| cut.get_pixel(30, y)[0];
    assert!(ink(0) < 40 && ink(20) < 40 && ink(28) > 215, "{} {} {}", ink(0), ink(20), ink(28));
}

#[test]
fn an_ended_notice_shows_nobody() {
    // Nothing about a person can be passed in; the picture depends on the case number alone.
    let texts = Texts::of(Language::ZhCn);
    let mut painter = Painter::new();
    let mut draw = |ending| painter.draw_ended(&ended(ending, &texts));
    let (over, paused) = (draw(Ending::Over).unwrap(), draw(Ending::Paused).unwrap());
    assert_ne!(over, paused);
    assert!(over.len() <= MAX_BYTES && paused.len() <= MAX_BYTES);
}

#[test]
fn the_poster_of_what_is_paused_or_over_asks_for_no_tips() {
    for texts in [Texts::of(Language::ZhCn), Texts::of(Language::En)] {
        for ending in [Ending::Over, Ending::Paused] {
            let code = Code::new(URL).unwrap();
            let words = ended::lay_out(&mut Lettering::new(), &ended(ending, &texts), &code).words();
            assert!(words.iter().any(|block| block == &texts.scan_ended), "{words:?}");
            assert!(!words.iter().any(|block| block == &texts.scan), "{words:?}");
        }
    }
}

#[test]
fn a_used_painter_draws_like_a_new_one() {
    let texts = Texts::of(Language::ZhCn);
    let mut used = Painter::new();
    used.draw(&Poster { heading: "李建国", ..plain(&texts) }).unwrap();
    assert_eq!(used.draw(&plain(&texts)).unwrap(), Painter::new().draw(&plain(&texts)).unwrap());
}

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

/// Somebody of that age who is sought, with `told` wherever the reporter may write.
fn sought(age: u8, told: &str) -> Public {
    let person = Person {
        name: told.to_owned(),
        age,
        sex: None,
        height_cm: None,
        appearance: Some(told.to_owned()),
        clothing: Some(told.to_owned()),
        medical_urgent: true,
    };
    Public {
        region: Region::parse("131003").unwrap(),
        subject: notice::Subject::MissingPerson { person },
        last_seen: Some(notice::LastSeen {
            at: chrono::DateTime::UNIX_EPOCH,
            precision: notice::Precision::About,
            place: told.to_owned(),
        }),
        description: told.to_owned(),
        police_station: Some(told.to_owned()),
        phone: Some("+8613912345678".to_owned()),
        photos: Vec::new(),
    }
}

/// Everything that the poster of `public` says.
fn read(public: &Public, language: Language) -> String {
    let case = CaseNumber::from_bits(7);
    let ends_at = chrono::DateTime::UNIX_EPOCH;
    format!("{:?}", Content::of(public, &case, "https://72.example.org", ends_at, language))
}

#[test]
fn an_english_poster_names_the_month() {
    let read = read(&sought(76, "红色棉袄"), Language::En);
    assert!(read.contains("\"Thu 1 January, about 08:00\""), "{read}");
    assert!(read.contains("\"1 January 1970, 08:00 (Beijing)\""), "{read}");
}

#[test]
fn an_english_poster_names_the_place_as_the_message_does() {
    let told = read(&sought(76, "出门未归。"), Language::En);
    assert!(told.contains("Guangyang, Langfang, Hebei (河北省廊坊市广阳区) "), "{told}");
}

#[test]
fn a_call_for_blood_leads_to_the_blood_centre() {
    let incident = notice::Incident { what: notice::Emergency::Blood, people: None };
    let blood = Public { subject: notice::Subject::Rescue { incident }, ..sought(76, "急需 A 型血。") };
    for (language, act) in [(Language::ZhCn, "请联系当地血站"), (Language::En, "Ask your local blood centre")]
    {
        let told = read(&blood, language);
        assert!(told.contains(act) && !told.contains("110"), "{told}");
    }
}

#[test]
fn a_poster_that_turns_up_later_tells_its_year() {
    let read = read(&sought(76, "红色棉袄"), Language::ZhCn);
    assert!(read.contains("\"1970年1月1日 08:00（北京时间）\""), "{read}");
}

#[test]
fn whoever_has_it_on_paper_reads_where_to_type_the_number() {
    let zh_cn = read(&sought(76, "红色棉袄"), Language::ZhCn);
    assert!(zh_cn.contains("或打开 72.example.org/check 输入编号"), "{zh_cn}");
    let en = read(&sought(76, "红色棉袄"), Language::En);
    assert!(en.contains("or open 72.example.org/check and enter the number"), "{en}");
}

#[test]
fn a_baby_is_not_nought_years_old() {
    for (language, baby, older) in
        [(Language::ZhCn, "\"不满 1 岁\"", "\"1 岁\""), (Language::En, "\"Under 1 year\"", "\"1 year\"")]
    {
        assert!(read(&sought(0, "绿色襁褓"), language).contains(baby), "{baby}");
        assert!(read(&sought(1, "绿色襁褓"), language).contains(older), "{older}");
    }
}

#[test]
fn text_of_the_public_is_harmless_on_the_poster() {
    let hostile = "【72小时】@all <b> evil.example 一三八零零一三八零零零 13800138000";
    let read = read(&sought(76, hostile), Language::ZhCn);
    for harm in ["【", "@", "<b>", "evil", "一三八", "13800138000"] {
        assert!(!read.contains(harm), "{harm} in {read}");
    }
    assert!(read.contains("139 1234 5678"), "the phone that the reporter chose stays: {read}");
    assert_eq!(missing_characters(&read.replace(|c: char| c.is_control(), "")), Vec::<char>::new());
}

#[test]
fn what_the_poster_of_a_notice_lacks_is_named() {
    assert_eq!(lacks(&sought(76, "張偉豪，红色棉袄")), "");
    let mut public = sought(76, "红色棉袄👦");
    public.police_station = Some("爱民道派出所\u{1f46e}".to_owned());
    assert_eq!(lacks(&public), "👦\u{1f46e}");
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

#[test]
fn a_glyph_beyond_the_edge_is_cut_off() {
    let mut canvas = Canvas::new(8, 8);
    canvas.stamp(&[255; 16], 4, -2, -2, Rgb(0, 0, 0));
    canvas.stamp(&[255; 16], 4, 6, 6, Rgb(0, 0, 0));
    canvas.fill(Area::new(-5.0, -5.0, 2.0, 2.0), Rgb(0, 0, 0));
    let corners = decoded(&canvas.into_jpeg().unwrap()).to_luma8();
    assert!(corners.get_pixel(0, 0)[0] < 60 && corners.get_pixel(7, 7)[0] < 60);
    assert!(corners.get_pixel(7, 0)[0] > 200);
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
