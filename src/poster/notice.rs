//! Lays out a notice: the band, photo and name, the panel with when and where, other facts, what to do, and
//! the foot. It is set as large as fits; a long notice is set smaller, then shortened.

use super::canvas::{Area, Rgb};
use super::footer::{Foot, Footer};
use super::layout::{COLUMN, INK, Layout, MARGIN, SOFT, WHITE};
use super::lettering::{Block, Lettering, Style};
use super::qr::Code;
use super::{HEIGHTS, Poster, Row, Texts, WIDTH, colour, tint};

/// Photos wider than this, as width over height, go above the name instead of beside it.
const WIDE: f32 = 1.12;
/// Width of a photo beside the name: the least, and the most.
const PHOTO: (f32, f32) = (250.0, 452.0);
/// Height of a photo beside the name that has to be higher than it is, at most: what is more is lost at its
/// sides.
const HIGHER: f32 = 1.1;
/// Photos above the name that are wider in proportion lose their sides.
const WIDEST: f32 = 2.4;
/// Type size and leading of the story.
const STORY: (f32, f32) = (38.0, 1.5);
/// Lines of a value beside the photo. A longer one stands below, across the whole width.
const BESIDE: usize = 2;
/// Space between photo and name.
const GUTTER: f32 = 36.0;

/// How large everything is set, and how much of it.
#[derive(Debug, Clone, Copy)]
struct Measure {
    /// Scale of the type sizes; 1 is the design size.
    scale: f32,
    /// Space between sections.
    gap: f32,
    /// Height added to the photo or to the name's panel.
    stretch: f32,
    /// Height of the photo, at most.
    photo: f32,
    /// How many rows are shown, and how many lines each may have.
    rows: (usize, usize),
    /// Lines of the story.
    story: usize,
    /// Lines for what to do; how to do it always has two.
    act: usize,
}

const GENEROUS: Measure =
    Measure { scale: 1.12, gap: 40.0, stretch: 0.0, photo: 730.0, rows: (8, 12), story: 24, act: 2 };

/// From generous to tight. The story gives way first: it is on the page behind the code, but nobody is
/// recognised without looks and clothes. Whatever the texts, the last one fits.
const MEASURES: [Measure; 12] = [
    GENEROUS,
    Measure { scale: 1.0, gap: 36.0, photo: 640.0, story: 12, ..GENEROUS },
    Measure { scale: 0.9, gap: 30.0, photo: 540.0, story: 8, ..GENEROUS },
    Measure { scale: 0.84, gap: 26.0, photo: 480.0, story: 5, ..GENEROUS },
    Measure { scale: 0.8, gap: 24.0, photo: 440.0, story: 4, ..GENEROUS },
    Measure { scale: 0.76, gap: 22.0, photo: 410.0, rows: (8, 8), story: 3, ..GENEROUS },
    Measure { scale: 0.7, gap: 18.0, photo: 370.0, rows: (8, 6), story: 2, ..GENEROUS },
    Measure { scale: 0.68, gap: 16.0, photo: 330.0, rows: (8, 6), story: 1, ..GENEROUS },
    Measure { scale: 0.68, gap: 16.0, photo: 330.0, rows: (8, 3), story: 1, act: 1, ..GENEROUS },
    Measure { scale: 0.68, gap: 16.0, photo: 330.0, rows: (8, 2), story: 1, act: 1, ..GENEROUS },
    Measure { scale: 0.68, gap: 16.0, photo: 330.0, rows: (4, 2), story: 1, act: 1, ..GENEROUS },
    Measure { scale: 0.68, gap: 16.0, photo: 330.0, rows: (4, 1), story: 1, act: 1, ..GENEROUS },
];

/// A story is set as small as this scale so that it is whole; what is longer is cut.
const READABLE: f32 = 0.7;

/// Lays everything out. `aspect` is the photo's width over its height, where there is a photo.
pub(super) fn lay_out<'p>(
    lettering: &mut Lettering,
    poster: &Poster<'p>,
    aspect: Option<f32>,
    code: &'p Code,
) -> Layout {
    let mut draft = Draft { lettering, poster, aspect, code };
    let mut tight = MEASURES.into_iter();
    let first = tight.find_map(|measure| draft.fitted(measure).map(|layout| (measure.photo, layout)));
    let Some((photo, first)) = first else {
        return draft.attempt(MEASURES[MEASURES.len() - 1]);
    };
    if first.is_whole() {
        return first;
    }
    // The face is not made smaller for the story's sake.
    let mut readable =
        tight.take_while(|measure| measure.scale >= READABLE).map(|measure| Measure { photo, ..measure });
    readable.find_map(|measure| draft.fitted(measure).filter(Layout::is_whole)).unwrap_or(first)
}

