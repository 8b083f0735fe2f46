//! The brush for the demo's pictures: flat shapes with soft edges.

use super::SIZE;
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, RgbaImage};
use tiny_skia::{
    Color, FillRule, GradientStop, LineCap, LinearGradient, Paint, Path, PathBuilder, Pixmap, Point, Rect,
    Shader, SpreadMode, Stroke, Transform,
};

/// A colour as 0xRRGGBB.
pub(super) type Hex = u32;

fn channels(colour: Hex) -> [u8; 3] {
    let [_, red, green, blue] = colour.to_be_bytes();
    [red, green, blue]
}

fn towards(colour: Hex, goal: u32, percent: u32) -> Hex {
    channels(colour)
        .into_iter()
        .fold(0, |sum, channel| (sum << 8) | ((u32::from(channel) * (100 - percent) + goal * percent) / 100))
}

pub(super) fn lighter(colour: Hex) -> Hex {
    towards(colour, 255, 22)
}

pub(super) fn darker(colour: Hex) -> Hex {
    towards(colour, 0, 24)
}

/// Draws flat shapes with soft edges.
pub(super) struct Brush {
    pixels: Pixmap,
    place: Transform,
}

impl Brush {
    pub fn new() -> Self {
        let pixels = Pixmap::new(SIZE.0, SIZE.1).expect("the picture has a size");
        Self { pixels, place: Transform::identity() }
    }

    fn colour(hex: Hex) -> Color {
        let [red, green, blue] = channels(hex);
        Color::from_rgba8(red, green, blue, 255)
    }

    pub fn flat(hex: Hex) -> Shader<'static> {
        Shader::SolidColor(Self::colour(hex))
    }

    /// A gradient from one colour at height `from` to another at `to`.
    pub fn fade(above: Hex, below: Hex, from: f32, to: f32) -> Shader<'static> {
        Self::between((above, below), Point::from_xy(0.0, from), Point::from_xy(0.0, to))
    }

    /// A gradient from one colour at a point to another colour at another point.
    fn between((first, last): (Hex, Hex), start: Point, end: Point) -> Shader<'static> {
        let stops =
            vec![GradientStop::new(0.0, Self::colour(first)), GradientStop::new(1.0, Self::colour(last))];
        LinearGradient::new(start, end, stops, SpreadMode::Pad, Transform::identity())
            .unwrap_or(Self::flat(first))
    }

    pub fn path(draw: impl FnOnce(&mut PathBuilder)) -> Path {
        let mut path = PathBuilder::new();
        draw(&mut path);
        path.finish().expect("every shape here has points")
    }

    pub fn fill(&mut self, path: &Path, shader: Shader<'static>) {
        let paint = Paint { shader, ..Paint::default() };
        self.pixels.fill_path(path, &paint, FillRule::Winding, self.place, None);
    }

    fn stroke(&mut self, path: &Path, width: f32, colour: Hex) {
        let paint = Paint { shader: Self::flat(colour), ..Paint::default() };
        let stroke = Stroke { width, line_cap: LineCap::Round, ..Stroke::default() };
        self.pixels.stroke_path(path, &paint, &stroke, self.place, None);
    }

    pub fn background(&mut self, above: Hex, below: Hex) {
        self.paper(Self::fade(above, below, 0.0, SIZE.1 as f32));
    }

    /// A background that fades from left to right.
    pub fn wall(&mut self, left: Hex, right: Hex) {
        self.paper(Self::between(
            (left, right),
            Point::from_xy(0.0, 0.0),
            Point::from_xy(SIZE.0 as f32, 0.0),
        ));
    }

    fn paper(&mut self, shader: Shader<'static>) {
        let (width, height) = (SIZE.0 as f32, SIZE.1 as f32);
        let path =
            Self::path(|p| p.push_rect(Rect::from_xywh(0.0, 0.0, width, height).expect("a positive size")));
        self.fill(&path, shader);
    }

    pub fn oval(&mut self, x: f32, y: f32, half_width: f32, half_height: f32, colour: Hex) {
        let path = ellipse(x, y, half_width, half_height);
        self.fill(&path, Self::flat(colour));
    }

    pub fn blush(&mut self, x: f32, y: f32, radius: f32) {
        let path = ellipse(x, y, radius, radius * 0.7);
        self.fill(&path, Shader::SolidColor(Color::from_rgba8(0xE0, 0x6A, 0x5A, 48)));
    }

    pub fn ring(&mut self, x: f32, y: f32, radius: f32, width: f32, colour: Hex) {
        self.stroke(&ellipse(x, y, radius, radius), width, colour);
    }

    pub fn rounded(&mut self, x: f32, y: f32, width: f32, height: f32, radius: f32, colour: Hex) {
        let (right, bottom) = (x + width, y + height);
        let path = Self::path(|p| {
            p.move_to(x + radius, y);
            p.line_to(right - radius, y);
            p.quad_to(right, y, right, y + radius);
            p.line_to(right, bottom - radius);
            p.quad_to(right, bottom, right - radius, bottom);
            p.line_to(x + radius, bottom);
            p.quad_to(x, bottom, x, bottom - radius);
            p.line_to(x, y + radius);
            p.quad_to(x, y, x + radius, y);
        });
        self.fill(&path, Self::flat(colour));
    }

    pub fn line(&mut self, points: &[(f32, f32)], width: f32, colour: Hex) {
        let path = Self::path(|p| {
            for (index, &(x, y)) in points.iter().enumerate() {
                if index == 0 { p.move_to(x, y) } else { p.line_to(x, y) }
            }
        });
        self.stroke(&path, width, colour);
    }

    pub fn curve(&mut self, from: (f32, f32), by: (f32, f32), to: (f32, f32), width: f32, colour: Hex) {
        let path = Self::path(|p| {
            p.move_to(from.0, from.1);
            p.quad_to(by.0, by.1, to.0, to.1);
        });
        self.stroke(&path, width, colour);
    }

    /// Draws with the canvas rotated by `degrees` around a point.
    pub fn turned(&mut self, degrees: f32, around: (f32, f32), draw: impl FnOnce(&mut Self)) {
        self.place = Transform::from_rotate_at(degrees, around.0, around.1);
        draw(self);
        self.place = Transform::identity();
    }

    pub fn into_jpeg(self) -> Vec<u8> {
        let pixels = RgbaImage::from_raw(SIZE.0, SIZE.1, self.pixels.take()).expect("four bytes a pixel");
        let mut jpeg = Vec::new();
        DynamicImage::ImageRgba8(pixels)
            .into_rgb8()
            .write_with_encoder(JpegEncoder::new_with_quality(&mut jpeg, 88))
            .expect("writing to memory does not fail");
        jpeg
    }
}

fn ellipse(x: f32, y: f32, half_width: f32, half_height: f32) -> Path {
    let bounds = Rect::from_xywh(x - half_width, y - half_height, 2.0 * half_width, 2.0 * half_height);
    PathBuilder::from_oval(bounds.expect("a positive size")).expect("a positive size")
}
