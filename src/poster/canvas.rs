//! The pixels of a poster: flat shapes, photos and glyphs are drawn here, and the result is encoded as JPEG.

use super::{MAX_BYTES, PosterError};
use image::{DynamicImage, ImageFormat, ImageReader, Limits, RgbaImage, imageops::FilterType};
use std::io::Cursor;
use tiny_skia::{
    FillRule, FilterQuality, Paint, Path, PathBuilder, Pattern, Pixmap, PixmapRef, Rect, SpreadMode,
    Transform,
};

/// An opaque colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rgb(pub u8, pub u8, pub u8);

impl Rgb {
    fn paint(self) -> Paint<'static> {
        let mut paint = Paint::default();
        paint.set_color_rgba8(self.0, self.1, self.2, 255);
        paint
    }
}

/// A rectangle in pixels, with rounded corners where `radius` is not 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Area {
    pub x: f32,
    pub y: f32,
    pub width: f32,
    pub height: f32,
    pub radius: f32,
}

impl Area {
    pub fn new(x: f32, y: f32, width: f32, height: f32) -> Self {
        Self { x, y, width, height, radius: 0.0 }
    }

    pub fn rounded(self, radius: f32) -> Self {
        Self { radius, ..self }
    }

    fn path(self) -> Option<Path> {
        let Self { x, y, width, height, radius } = self;
        let r = radius.min(width / 2.0).min(height / 2.0);
        if r <= 0.0 {
            return Some(PathBuilder::from_rect(Rect::from_xywh(x, y, width, height)?));
        }
        // How far the handles of a cubic Bézier curve must reach to approximate a quarter of a circle.
        let k = r * (1.0 - 0.552_284_8);
        let (right, bottom) = (x + width, y + height);
        let mut path = PathBuilder::new();
        path.move_to(x + r, y);
        path.line_to(right - r, y);
        path.cubic_to(right - k, y, right, y + k, right, y + r);
        path.line_to(right, bottom - r);
        path.cubic_to(right, bottom - k, right - k, bottom, right - r, bottom);
        path.line_to(x + r, bottom);
        path.cubic_to(x + k, bottom, x, bottom - k, x, bottom - r);
        path.line_to(x, y + r);
        path.cubic_to(x, y + k, x + k, y, x + r, y);
        path.close();
        path.finish()
    }
}

/// A sheet of opaque pixels.
pub struct Canvas {
    pixels: Pixmap,
}

impl Canvas {
    /// A white sheet. Both sides are between 1 and a few thousand pixels.
    pub fn new(width: u32, height: u32) -> Self {
        let mut pixels = Pixmap::new(width, height).expect("a poster has a size");
        pixels.fill(tiny_skia::Color::WHITE);
        Self { pixels }
    }

    /// Fills an area with one colour.
    pub fn fill(&mut self, area: Area, colour: Rgb) {
        if let Some(path) = area.path() {
            self.fill_path(&path, &colour.paint());
        }
    }

    /// Covers `area` with `image`, which has the area's size.
    pub fn picture(&mut self, image: &RgbaImage, area: Area) {
        let Some(source) = PixmapRef::from_bytes(image.as_raw(), image.width(), image.height()) else {
            return;
        };
        let place = Transform::from_translate(area.x, area.y);
        let shader = Pattern::new(source, SpreadMode::Pad, FilterQuality::Nearest, 1.0, place);
        if let Some(path) = area.path() {
            self.fill_path(&path, &Paint { shader, ..Paint::default() });
        }
    }

    fn fill_path(&mut self, path: &Path, paint: &Paint) {
        self.pixels.fill_path(path, paint, FillRule::Winding, Transform::identity(), None);
    }

    /// Prints a glyph: `coverage` has one byte per pixel, in rows of `width`.
    pub fn stamp(&mut self, coverage: &[u8], width: usize, left: i32, top: i32, colour: Rgb) {
        if width == 0 {
            return;
        }
        let (sheet_width, sheet_height) = (self.pixels.width() as i32, self.pixels.height() as i32);
        let data = self.pixels.data_mut();
        for (row, y) in coverage.chunks_exact(width).zip(top..) {
            if !(0..sheet_height).contains(&y) {
                continue;
            }
            for (&cover, x) in row.iter().zip(left..) {
                if cover == 0 || !(0..sheet_width).contains(&x) {
                    continue;
                }
                let at = (y * sheet_width + x) as usize * 4;
                data[at] = mix(data[at], colour.0, cover);
                data[at + 1] = mix(data[at + 1], colour.1, cover);
                data[at + 2] = mix(data[at + 2], colour.2, cover);
            }
        }
    }

    /// The sheet as a JPEG of at most [`MAX_BYTES`]; quality is reduced before size.
    pub fn into_jpeg(self) -> Result<Vec<u8>, PosterError> {
        let (width, height) = (self.pixels.width(), self.pixels.height());
        let pixels = RgbaImage::from_raw(width, height, self.pixels.take()).ok_or(PosterError::Encode)?;
        let picture = DynamicImage::ImageRgba8(pixels).into_rgb8();
        for quality in [90, 82, 72, 58, 40, 20] {
            let mut jpeg = Vec::with_capacity(MAX_BYTES);
            let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, quality);
            picture.write_with_encoder(encoder).map_err(|_| PosterError::Encode)?;
            if jpeg.len() <= MAX_BYTES {
                return Ok(jpeg);
            }
        }
        Err(PosterError::Encode)
    }
}

fn mix(under: u8, over: u8, cover: u8) -> u8 {
    let (under, over, cover) = (u32::from(under), u32::from(over), u32::from(cover));
    ((over * cover + under * (255 - cover) + 127) / 255) as u8
}

/// A decoded photo, ready to be cropped.
pub struct Photo(DynamicImage);

impl Photo {
    /// Reads a JPEG of at most 4,096 pixels a side.
    pub fn read(jpeg: &[u8]) -> Result<Self, PosterError> {
        let mut limits = Limits::default();
        limits.max_image_width = Some(4_096);
        limits.max_image_height = Some(4_096);
        limits.max_alloc = Some(128 * 1024 * 1024);
        let mut reader = ImageReader::with_format(Cursor::new(jpeg), ImageFormat::Jpeg);
        reader.limits(limits);
        reader.decode().map(Self).map_err(PosterError::Photo)
    }

    /// Width over height.
    pub fn aspect(&self) -> f32 {
        self.0.width() as f32 / self.0.height().max(1) as f32
    }

    /// The largest part with the proportions of `width` to `height`, in that size. A photo that is too high
    /// is cut at its lower edge alone: the upper one is where heads are.
    pub fn cut(&self, width: f32, height: f32) -> RgbaImage {
        let (has_width, has_height) = (self.0.width() as f32, self.0.height() as f32);
        let scale = (has_width / width).min(has_height / height);
        let (keep_width, keep_height) = (width * scale, height * scale);
        let left = (has_width - keep_width) / 2.0;
        let part = self.0.crop_imm(left as u32, 0, keep_width as u32, keep_height as u32);
        part.resize_exact(width as u32, height as u32, FilterType::CatmullRom).into_rgba8()
    }
}
