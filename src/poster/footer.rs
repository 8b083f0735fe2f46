//! The foot of every poster: the QR code, what it is for, and the case number.

use super::canvas::Area;
use super::lettering::{Lettering, Style};
use super::qr::Code;
use super::sheet::{COLUMN, INK, MARGIN, PAPER, SOFT, Sheet};
use super::{Texts, WIDTH};

/// Space above and below the code.
const PADDING: f32 = 36.0;

/// What the foot says.
pub(super) struct Footer<'a> {
    pub texts: &'a Texts<'a>,
    pub case_number: &'a str,
    /// Empty where there is no end to print.
    pub valid_until: &'a str,
    pub code: &'a Code,
    /// The lower edge of the poster; the foot extends it where it needs more room.
    pub bottom: f32,
}

/// The height that [`add`] needs at least.
pub(super) fn height(code: &Code) -> f32 {
    code.side() + 2.0 * PADDING
}

/// Fills the sheet from its current height down to the bottom.
pub(super) fn add(lettering: &mut Lettering, sheet: &mut Sheet, footer: &Footer) {
    let Footer { texts, code, .. } = footer;
    let top = sheet.y;
    let width = COLUMN - code.side() - 40.0;
    let mut blocks = vec![
        (lettering.fit(texts.scan, Style::bold(40.0, INK).lines(2), width, 30.0), 8.0),
        (lettering.fit(texts.latest, Style::regular(32.0, SOFT).lines(2), width, 26.0), 26.0),
        (lettering.fit(texts.case_number, Style::regular(28.0, SOFT), width, 24.0), 0.0),
        (lettering.fit(footer.case_number, Style::bold(56.0, INK).tracking(0.04), width, 36.0), 10.0),
    ];
    if !footer.valid_until.is_empty() {
        let until = format!("{} {}", texts.valid_until, footer.valid_until);
        blocks.push((lettering.fit(&until, Style::regular(30.0, SOFT), width, 24.0), 0.0));
    }
    let needed: f32 = blocks.iter().map(|(block, gap)| block.height + gap).sum();
    let bottom = footer.bottom.max(top + needed.max(code.side()) + 2.0 * PADDING);
    sheet.shape(Area::new(0.0, top, WIDTH as f32, bottom - top), PAPER);
    sheet.qr(MARGIN + COLUMN - code.side(), (top + bottom - code.side()) / 2.0);
    sheet.y = (top + bottom - needed) / 2.0;
    for (block, gap) in blocks {
        sheet.stack(block, MARGIN);
        sheet.y += gap;
    }
    sheet.y = bottom;
}
