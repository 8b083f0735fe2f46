//! Recognises a file's format by its content and checks that the file is complete. Decoders are lenient: from
//! half a JPEG they make a face above grey, which must not go on a poster.

use std::borrow::Cow;
use std::iter;

use super::{MAX_BYTES, MAX_PIXELS, PhotoFault};
use image::ImageFormat;

/// The most work a progressive JPEG may cause: scans times pixels. Each scan visits every pixel, so a small
/// file with a hundred scans would keep a processor busy for a minute.
const MAX_SCANNED: u64 = 12 * MAX_PIXELS;

/// The most pixels for each byte of a file, and how many it may have in any case, because they are little work. A
/// photo has 3 to 20 pixels a byte, and one of a white wall 60; a file of 28 bytes can claim to be a picture of
/// 40 megapixels, and would be one.
const MAX_PIXELS_A_BYTE: u64 = 300;
const ALWAYS_AFFORDABLE: u64 = 4_000_000;

/// The HEIF brands by which phones mark HEIC photos, and those of AVIF:
/// <https://github.com/nokiatech/heif/blob/gh-pages/technical.html>,
/// <https://aomediacodec.github.io/av1-avif/>
const HEIF_BRANDS: [&[u8]; 10] =
    [b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis"];

/// The format of a file that has a reasonable size, a beginning and an end.
pub(super) fn recognise(bytes: &[u8]) -> Result<ImageFormat, PhotoFault> {
    match bytes {
        [] => Err(PhotoFault::Empty),
        _ if bytes.len() > MAX_BYTES => Err(PhotoFault::TooManyBytes),
        [0xFF, 0xD8, 0xFF, ..] => Scans::of(bytes).map(|_| ImageFormat::Jpeg),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', chunks @ ..] => {
            png_is_whole(chunks).map(|()| ImageFormat::Png)
        }
        [b'R', b'I', b'F', b'F', a, b, c, d, b'W', b'E', b'B', b'P', rest @ ..] => {
            // The length counts the bytes after itself, so it includes the four letters WEBP.
            let length = u64::from(u32::from_le_bytes([*a, *b, *c, *d]));
            if length > rest.len() as u64 + 4 { Err(PhotoFault::Truncated) } else { Ok(ImageFormat::WebP) }
        }
        [b'G', b'I', b'F', b'8', ..] => Err(PhotoFault::Gif),
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..]
            if HEIF_BRANDS.iter().any(|b| brand.starts_with(b)) =>
        {
            Err(PhotoFault::Heic)
        }
        _ => Err(PhotoFault::NotAPicture),
    }
}

/// Refuses a file that would take far more work than its pixels or its bytes explain.
pub(super) fn affordable(bytes: &[u8], format: ImageFormat, pixels: u64) -> Result<(), PhotoFault> {
    let scans = if format == ImageFormat::Jpeg { Scans::of(bytes)?.number } else { 1 };
    let explained = ALWAYS_AFFORDABLE.max(MAX_PIXELS_A_BYTE * bytes.len() as u64);
    if pixels > explained || scans * pixels > MAX_SCANNED { Err(PhotoFault::TooManyPixels) } else { Ok(()) }
}

/// Whether the decoder holds the whole picture in another form beside the decoded pixels: it cannot decode row
/// by row what comes in several scans, and WebP it never does.
pub(super) fn is_held_twice(bytes: &[u8], format: ImageFormat) -> Result<bool, PhotoFault> {
    match format {
        ImageFormat::Jpeg => Scans::of(bytes).map(|scans| scans.are_progressive || scans.number > 1),
        format => Ok(format == ImageFormat::WebP),
    }
}

/// The scans of a JPEG.
struct Scans {
    number: u64,
    are_progressive: bool,
}

impl Scans {
    /// Walks the segments to the end of the picture. Anything after the end is never read; many phones append a
    /// video or a second picture there.
    fn of(bytes: &[u8]) -> Result<Scans, PhotoFault> {
        const PROGRESSIVE_FRAME: u8 = 0xC2;
        const START_OF_SCAN: u8 = 0xDA;
        const END_OF_IMAGE: u8 = 0xD9;
        let mut scans = Scans { number: 0, are_progressive: false };
        let mut at = 2;
        loop {
            // Skip compressed data to the next marker: there FF is followed by 00 or a restart marker.
            let data = bytes.get(at..).ok_or(PhotoFault::Truncated)?;
            let marker =
                |pair: &[u8]| pair[0] == 0xFF && !matches!(pair[1], 0x00 | 0x01 | 0xFF | 0xD0..=0xD7);
            at += data.windows(2).position(marker).ok_or(PhotoFault::Truncated)?;
            let kind = bytes[at + 1];
            if kind == END_OF_IMAGE {
                return if scans.number > 0 { Ok(scans) } else { Err(PhotoFault::Damaged) };
            }
            scans.number += u64::from(kind == START_OF_SCAN);
            scans.are_progressive |= kind == PROGRESSIVE_FRAME;
            let &[high, low] = bytes.get(at + 2..at + 4).ok_or(PhotoFault::Truncated)? else {
                return Err(PhotoFault::Truncated);
            };
            at += 2 + usize::from(u16::from_be_bytes([high, low])).max(2);
        }
    }
}

/// Walks over the chunks that follow a PNG's signature to the one that ends it.
fn png_is_whole(chunks: &[u8]) -> Result<(), PhotoFault> {
    match Chunks(chunks).any(|(name, _)| name == b"IEND") {
        true => Ok(()),
        false => Err(PhotoFault::Truncated),
    }
}

/// A file without what its decoder would inflate beyond every bound, though no picture comes of it: a PNG's
/// colour profile and compressed texts, a megabyte of which may hold a gigabyte.
pub(super) fn without_profile(bytes: &[u8], format: ImageFormat) -> Cow<'_, [u8]> {
    const SIGNATURE: usize = 8;
    let dropped = |name: &[u8]| matches!(name, b"iCCP" | b"zTXt" | b"iTXt");
    let (signature, chunks) = bytes.split_at(SIGNATURE.min(bytes.len()));
    if format != ImageFormat::Png || !Chunks(chunks).any(|(name, _)| dropped(name)) {
        return Cow::Borrowed(bytes);
    }
    let kept = Chunks(chunks).filter(|(name, _)| !dropped(name)).map(|(_, chunk)| chunk);
    Cow::Owned(iter::once(signature).chain(kept).flatten().copied().collect())
}

/// The whole chunks of a PNG: the name of each, and all of it.
struct Chunks<'a>(&'a [u8]);

impl<'a> Iterator for Chunks<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        /// Length, name and checksum of a chunk.
        const FRAME: usize = 12;
        let length = u32::from_be_bytes(*self.0.first_chunk()?) as usize;
        let (chunk, rest) = self.0.split_at_checked(length.checked_add(FRAME)?)?;
        self.0 = rest;
        Some((&chunk[4..8], chunk))
    }
}
