//! The foot of every poster: the QR code, what it is for, the case number, where to type it.

use super::WIDTH;
use super::canvas::Area;
use super::layout::{COLUMN, INK, Layout, MARGIN, PAPER, SOFT};
use super::lettering::{Block, Lettering, Style};
use super::qr::Code;

/// Space above and below the code.
const PADDING: f32 = 36.0;

/// What the foot says; what is empty leaves no gap.
pub(super) struct Footer<'a> {
    /// What scanning the code does.
    pub scan: &'a str,
    /// Why to scan it.
    pub latest: &'a str,
    /// What stands before the case number.
    pub label: &'a str,
    pub case_number: &'a str,
    /// Where to type it without a scanner.
    pub check: &'a str,
    pub valid_until: &'a str,
}

/// The foot with its words set.
pub(super) struct Foot<'a> {
    /// Each with the space below it.
    blocks: Vec<(Block, f32)>,
    words: f32,
    code: &'a Code,
}

impl Footer<'_> {
    /// Sets the words, beside the code.
    pub fn set<'c>(&self, lettering: &mut Lettering, code: &'c Code) -> Foot<'c> {
        let width = COLUMN - code.side() - 40.0;
        let soft = |size| Style::regular(size, SOFT);
        let blocks: Vec<(Block, f32)> = [
            (self.scan, Style::bold(40.0, INK).lines(2), 30.0, 8.0),
            (self.latest, soft(32.0).lines(2), 26.0, 22.0),
            (self.label, soft(28.0), 24.0, 0.0),
            (self.case_number, Style::bold(56.0, INK).tracking(0.04), 36.0, 4.0),
            (self.check, soft(28.0).lines(2), 24.0, 4.0),
            (self.valid_until, soft(28.0), 24.0, 0.0),
        ]
        .into_iter()
        .filter(|(words, ..)| !words.is_empty())
        .map(|(words, style, smallest, below)| (lettering.fit(words, style, width, smallest), below))
        .collect();
        let words = blocks.iter().map(|(block, below)| block.height + below).sum();
        Foot { blocks, words, code }
    }
}

impl Foot<'_> {
    /// The height that it takes if there is no reason for more.
    pub fn height(&self) -> f32 {
        self.words.max(self.code.side()) + 2.0 * PADDING
    }

    /// Fills the sheet from its current height down to `bottom`, or further if it needs more.
    pub fn add(self, layout: &mut Layout, bottom: f32) {
        let top = layout.y;
        let bottom = bottom.max(top + self.height());
        layout.shape(Area::new(0.0, top, WIDTH as f32, bottom - top), PAPER);
        layout.qr(MARGIN + COLUMN - self.code.side(), (top + bottom - self.code.side()) / 2.0);
        layout.y = (top + bottom - self.words) / 2.0;
        for (block, below) in self.blocks {
            layout.stack(block, MARGIN);
            layout.y += below;
        }
        layout.y = bottom;
    }
}