struct Draft<'a, 'p> {
    lettering: &'a mut Lettering,
    poster: &'a Poster<'p>,
    aspect: Option<f32>,
    code: &'p Code,
}

impl<'p> Draft<'_, 'p> {
    /// A poster in that measure that fills its height; `None` where it would be too tall.
    fn fitted(&mut self, measure: Measure) -> Option<Layout> {
        let (shortest, tallest) = (*HEIGHTS.start() as f32, *HEIGHTS.end() as f32);
        let layout = self.attempt(measure);
        if layout.y > tallest {
            return None;
        }
        let missing = shortest - layout.natural;
        if missing <= 0.0 {
            // What is left of the tallest poster is for looks and clothes, and then for the story.
            let (measure, height) = self.with_longer_rows(measure, layout.y);
            let more = ((tallest - height) / (STORY.0 * measure.scale * STORY.1)) as usize;
            return Some(self.attempt(Measure { story: measure.story + more, ..measure }));
        }
        // A short notice: the photo or the name's panel takes part of the free height, and the gaps take the
        // rest.
        let stretch = (missing * 0.6).min(160.0);
        let gap = measure.gap + ((missing - stretch) / 5.0).min(26.0);
        Some(self.attempt(Measure { stretch, gap, ..measure }))
    }

    /// The measure with as many lines for each row as find room and are needed, and the height that it comes to.
    fn with_longer_rows(&mut self, mut measure: Measure, mut height: f32) -> (Measure, f32) {
        while measure.rows.1 < GENEROUS.rows.1 {
            let longer = Measure { rows: (measure.rows.0, measure.rows.1 + 1), ..measure };
            let taller = self.attempt(longer).y;
            if taller > *HEIGHTS.end() as f32 || taller <= height {
                break;
            }
            (measure, height) = (longer, taller);
        }
        (measure, height)
    }

    fn attempt(&mut self, measure: Measure) -> Layout {
        let mut layout = Layout::default();
        self.band(&mut layout);
        let rows: Vec<Row> = self
            .poster
            .rows
            .iter()
            .filter(|row| !row.value.trim().is_empty())
            .take(measure.rows.0)
            .copied()
            .collect();
        let (rows, story_told) = match self.aspect {
            Some(aspect) if aspect <= WIDE => self.photo_beside(&mut layout, measure, aspect, rows),
            Some(aspect) => (self.photo_above(&mut layout, measure, aspect, rows), false),
            None => (self.name_alone(&mut layout, measure, rows), false),
        };
        self.highlight(&mut layout, measure);
        self.rows(&mut layout, measure, &rows);
        if !story_told {
            self.story(&mut layout, measure);
        }
        layout.y += measure.gap;
        self.act(&mut layout, measure);
        let foot = self.foot();
        layout.natural = layout.y + foot.height();
        foot.add(&mut layout, *HEIGHTS.start() as f32);
        layout
    }

    fn foot(&mut self) -> Foot<'p> {
        let Poster { texts, case_number, check, valid_until, .. } = *self.poster;
        let valid_until = format!("{} {valid_until}", texts.valid_until);
        let Texts { scan, latest, case_number: label, .. } = texts;
        let footer = Footer { scan, latest, label, case_number, check, valid_until: &valid_until };
        footer.set(self.lettering, self.code)
    }

    fn band(&mut self, layout: &mut Layout) {
        const HEIGHT: f32 = 156.0;
        layout.shape(Area::new(0.0, 0.0, WIDTH as f32, HEIGHT), colour(self.poster.kind));
        let texts = self.poster.texts;
        let brand = self.lettering.fit(&texts.brand, Style::bold(42.0, WHITE), 300.0, 30.0);
        let verified = self.lettering.fit(&texts.verified, Style::regular(29.0, WHITE), 330.0, 24.0);
        let room = COLUMN - brand.width.max(verified.width) - 40.0;
        let title = Style::bold(88.0, WHITE).tracking(0.1);
        let title = self.lettering.fit(self.poster.title, title, room, 44.0);
        let right = MARGIN + COLUMN;
        let top = (HEIGHT - brand.height - verified.height) / 2.0;
        let middle = (HEIGHT - title.height) / 2.0;
        layout.text(title, MARGIN, middle);
        let below = top + brand.height;
        let (brand_x, verified_x) = (right - brand.width, right - verified.width);
        layout.text(brand, brand_x, top);
        layout.text(verified, verified_x, below);
        layout.y = HEIGHT;
    }

    /// The photo at the left; beside it the name and the rows that are short enough and fit, or else, where
    /// there is no row, the story. Returns the other rows, and whether the story has been told.
    fn photo_beside(
        &mut self,
        layout: &mut Layout,
        measure: Measure,
        aspect: f32,
        rows: Vec<Row<'p>>,
    ) -> (Vec<Row<'p>>, bool) {
        let whole = (PHOTO.1 / aspect.min(1.0)).min(measure.photo);
        let height = (whole + measure.stretch).min(whole * HIGHER).round();
        let photo = (height * aspect).clamp(PHOTO.0, PHOTO.1).round();
        let (left, width) = (MARGIN + photo + GUTTER, COLUMN - photo - GUTTER);
        let top = layout.y + measure.gap;
        layout.picture(Area::new(MARGIN, top, photo, height).rounded(20.0));
        layout.y = top - 8.0;
        self.name(layout, left, width, 104.0, [INK, colour(self.poster.kind)]);
        layout.y += 14.0 * measure.scale;
        let room = top + height + 6.0 - layout.y;
        let story_told = rows.is_empty() && self.story_beside(layout, measure, left, width, room);
        let (mut blocks, mut below, mut used) = (Vec::new(), Vec::new(), 0.0);
        for row in rows {
            let label = self.lettering.set(row.label, Style::regular(27.0 * measure.scale, SOFT), width);
            let value = Style::regular(38.0 * measure.scale, INK).lines(BESIDE).leading(1.3);
            let value = self.lettering.set(row.value, value, width);
            let needed = label.height + value.height + 10.0;
            if !value.is_whole() || used + needed > room {
                below.push(row);
                continue;
            }
            used += needed;
            blocks.push((label, value));
        }
        let spread = ((room - used) / blocks.len().max(1) as f32).clamp(0.0, 16.0);
        for (label, value) in blocks {
            layout.y += spread;
            layout.stack(label, left);
            layout.stack(value, left);
            layout.y += 10.0;
        }
        layout.y = layout.y.max(top + height);
        (below, story_told)
    }

    /// The story in what is free beside the photo, if it is whole there.
    fn story_beside(
        &mut self,
        layout: &mut Layout,
        measure: Measure,
        left: f32,
        width: f32,
        room: f32,
    ) -> bool {
        let size = STORY.0 * measure.scale;
        let lines = (room / (size * STORY.1)) as usize;
        let style = Style::regular(size, INK).lines(lines).leading(STORY.1);
        let story = self.lettering.prose(self.poster.story, style, width);
        let fits = lines > 0 && story.is_whole();
        if fits {
            layout.stack(story, left);
        }
        fits
    }

    /// The photo across the whole width, or on a tinted ground where it would be too high; the name below.
    fn photo_above(
        &mut self,
        layout: &mut Layout,
        measure: Measure,
        aspect: f32,
        rows: Vec<Row<'p>>,
    ) -> Vec<Row<'p>> {
        let aspect = aspect.min(WIDEST);
        let height = (COLUMN / aspect).min(measure.photo).round();
        let width = (height * aspect).min(COLUMN).round();
        layout.y += measure.gap;
        layout.shape(Area::new(MARGIN, layout.y, COLUMN, height).rounded(20.0), tint(self.poster.kind));
        let left = MARGIN + (COLUMN - width) / 2.0;
        layout.picture(Area::new(left.round(), layout.y, width, height).rounded(20.0));
        layout.y += height + measure.gap * 0.6;
        self.name(layout, MARGIN, COLUMN, 108.0 * measure.scale, [INK, colour(self.poster.kind)]);
        rows
    }

    /// Without a photo the name takes its place: as large as the width allows, white on the band's colour.
    fn name_alone(&mut self, layout: &mut Layout, measure: Measure, rows: Vec<Row<'p>>) -> Vec<Row<'p>> {
        let top = layout.y;
        let ground = layout.reserve();
        layout.y += 52.0 * measure.scale + measure.stretch / 2.0;
        self.name(layout, MARGIN, COLUMN, 176.0 * measure.scale, [WHITE, WHITE]);
        layout.y += 52.0 * measure.scale + measure.stretch / 2.0;
        let area = Area::new(0.0, top, WIDTH as f32, layout.y - top);
        layout.fill_reserved(ground, area, colour(self.poster.kind));
        layout.shape(Area::new(MARGIN, top, COLUMN, 3.0), tint(self.poster.kind));
        rows
    }

    /// The name in type of `size`, or smaller if it must be, and the summary below it.
    fn name(&mut self, layout: &mut Layout, x: f32, width: f32, size: f32, inks: [Rgb; 2]) {
        let style = Style::bold(size, inks[0]).lines(2).leading(1.2);
        let mut name = self.lettering.fit(self.poster.heading, style, width, size * 0.62);
        for (lines, smallest) in [(3, size * 0.4), (4, 0.0)] {
            if !name.is_whole() {
                name = self.lettering.fit(self.poster.heading, style.lines(lines), width, smallest);
            }
        }
        layout.stack(name, x);
        if !self.poster.summary.is_empty() {
            layout.y += 6.0;
            let style = Style::bold((size * 0.46).clamp(40.0, 64.0), inks[1]).lines(2);
            let summary = self.lettering.fit(self.poster.summary, style, width, 34.0);
            layout.stack(summary, x);
        }
    }

    /// The panel that makes a reader look up: when and where.
    fn highlight(&mut self, layout: &mut Layout, measure: Measure) {
        const PADDING: f32 = 32.0;
        let colour = colour(self.poster.kind);
        let lines: Vec<&str> =
            self.poster.highlights.iter().copied().filter(|line| !line.trim().is_empty()).collect();
        if lines.is_empty() {
            return;
        }
        let (x, width) = (MARGIN + PADDING + 14.0, COLUMN - 2.0 * PADDING - 14.0);
        let label =
            self.lettering.set(self.poster.highlight, Style::bold(34.0 * measure.scale, colour), width);
        let mut blocks = vec![label];
        for (index, line) in lines.into_iter().enumerate() {
            let size = if index == 0 { 62.0 } else { 50.0 } * measure.scale;
            let style = Style::bold(size, INK).lines(if index == 0 { 1 } else { 3 });
            blocks.push(self.lettering.fit(line, style, width, size * 0.7));
        }
        let inner: f32 = blocks.iter().map(|block| block.height + 6.0).sum();
        let height = inner + 2.0 * PADDING * measure.scale - 6.0;
        let top = layout.y + measure.gap;
        layout.shape(Area::new(MARGIN, top, COLUMN, height).rounded(18.0), tint(self.poster.kind));
        layout.shape(Area::new(MARGIN, top, 14.0, height).rounded(7.0), colour);
        layout.y = top + PADDING * measure.scale - 2.0;
        for block in blocks {
            layout.stack(block, x);
            layout.y += 6.0;
        }
        layout.y = top + height;
    }

    fn rows(&mut self, layout: &mut Layout, measure: Measure, rows: &[Row]) {
        if rows.is_empty() {
            return;
        }
        let size = 40.0 * measure.scale;
        let label = Style::regular(size, SOFT).leading(1.4);
        let labels: Vec<Block> =
            rows.iter().map(|row| self.lettering.set(row.label, label, COLUMN * 0.34)).collect();
        let indent = labels.iter().map(|block| block.width).fold(0.0, f32::max) + 32.0;
        layout.y += measure.gap;
        for (row, label) in rows.iter().zip(labels) {
            let value = Style::regular(size, INK).lines(measure.rows.1).leading(1.4);
            let value = self.lettering.set(row.value, value, COLUMN - indent);
            layout.text(label, MARGIN, layout.y);
            layout.stack(value, MARGIN + indent);
            layout.y += 4.0;
        }
    }

    fn story(&mut self, layout: &mut Layout, measure: Measure) {
        if self.poster.story.trim().is_empty() {
            return;
        }
        layout.y += measure.gap * 0.8;
        let style = Style::regular(STORY.0 * measure.scale, INK).lines(measure.story).leading(STORY.1);
        let story = self.lettering.prose(self.poster.story, style, COLUMN);
        layout.stack(story, MARGIN);
    }

    fn act(&mut self, layout: &mut Layout, measure: Measure) {
        let act =
            self.lettering.fit(self.poster.act, Style::bold(72.0, WHITE).lines(measure.act), COLUMN, 44.0);
        let hint = Style::regular(34.0 * measure.scale.max(0.8), WHITE).lines(2);
        let hint = (!self.poster.act_hint.is_empty())
            .then(|| self.lettering.prose(self.poster.act_hint, hint, COLUMN));
        let height = act.height + hint.as_ref().map_or(0.0, |hint| hint.height + 6.0) + 56.0;
        layout.shape(Area::new(0.0, layout.y, WIDTH as f32, height), colour(self.poster.kind));
        let bottom = layout.y + height;
        layout.y += 26.0;
        layout.stack(act, MARGIN);
        if let Some(hint) = hint {
            layout.y += 6.0;
            layout.stack(hint, MARGIN);
        }
        layout.y = bottom;
    }
}
