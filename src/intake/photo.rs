//! Reads what a stranger uploaded as a photo, and keeps nothing of the file but its pixels. The format is
//! recognised by content, and sizes are bounded before anything is decoded. The picture is turned upright and
//! encoded again as JPEG in three sizes, so that no location, name, thumbnail or second file is left in it.
//!
//! Synchronous; the largest photo allowed takes seconds of processor time and, as [`memory`] tells beforehand, up
//! to half a gigabyte. Call it from a blocking thread.

mod format;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::metadata::Orientation;
use image::{DynamicImage, GrayImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, RgbImage};
use std::io::Cursor;

use crate::blobs::Size;
use crate::domain::look::Look;

/// Largest file in bytes: 8 MB.
pub const MAX_BYTES: usize = 8 * 1024 * 1024;
/// Most pixels in a photo: 40 megapixels.
pub const MAX_PIXELS: u64 = 40_000_000;
/// Shortest side in pixels; less is a dot, and nothing to compare with other photos.
pub const MIN_SIDE: u32 = 8;

/// Most bytes of decoded pixels: [`MAX_PIXELS`] in colour with alpha, at eight bits a channel.
const MAX_DECODED: u64 = 4 * MAX_PIXELS;
/// Most bytes a pixel that some decoders hold beside the decoded ones: a JPEG's coefficients, two bytes for each
/// of four components; a WebP's frame and canvas, four bytes each.
const HELD_BESIDE: u64 = 8;
/// Quality of the JPEGs written, of 100.
const QUALITY: u8 = 85;

/// A photo as we keep it: upright, without metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redrawn {
    /// Width of the full size in pixels.
    pub width: u32,
    /// Height of the full size in pixels.
    pub height: u32,
    /// What the picture looks like, for finding duplicates.
    pub look: Look,
    full: Vec<u8>,
    page: Vec<u8>,
    thumb: Vec<u8>,
}

impl Redrawn {
    /// The JPEG in one of the sizes.
    pub fn jpeg(&self, size: Size) -> &[u8] {
        match size {
            Size::Full => &self.full,
            Size::Page => &self.page,
            Size::Thumb => &self.thumb,
        }
    }
}

/// Why a file is not accepted as a photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PhotoFault {
    /// Nothing was sent.
    #[error("the photo is empty")]
    Empty,
    /// More than [`MAX_BYTES`].
    #[error("the photo has too many bytes")]
    TooManyBytes,
    /// More than [`MAX_PIXELS`], or it takes more memory or work than a photo of its size does.
    #[error("the photo has too many pixels")]
    TooManyPixels,
    /// A side shorter than [`MIN_SIDE`].
    #[error("the photo is too small")]
    TooSmall,
    /// Not a photo, whatever its name says: a document, a drawing, a video.
    #[error("the file is not a JPEG, PNG or WebP picture")]
    NotAPicture,
    /// The format of iPhones, which browsers do not show.
    #[error("HEIC and AVIF photos are not accepted")]
    Heic,
    /// An animation format.
    #[error("GIF pictures are not accepted")]
    Gif,
    /// A picture whose end is missing.
    #[error("the photo is incomplete")]
    Truncated,
    /// A picture that contradicts itself, or of a rare variant that we cannot read.
    #[error("the photo is damaged")]
    Damaged,
}

impl PhotoFault {
    /// The stable code that the API answers.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "photo_empty",
            Self::TooManyBytes => "photo_too_many_bytes",
            Self::TooManyPixels => "photo_too_many_pixels",
            Self::TooSmall => "photo_too_small",
            Self::NotAPicture => "photo_not_a_picture",
            Self::Heic => "photo_heic",
            Self::Gif => "photo_gif",
            Self::Truncated => "photo_truncated",
            Self::Damaged => "photo_damaged",
        }
    }
}

/// About how many bytes of memory [`read`] takes for the file, going by its header; at most half a gigabyte.
///
/// # Errors
/// What is wrong with the file, as far as its header tells.
pub fn memory(bytes: &[u8]) -> Result<u64, PhotoFault> {
    let format = format::recognise(bytes)?;
    let lean = format::without_profile(bytes, format);
    let decoder = opened(&lean, format)?;
    let beside = if format::is_held_twice(&lean, format)? { HELD_BESIDE * area(&decoder) } else { 0 };
    Ok(decoder.total_bytes() + beside)
}

