//! The picture that replaces a poster once its notice is paused or over: no name and no face, only that it
//! must not be forwarded any more.

use super::canvas::{Area, Rgb};
use super::footer::Footer;
use super::layout::{COLUMN, INK, Layout, MARGIN, WHITE};
use super::lettering::{Lettering, Style};
use super::qr::Code;
use super::{Texts, WIDTH};

/// Height in pixels.
const HEIGHT: f32 = 1440.0;

/// Why the poster was replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ending {
    /// Closed, removed or expired: grey.
    Over,
    /// Being checked again: amber.
    Paused,
}

/// Everything that such a picture says.
#[derive(Debug, Clone, Copy)]
pub struct Ended<'a> {
    /// Whether the notice is over or paused.
    pub ending: Ending,
    /// As printed: `XXXXX-XXXXX`.
    pub case_number: &'a str,
    /// The URL in the QR code.
    pub url: &'a str,
    /// Where to type the case number.
    pub check: &'a str,
    /// The fixed sentences.
    pub texts: &'a Texts,
}

pub(super) fn lay_out(lettering: &mut Lettering, ended: &Ended, code: &Code) -> Layout {
    let texts = ended.texts;
    let (colour, headline, act, note) = match ended.ending {
        Ending::Over => (Rgb(0x4A, 0x50, 0x5A), &texts.over, &texts.over_act, &texts.over_note),
        Ending::Paused => (Rgb(0x8A, 0x5A, 0x00), &texts.paused, &texts.paused_act, &texts.paused_note),
    };
    let mut layout = Layout::default();
    let width = WIDTH as f32;
    layout.shape(Area::new(0.0, 0.0, width, 780.0), colour);
    layout.text(lettering.fit(&texts.brand, Style::bold(44.0, WHITE), COLUMN, 30.0), MARGIN, 52.0);
    symbol(&mut layout, ended.ending, colour);
    let headline = lettering.fit(headline, Style::bold(118.0, WHITE).centred(), COLUMN, 60.0);
    let act = lettering.fit(act, Style::bold(78.0, WHITE).centred(), COLUMN, 44.0);
    let top = 500.0 - headline.height / 2.0;
    let below = top + headline.height + 24.0;
    layout.text(headline, MARGIN, top);
    layout.text(act, MARGIN, below);
    layout.y = 820.0;
    let note = lettering.fit(note, Style::regular(42.0, INK).lines(2).centred().leading(1.5), COLUMN, 32.0);
    layout.stack(note, MARGIN);
    layout.y += 40.0;
    let footer = Footer {
        scan: &texts.scan_ended,
        latest: "",
        label: &texts.case_number,
        case_number: ended.case_number,
        check: ended.check,
        valid_until: "",
    };
    footer.set(lettering, code).add(&mut layout, HEIGHT);
    layout
}

fn symbol(layout: &mut Layout, ending: Ending, colour: Rgb) {
    let (x, y) = (WIDTH as f32 / 2.0, 280.0);
    layout.shape(Area::new(x - 110.0, y - 110.0, 220.0, 220.0).rounded(110.0), WHITE);
    match ending {
        Ending::Over => layout.shape(Area::new(x - 42.0, y - 42.0, 84.0, 84.0).rounded(12.0), colour),
        Ending::Paused => {
            for left in [x - 44.0, x + 14.0] {
                layout.shape(Area::new(left, y - 50.0, 30.0, 100.0).rounded(8.0), colour);
            }
        }
    }
}
