use super::*;
use std::borrow::Cow;

use image::codecs::png::PngEncoder;
use image::codecs::webp::WebPEncoder;
use image::{ExtendedColorType, ImageEncoder, ImageFormat, Rgb, Rgba, RgbaImage};
use proptest::prelude::*;

const RED: Rgb<u8> = Rgb([220, 20, 20]);
const GREEN: Rgb<u8> = Rgb([20, 200, 20]);
const BLUE: Rgb<u8> = Rgb([20, 20, 220]);
const YELLOW: Rgb<u8> = Rgb([230, 220, 20]);
const SECRET: &[u8] = b"39.5219N 116.7131E Nikon D850 serial 6012345";

/// Red, green above blue, yellow.
fn corners(width: u32, height: u32) -> DynamicImage {
    DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, |x, y| match (x < width / 2, y < height / 2) {
        (true, true) => RED,
        (false, true) => GREEN,
        (true, false) => BLUE,
        (false, false) => YELLOW,
    }))
}

fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// EXIF with an orientation, and with an artist's name that reveals a place.
fn exif(orientation: u8) -> Vec<u8> {
    let mut exif = b"II*\0\x08\0\0\0\x02\0".to_vec();
    exif.extend([0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0]);
    exif.extend([0x3B, 0x01, 2, 0, SECRET.len() as u8, 0, 0, 0, 38, 0, 0, 0]);
    exif.extend([0, 0, 0, 0]);
    exif.extend(SECRET);
    exif
}

fn with_metadata(picture: &DynamicImage, format: ImageFormat, orientation: u8) -> Vec<u8> {
    fn write(mut encoder: impl ImageEncoder, picture: &DynamicImage, orientation: u8) {
        encoder.set_exif_metadata(exif(orientation)).unwrap();
        encoder.set_icc_profile(SECRET.to_vec()).unwrap();
        let colour: ExtendedColorType = picture.color().into();
        encoder.write_image(picture.as_bytes(), picture.width(), picture.height(), colour).unwrap();
    }
    let mut bytes = Vec::new();
    match format {
        ImageFormat::Jpeg => write(JpegEncoder::new_with_quality(&mut bytes, 90), picture, orientation),
        ImageFormat::Png => write(PngEncoder::new(&mut bytes), picture, orientation),
        _ => write(WebPEncoder::new_lossless(&mut bytes), picture, orientation),
    }
    bytes
}

/// Inserts segments after the first two bytes of a JPEG.
fn with_segments(jpeg: &[u8], segments: &[(u8, &[u8])]) -> Vec<u8> {
    let mut bytes = jpeg[..2].to_vec();
    for (marker, content) in segments {
        bytes.extend([0xFF, *marker]);
        bytes.extend((content.len() as u16 + 2).to_be_bytes());
        bytes.extend(*content);
    }
    bytes.extend(&jpeg[2..]);
    bytes
}

fn png_chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let named = [name.as_slice(), content].concat();
    let crc = !named.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 * (crc & 1)))
    });
    [(content.len() as u32).to_be_bytes().as_slice(), &named, &crc.to_be_bytes()].concat()
}

/// A PNG that claims a size, at one bit a pixel, but holds almost no data.
fn png_claiming(width: u32, height: u32) -> Vec<u8> {
    let size = [width.to_be_bytes(), height.to_be_bytes()].concat();
    let header = png_chunk(b"IHDR", &[size.as_slice(), &[1, 0, 0, 0, 0]].concat());
    let data = png_chunk(b"IDAT", &[0x78, 0x9C, 0x03, 0, 0, 0, 0, 1]);
    [b"\x89PNG\r\n\x1a\n".as_slice(), &header, &data, &png_chunk(b"IEND", &[])].concat()
}

/// A baseline JPEG of one uniform tone: every block is two bits of zero. `components` is 1, 3 or 4.
fn even_jpeg(width: u16, height: u16, components: u8, data: usize) -> Vec<u8> {
    let mut frame = vec![8];
    frame.extend([height.to_be_bytes(), width.to_be_bytes()].concat());
    frame.push(components);
    let mut scan = vec![components];
    for id in 1..=components {
        frame.extend([id, 0x11, 0]);
        scan.extend([id, 0]);
    }
    scan.extend([0, 63, 0]);
    let mut table = vec![0];
    table.extend([1; 64]);
    // One code of one bit each, for "no difference" and for "end of block".
    let code = |class: u8| [[class, 1].as_slice(), &[0; 15], &[0]].concat();
    let adobe = b"Adobe\0\x64\0\0\0\0\0";
    let segments: [(u8, &[u8]); 6] =
        [(0xEE, adobe), (0xDB, &table), (0xC0, &frame), (0xC4, &code(0)), (0xC4, &code(0x10)), (0xDA, &scan)];
    let mut bytes = with_segments(&[0xFF, 0xD8], &segments);
    bytes.extend(vec![0; data]);
    bytes.extend([0xFF, 0xD9]);
    bytes
}

