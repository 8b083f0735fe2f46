//! The QR code on the poster: dark on white, with its quiet zone, readable by a phone that sees the poster at
//! half its size.

use super::PosterError;
use super::canvas::{Area, Canvas, Rgb};
use fast_qr::{ECL, QRBuilder};

/// The longest URL in bytes: 49 modules a side at error correction M.
pub const MAX_URL: usize = 150;

/// The smallest module, in pixels; WeChat shows posters at about half their size.
const SMALLEST_MODULE: usize = 7;
/// The side of a code in pixels, if its modules allow it.
const SIDE: usize = 336;
/// White modules around the code, as ISO/IEC 18004 requires.
const QUIET: usize = 4;

/// A code with its quiet zone.
pub struct Code {
    dark: Vec<Vec<bool>>,
    module: usize,
}

impl Code {
    /// Encodes `url` with error correction M.
    pub fn new(url: &str) -> Result<Self, PosterError> {
        if url.len() > MAX_URL {
            return Err(PosterError::UrlTooLong);
        }
        let code = QRBuilder::new(url).ecl(ECL::M).build().map_err(|_| PosterError::UrlTooLong)?;
        let dark: Vec<Vec<bool>> = (0..code.size)
            .map(|row| code[row].iter().take(code.size).map(|module| module.value()).collect())
            .collect();
        let module = (SIDE / (code.size + 2 * QUIET)).max(SMALLEST_MODULE);
        Ok(Self { dark, module })
    }

    /// Width and height in pixels, including the quiet zone.
    pub fn side(&self) -> f32 {
        ((self.dark.len() + 2 * QUIET) * self.module) as f32
    }

    /// Draws the code, including its quiet zone, with its upper left corner at `x`, `y`.
    pub fn draw(&self, canvas: &mut Canvas, x: f32, y: f32) {
        // Aligned to whole pixels, so that every edge is sharp.
        let (x, y, module) = (x.round(), y.round(), self.module as f32);
        canvas.fill(Area::new(x, y, self.side(), self.side()).rounded(16.0), Rgb(255, 255, 255));
        for (row, line) in self.dark.iter().enumerate() {
            for (column, _) in line.iter().enumerate().filter(|(_, dark)| **dark) {
                let (left, top) = ((column + QUIET) as f32 * module, (row + QUIET) as f32 * module);
                canvas.fill(Area::new(x + left, y + top, module, module), Rgb(0, 0, 0));
            }
        }
    }
}