/// Reads JPEG, PNG or WebP; of an animation, the first frame.
pub fn read(bytes: &[u8]) -> Result<Redrawn, PhotoFault> {
    let format = format::recognise(bytes)?;
    let lean = format::without_profile(bytes, format);
    let mut decoder = opened(&lean, format)?;
    // A file whose orientation cannot be read is kept as it is.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let decoded = DynamicImage::from_decoder(decoder).map_err(|error| fault(&error))?;

    let mut full = shrunk(&decoded, Size::Full);
    drop(decoded);
    full.apply_orientation(orientation);
    let full = DynamicImage::ImageRgb8(on_white(full));
    let page = shrunk(&full, Size::Page);
    let thumb = shrunk(&page, Size::Thumb);
    Ok(Redrawn {
        width: full.width(),
        height: full.height(),
        look: look_of(&thumb),
        full: jpeg(&full)?,
        page: jpeg(&page)?,
        thumb: jpeg(&thumb)?,
    })
}

/// The decoder of a file, before it has decoded anything but the header.
fn opened(lean: &[u8], format: ImageFormat) -> Result<impl ImageDecoder + '_, PhotoFault> {
    let mut reader = ImageReader::with_format(Cursor::new(lean), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_DECODED);
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(|error| fault(&error))?;
    let (width, height) = decoder.dimensions();
    bounded(width, height, decoder.total_bytes())?;
    format::affordable(lean, format, area(&decoder))?;
    Ok(decoder)
}

fn area(decoder: &impl ImageDecoder) -> u64 {
    let (width, height) = decoder.dimensions();
    u64::from(width) * u64::from(height)
}

fn look_of(picture: &DynamicImage) -> Look {
    let grey: GrayImage = picture.grayscale().resize_exact(9, 8, FilterType::Triangle).into_luma8();
    let bits = (0..8).flat_map(|y| (0..8).map(move |x| (x, y)));
    Look(bits.fold(0, |look, (x, y)| {
        let darker = grey.get_pixel(x + 1, y)[0] < grey.get_pixel(x, y)[0];
        (look << 1) | u64::from(darker)
    }))
}

fn bounded(width: u32, height: u32, bytes: u64) -> Result<(), PhotoFault> {
    if width.min(height) < MIN_SIDE {
        Err(PhotoFault::TooSmall)
    } else if u64::from(width) * u64::from(height) > MAX_PIXELS || bytes > MAX_DECODED {
        Err(PhotoFault::TooManyPixels)
    } else {
        Ok(())
    }
}

fn fault(error: &ImageError) -> PhotoFault {
    match error {
        ImageError::Limits(_) => PhotoFault::TooManyPixels,
        ImageError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            PhotoFault::Truncated
        }
        _ => PhotoFault::Damaged,
    }
}

/// `picture` with its longest side as in `size`; never enlarged.
fn shrunk(picture: &DynamicImage, size: Size) -> DynamicImage {
    let (width, height) = (picture.width(), picture.height());
    let longest = width.max(height);
    if longest <= size.longest() {
        return picture.clone();
    }
    let scaled = |side: u32| {
        let side = u64::from(side) * u64::from(size.longest());
        (side.div_ceil(u64::from(longest)) as u32).max(1)
    };
    let (width, height) = (scaled(width), scaled(height));
    if longest >= 2 * size.longest() {
        // Averages whole boxes of pixels, which needs no memory besides the result.
        picture.thumbnail_exact(width, height)
    } else {
        picture.resize_exact(width, height, FilterType::CatmullRom)
    }
}

/// Transparent pixels become white.
fn on_white(picture: DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.into_rgb8();
    }
    let (width, height) = (picture.width(), picture.height());
    let mut flat = Vec::with_capacity(width as usize * height as usize * 3);
    for pixel in picture.into_rgba8().as_raw().chunks_exact(4) {
        let alpha = u32::from(pixel[3]);
        flat.extend(
            pixel[..3].iter().map(|&c| ((u32::from(c) * alpha + 255 * (255 - alpha) + 127) / 255) as u8),
        );
    }
    RgbImage::from_raw(width, height, flat).expect("three bytes were written for every pixel")
}

fn jpeg(picture: &DynamicImage) -> Result<Vec<u8>, PhotoFault> {
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, QUALITY);
    picture.write_with_encoder(encoder).map_err(|error| fault(&error))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests;