fn pixels(photo: &Redrawn, size: Size) -> RgbImage {
    image::load_from_memory_with_format(photo.jpeg(size), ImageFormat::Jpeg).unwrap().into_rgb8()
}

fn is_near(seen: Rgb<u8>, meant: Rgb<u8>) -> bool {
    seen.0.iter().zip(meant.0).all(|(seen, meant)| seen.abs_diff(meant) < 24)
}

#[test]
fn three_sizes_none_enlarged() {
    let photo = read(&encoded(&corners(2000, 1000), ImageFormat::Jpeg)).unwrap();
    assert_eq!((photo.width, photo.height), (1600, 800));
    let sizes = [Size::Full, Size::Page, Size::Thumb].map(|size| pixels(&photo, size).dimensions());
    assert_eq!(sizes, [(1600, 800), (960, 480), (320, 160)]);

    let small = read(&encoded(&corners(100, 70), ImageFormat::Png)).unwrap();
    let sizes = [Size::Full, Size::Page, Size::Thumb].map(|size| pixels(&small, size).dimensions());
    assert_eq!(sizes, [(100, 70); 3]);
}

#[test]
fn every_orientation_comes_out_upright() {
    // What the upper left and upper right corners show, by EXIF orientation.
    let upright = [
        (RED, GREEN),
        (GREEN, RED),
        (YELLOW, BLUE),
        (BLUE, YELLOW),
        (RED, BLUE),
        (BLUE, RED),
        (YELLOW, GREEN),
        (GREEN, YELLOW),
    ];
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
        for (orientation, (left, right)) in (1..).zip(upright) {
            let photo = read(&with_metadata(&corners(160, 96), format, orientation)).unwrap();
            let seen = pixels(&photo, Size::Full);
            let size = if orientation < 5 { (160, 96) } else { (96, 160) };
            assert_eq!(seen.dimensions(), size, "{format:?} {orientation}");
            assert!(is_near(*seen.get_pixel(12, 12), left), "{format:?} {orientation}");
            assert!(is_near(*seen.get_pixel(size.0 - 12, 12), right), "{format:?} {orientation}");
        }
    }
}

#[test]
fn a_colour_profile_is_never_inflated() {
    let mut png = with_metadata(&corners(160, 96), ImageFormat::Png, 1);
    png.splice(33..33, png_chunk(b"iCCP", b"name\0\0\x78\x9C\x03\0\0\0\0\x01"));
    let lean = format::without_profile(&png, ImageFormat::Png);
    assert!(lean.len() < png.len() && !lean.windows(4).any(|name| name == b"iCCP"));
    assert_eq!(read(&png).unwrap().jpeg(Size::Full), read(&lean).unwrap().jpeg(Size::Full));
    let plain = png_claiming(4, 4);
    assert!(matches!(format::without_profile(&plain, ImageFormat::Png), Cow::Borrowed(_)));
}

