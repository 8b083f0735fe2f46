//! What is drawn: the code, the photo, and the poster of what is over.

use image::imageops::FilterType;
use image::{DynamicImage, GrayImage, RgbImage};

use super::canvas::{Area, Canvas};
use super::*;
use crate::demo::portrait::{Subject, portrait};
use crate::domain::language::Language;

mod content;
mod layout;
mod lettering;

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
fn of_a_photo_that_is_a_line_a_poster_is_drawn() {
    let texts = Texts::of(Language::ZhCn);
    for (width, height) in [(1_600, 1), (1, 1_600)] {
        let poster = Poster { photo: Some(&noise(width, height)), ..plain(&texts) };
        Painter::new().draw(&poster).unwrap_or_else(|error| panic!("{width}x{height}: {error}"));
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
fn a_glyph_beyond_the_edge_is_cut_off() {
    let mut canvas = Canvas::new(8, 8);
    canvas.stamp(&[255; 16], 4, -2, -2, Rgb(0, 0, 0));
    canvas.stamp(&[255; 16], 4, 6, 6, Rgb(0, 0, 0));
    canvas.fill(Area::new(-5.0, -5.0, 2.0, 2.0), Rgb(0, 0, 0));
    let corners = decoded(&canvas.into_jpeg().unwrap()).to_luma8();
    assert!(corners.get_pixel(0, 0)[0] < 60 && corners.get_pixel(7, 7)[0] < 60);
    assert!(corners.get_pixel(7, 0)[0] > 200);
}
