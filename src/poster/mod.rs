//! The picture that travels through group chats: one JPEG that a volunteer can forward and a stranger can act
//! on.
//!
//! [`content`] decides what of a notice is on it, in one language; [`press`] reads the photo and caches what
//! is drawn; [`pages`] serves it. The painter itself gets only words, one photo and one URL.
//!
//! Painting is synchronous and takes about a tenth of a second of processor time: call it from a blocking
//! thread, and keep one [`Painter`] per worker.

mod canvas;
pub mod content;
mod ended;
mod footer;
mod layout;
mod lettering;
mod notice;
pub mod pages;
pub mod press;
mod qr;
mod texts;

pub use ended::{Ended, Ending};
pub use texts::Texts;

use canvas::{Photo, Rgb};
use lettering::Lettering;
use qr::Code;
pub use qr::MAX_URL;

use crate::domain::notice::Kind;

/// Width of every poster in pixels.
pub const WIDTH: u32 = 1080;
/// Height of the shortest and of the tallest poster in pixels.
pub const HEIGHTS: std::ops::RangeInclusive<u32> = 1440..=1920;
/// No poster is larger than this many bytes.
pub const MAX_BYTES: usize = 500_000;

/// The strong colour of bands and headings; white text on it has a contrast of at least 4.5:1.
fn colour(kind: Kind) -> Rgb {
    match kind {
        Kind::MissingPerson => Rgb(0xC0, 0x16, 0x1F), // red
        Kind::LostProperty => Rgb(0x0B, 0x6A, 0x83),  // teal
        Kind::Rescue => Rgb(0xBF, 0x4A, 0x04),        // orange
        Kind::Donation => Rgb(0x1A, 0x73, 0x48),      // green
    }
}

/// The pale background of the most important panel.
fn tint(kind: Kind) -> Rgb {
    match kind {
        Kind::MissingPerson => Rgb(0xFD, 0xF0, 0xEF),
        Kind::LostProperty => Rgb(0xEA, 0xF5, 0xF8),
        Kind::Rescue => Rgb(0xFF, 0xF2, 0xE6),
        Kind::Donation => Rgb(0xEB, 0xF6, 0xF0),
    }
}

/// One labelled fact, for example 衣着: 红色连帽外套.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row<'a> {
    /// The label, a few characters.
    pub label: &'a str,
    /// What a passer-by can recognise.
    pub value: &'a str,
}

/// Everything that a poster says. A text that is too long is set smaller, then shortened with an ellipsis; an
/// empty one leaves no gap.
#[derive(Debug, Clone, Copy)]
pub struct Poster<'a> {
    /// Decides the colours.
    pub kind: Kind,
    /// The word on the band: 寻人启事, 失物招领.
    pub title: &'a str,
    /// The name or the thing.
    pub heading: &'a str,
    /// One short line below the heading: 女 · 76 岁 · 158 cm.
    pub summary: &'a str,
    /// A JPEG from [`crate::intake::photo`], upright.
    pub photo: Option<&'a [u8]>,
    /// The label of the most important panel: 最后见到.
    pub highlight: &'a str,
    /// The lines of that panel, the first in the largest type: when, then where.
    pub highlights: &'a [&'a str],
    /// Other facts that people can act on, the most telling first.
    pub rows: &'a [Row<'a>],
    /// What happened, in a few sentences.
    pub story: &'a str,
    /// What to do on seeing the person: 见到请先拨打 110.
    pub act: &'a str,
    /// How to do it well, in one or two lines.
    pub act_hint: &'a str,
    /// As printed: `XXXXX-XXXXX`.
    pub case_number: &'a str,
    /// The URL in the QR code, at most [`MAX_URL`] bytes.
    pub url: &'a str,
    /// Where to type the case number, for whoever reads it on paper: 或打开 72.example.org/check 输入编号.
    pub check: &'a str,
    /// When the notice ends, in words.
    pub valid_until: &'a str,
    /// The fixed sentences.
    pub texts: &'a Texts,
}

/// Why a poster cannot be drawn.
#[derive(Debug, thiserror::Error)]
pub enum PosterError {
    /// The URL does not fit into a QR code that phones can read from a small screen.
    #[error("the address is too long for a readable QR code")]
    UrlTooLong,
    /// The photo is not a JPEG of reasonable size.
    #[error("the photo cannot be read: {0}")]
    Photo(image::ImageError),
    /// The finished picture cannot be written as JPEG within [`MAX_BYTES`].
    #[error("the poster cannot be encoded")]
    Encode,
}

/// Draws posters, one after the other. It keeps the fonts and the glyphs of recently drawn characters (a few
/// MB at most), so reuse it.
pub struct Painter {
    lettering: Lettering,
}

impl Default for Painter {
    fn default() -> Self {
        Self::new()
    }
}

impl Painter {
    /// Opens the two embedded fonts.
    pub fn new() -> Self {
        Self { lettering: Lettering::new() }
    }

    /// Draws a notice: a JPEG of [`WIDTH`] pixels and at most [`MAX_BYTES`].
    ///
    /// # Errors
    /// See [`PosterError`].
    pub fn draw(&mut self, poster: &Poster) -> Result<Vec<u8>, PosterError> {
        let code = Code::new(poster.url)?;
        let photo = poster.photo.map(Photo::read).transpose()?;
        let layout = notice::lay_out(&mut self.lettering, poster, photo.as_ref().map(Photo::aspect), &code);
        layout.paint(&mut self.lettering, photo.as_ref(), &code)
    }

    /// Draws the replacement of a poster whose notice is paused or over: no name, no photo.
    ///
    /// # Errors
    /// See [`PosterError`].
    pub fn draw_ended(&mut self, ended: &Ended) -> Result<Vec<u8>, PosterError> {
        let code = Code::new(ended.url)?;
        let layout = ended::lay_out(&mut self.lettering, ended, &code);
        layout.paint(&mut self.lettering, None, &code)
    }
}

#[cfg(test)]
mod tests;