#[test]
fn no_metadata_survives() {
    let plain = with_metadata(&corners(160, 96), ImageFormat::Jpeg, 1);
    let xmp = [b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>".as_slice(), SECRET].concat();
    let mut jpeg = with_segments(&plain, &[(0xE1, &xmp), (0xFE, SECRET), (0xED, SECRET), (0xE2, b"MPF\0")]);
    jpeg.extend(SECRET);
    let text = png_chunk(b"tEXt", &[b"Comment\0".as_slice(), SECRET].concat());
    let mut png = with_metadata(&corners(160, 96), ImageFormat::Png, 1);
    png.splice(33..33, text);
    let webp = with_metadata(&corners(160, 96), ImageFormat::WebP, 1);

    for sent in [jpeg, png, webp] {
        let photo = read(&sent).unwrap();
        for size in [Size::Full, Size::Page, Size::Thumb] {
            let kept = photo.jpeg(size);
            for trace in [SECRET, b"Exif", b"xmp", b"ICC_PROFILE", b"Nikon", b"MPF"] {
                assert!(!kept.windows(trace.len()).any(|part| part == trace));
            }
            // Only the JFIF header, tables, frame and scan: no application segment, no comment.
            let mut at = 2;
            while kept[at + 1] != 0xDA {
                assert!(matches!(kept[at + 1], 0xE0 | 0xDB | 0xC0 | 0xC4), "segment {:x}", kept[at + 1]);
                at += 2 + usize::from(u16::from_be_bytes([kept[at + 2], kept[at + 3]]));
            }
        }
    }
}

#[test]
fn bombs_are_refused_by_their_claims() {
    assert_eq!(read(&png_claiming(12_000, 3_400)), Err(PhotoFault::TooManyPixels));
    assert_eq!(read(&png_claiming(65_000, 65_000)), Err(PhotoFault::TooManyPixels));
    assert_eq!(read(&png_claiming(7_900, 7_900)), Err(PhotoFault::TooManyPixels));
    assert_eq!(read(&even_jpeg(65_000, 65_000, 3, 8)), Err(PhotoFault::TooManyPixels));
    assert_eq!(read(&even_jpeg(7_900, 7_900, 3, 8)), Err(PhotoFault::TooManyPixels));
    assert_eq!(read(&vec![0xFF; MAX_BYTES + 1]), Err(PhotoFault::TooManyBytes));
}

/// A WebP of 28 bytes with 40 megapixels: each of its five prefix codes has one symbol, which takes no bits.
const EVEN_WEBP: &[u8] = b"RIFF\x14\0\0\0WEBPVP8L\x08\0\0\0\x2f\x3f\xdf\xe1\x04\x88\x88\x08";

#[test]
fn what_has_far_more_pixels_than_bytes_is_refused_before_it_is_decoded() {
    for even in [EVEN_WEBP.to_vec(), even_jpeg(8_000, 5_000, 3, 64), even_jpeg(8_000, 5_000, 1, 100_000)] {
        assert_eq!(memory(&even), Err(PhotoFault::TooManyPixels), "{} bytes", even.len());
    }
    // Little work, whatever the file says.
    for (width, height) in [(2_000, 2_000), (2_000, 100)] {
        let even = DynamicImage::ImageLuma8(GrayImage::new(width, height));
        assert_eq!(read(&encoded(&even, ImageFormat::WebP)).map(|photo| photo.width), Ok(1_600));
    }
}

#[test]
fn what_is_held_twice_while_it_is_decoded_takes_more_memory() {
    let baseline = |components| even_jpeg(8_000, 5_000, components, 200_000);
    let progressive = |components| {
        let mut jpeg = baseline(components);
        let frame = jpeg.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
        jpeg[frame + 1] = 0xC2;
        jpeg
    };
    // The second scan has no data, which no header tells.
    let two_scans = || {
        let jpeg = baseline(3);
        let scan = jpeg.windows(2).position(|pair| pair == [0xFF, 0xDA]).unwrap();
        [&jpeg[..jpeg.len() - 2], &jpeg[scan..]].concat()
    };
    let webp = [EVEN_WEBP, &[0; 200_000]].concat();
    for (file, megabytes) in [
        (baseline(1), 40),
        (baseline(3), 120),
        (progressive(3), 440),
        (progressive(4), 440),
        (two_scans(), 440),
        (webp, 440),
        (encoded(&corners(2_000, 1_000), ImageFormat::Png), 6),
    ] {
        assert_eq!(memory(&file), Ok(megabytes * 1_000_000));
    }
}

#[test]
fn a_panorama_may_be_as_long_as_its_pixels_allow() {
    for (width, height) in [(30_000, 1_000), (MAX_PIXELS as u32 / MIN_SIDE, MIN_SIDE), (MIN_SIDE, 60_000)] {
        // A few bright pixels, as every photo has some.
        let grain = |x: u32, y: u32| {
            let mixed = x.wrapping_mul(0x9E37_79B9) ^ y.wrapping_mul(0x85EB_CA6B);
            image::Luma([if mixed.wrapping_mul(mixed ^ mixed >> 15) >> 26 == 0 { 255 } else { 0 }])
        };
        let grey = DynamicImage::ImageLuma8(GrayImage::from_fn(width, height, grain));
        let photo = read(&encoded(&grey, ImageFormat::Png)).unwrap();
        assert_eq!(photo.width.max(photo.height), Size::Full.longest(), "{width}x{height}");
        assert!(photo.width.min(photo.height) > 0, "{width}x{height}");
    }
}

#[test]
fn a_jpeg_of_very_many_scans_is_refused() {
    let jpeg = even_jpeg(6_000, 6_000, 1, 120_000);
    let scan = jpeg.windows(2).position(|pair| pair == [0xFF, 0xDA]).unwrap();
    let mut bomb = jpeg[..jpeg.len() - 2].to_vec();
    for _ in 0..50 {
        bomb.extend(&jpeg[scan..jpeg.len() - 2]);
    }
    bomb.extend([0xFF, 0xD9]);
    assert_eq!(read(&bomb), Err(PhotoFault::TooManyPixels));
}

#[test]
fn what_is_no_photo_is_named() {
    let none: [(&[u8], PhotoFault); 10] = [
        (b"", PhotoFault::Empty),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", PhotoFault::NotAPicture),
        (b"%PDF-1.7", PhotoFault::NotAPicture),
        (b"<!doctype html><script>alert(1)</script>", PhotoFault::NotAPicture),
        (b"a shopping list, renamed to photo.jpg", PhotoFault::NotAPicture),
        (b"GIF89a/*\x01\0\x01\0*/=1;alert(1)", PhotoFault::Gif),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", PhotoFault::Heic),
        (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf", PhotoFault::Heic),
        (b"\0\0\0\x18ftypmp42\0\0\0\0", PhotoFault::NotAPicture),
        (&[0xFF, 0xD8, 0xFF], PhotoFault::Truncated),
    ];
    for (bytes, fault) in none {
        assert_eq!(read(bytes), Err(fault), "{}", String::from_utf8_lossy(bytes));
    }
    let stamp = encoded(&corners(7, 200), ImageFormat::Png);
    assert_eq!(read(&stamp), Err(PhotoFault::TooSmall));
}

#[test]
fn a_missing_end_is_noticed_wherever_it_was_cut() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
        let whole = encoded(&corners(120, 90), format);
        read(&whole).unwrap();
        for kept in [whole.len() / 4, whole.len() / 2, whole.len() - 40, whole.len() - 2] {
            assert_eq!(read(&whole[..kept]), Err(PhotoFault::Truncated), "{format:?} {kept}");
        }
    }
}

#[test]
fn a_page_behind_a_jpeg_is_left_behind() {
    let mut polyglot = encoded(&corners(120, 90), ImageFormat::Jpeg);
    polyglot.extend(b"<script>alert(1)</script>");
    let photo = read(&polyglot).unwrap();
    assert!(!photo.jpeg(Size::Full).windows(7).any(|part| part == b"<script"));
}

#[test]
fn unusual_pixels_are_read() {
    let sixteen = DynamicImage::ImageRgb16(corners(120, 90).into_rgb16());
    let seen = pixels(&read(&encoded(&sixteen, ImageFormat::Png)).unwrap(), Size::Full);
    assert!(is_near(*seen.get_pixel(12, 12), RED));

    let grey = DynamicImage::ImageLuma8(corners(120, 90).into_luma8());
    for format in [ImageFormat::Jpeg, ImageFormat::Png] {
        let seen = pixels(&read(&encoded(&grey, format)).unwrap(), Size::Full);
        let [red, green, blue] = seen.get_pixel(12, 12).0;
        assert!(red.abs_diff(green) < 4 && green.abs_diff(blue) < 4);
    }

    let clear = RgbaImage::from_pixel(120, 90, Rgba([0, 0, 0, 0]));
    for format in [ImageFormat::Png, ImageFormat::WebP] {
        let seen =
            pixels(&read(&encoded(&DynamicImage::ImageRgba8(clear.clone()), format)).unwrap(), Size::Full);
        assert!(is_near(*seen.get_pixel(60, 45), Rgb([255, 255, 255])));
    }

    for components in [1, 3, 4] {
        let blocks = 16 * 16 * usize::from(components);
        let photo = read(&even_jpeg(128, 128, components, blocks.div_ceil(4))).unwrap();
        let seen = pixels(&photo, Size::Full);
        assert!(is_near(*seen.get_pixel(4, 4), *seen.get_pixel(120, 120)), "{components} components");
    }
}

#[test]
fn the_same_picture_looks_the_same() {
    let portraits: Vec<Look> = crate::demo::portrait::Subject::ALL
        .map(|subject| read(&crate::demo::portrait::portrait(subject)).unwrap().look)
        .to_vec();
    let original =
        image::load_from_memory(&crate::demo::portrait::portrait(crate::demo::portrait::Subject::Boy))
            .unwrap();
    let smaller = encoded(&original.thumbnail(500, 500), ImageFormat::WebP);
    let again = read(&smaller).unwrap().look;
    assert!(portraits[2].distance(again) <= 4);
    assert!(portraits.iter().enumerate().all(|(index, look)| index == 2 || look.distance(again) > 4));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Damage anywhere leads to a photo or a fault, never to a panic.
    #[test]
    fn damage_never_panics(format in 0..3_usize, at in any::<prop::sample::Index>(), byte: u8) {
        let format = [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP][format];
        let mut bytes = encoded(&corners(80, 64), format);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = read(&bytes);
    }
}
