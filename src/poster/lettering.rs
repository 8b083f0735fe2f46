//! Typesetting: the two embedded fonts, Chinese line breaking, shrinking to fit, and shortening.

use super::canvas::{Canvas, Rgb};
use cosmic_text::fontdb::{Database, Source};
use cosmic_text::skrifa::charmap::Charmap;
use cosmic_text::skrifa::{FontRef, MetadataProvider as _};
use cosmic_text::{Align, Attrs, Buffer, Family, FontSystem, Metrics, Shaping, SwashCache, Weight, Wrap};
use std::sync::{Arc, LazyLock};

static REGULAR: &[u8] = include_bytes!("../../assets/fonts/NotoSansSC-Regular-subset.otf");
static BOLD: &[u8] = include_bytes!("../../assets/fonts/NotoSansSC-Bold-subset.otf");

/// What can be drawn; both fonts have the same characters.
static CHARACTERS: LazyLock<Charmap<'static>> =
    LazyLock::new(|| FontRef::new(REGULAR).expect("the embedded fonts are whole").charmap());

/// Drawn for a character that the fonts lack: the typographic mark for a missing glyph.
pub(super) const MISSING: char = '〓';

/// How many glyph bitmaps are cached between posters; about 4 KB each.
const KEPT_GLYPHS: usize = 2_000;

/// The smallest type size; longer texts are shortened instead.
const SMALLEST: f32 = 24.0;

/// How a text is set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    /// Type size in pixels.
    pub size: f32,
    pub bold: bool,
    pub colour: Rgb,
    /// Line height, in multiples of the type size.
    pub leading: f32,
    /// Extra space between letters, in multiples of the type size.
    pub tracking: f32,
    pub centred: bool,
    /// The most lines; the rest is cut.
    pub lines: usize,
}

impl Style {
    pub fn regular(size: f32, colour: Rgb) -> Self {
        Self { size, bold: false, colour, leading: 1.4, tracking: 0.0, centred: false, lines: 1 }
    }

    pub fn bold(size: f32, colour: Rgb) -> Self {
        Self { bold: true, leading: 1.25, ..Self::regular(size, colour) }
    }

    pub fn lines(self, lines: usize) -> Self {
        Self { lines, ..self }
    }

    pub fn leading(self, leading: f32) -> Self {
        Self { leading, ..self }
    }

    pub fn tracking(self, tracking: f32) -> Self {
        Self { tracking, ..self }
    }

    pub fn centred(self) -> Self {
        Self { centred: true, ..self }
    }

    /// More characters than this cannot stand on these lines, were all of them as thin as can be: so nobody
    /// need try.
    fn most(self, width: f32) -> usize {
        const THINNEST: f32 = 0.125;
        (self.lines as f32 * width / (self.size * THINNEST)) as usize
    }
}

/// Text that has been set: its size is known, and it only needs a position.
pub(super) struct Block {
    buffer: Buffer,
    colour: Rgb,
    /// Width of the widest line.
    pub width: f32,
    pub height: f32,
    lines: usize,
    shortened: bool,
}

impl Block {
    /// Whether nothing was left out.
    pub fn is_whole(&self) -> bool {
        !self.shortened
    }

    /// The lines after breaking.
    #[cfg(test)]
    pub fn broken_lines(&self) -> Vec<String> {
        let line = |run: cosmic_text::LayoutRun<'_>| {
            let (start, end) = (run.glyphs.first()?.start, run.glyphs.last()?.end);
            Some(run.text[start..end].to_owned())
        };
        self.buffer.layout_runs().filter_map(line).collect()
    }
}

/// The fonts, and the glyphs rendered so far.
pub(super) struct Lettering {
    fonts: FontSystem,
    glyphs: SwashCache,
    faces: [Face; 2],
}

struct Face {
    family: String,
    weight: Weight,
}

impl Lettering {
    pub fn new() -> Self {
        let mut db = Database::new();
        let faces = [REGULAR, BOLD].map(|bytes| {
            let ids = db.load_font_source(Source::Binary(Arc::new(bytes)));
            let face = ids.first().and_then(|id| db.face(*id)).expect("the embedded fonts are whole");
            let family = face.families.first().map(|(name, _)| name.clone()).unwrap_or_default();
            Face { family, weight: face.weight }
        });
        let fonts = FontSystem::new_with_locale_and_db("zh-CN".to_owned(), db);
        Self { fonts, glyphs: SwashCache::new(), faces }
    }

    /// Breaks `text` into lines of at most `width` pixels, at most `style.lines` of them; a longer text ends
    /// in an ellipsis.
    pub fn set(&mut self, text: &str, style: Style, width: f32) -> Block {
        let text = Self::printable(text);
        let (length, most) = (text.chars().count(), style.most(width));
        if length <= most {
            let whole = self.flow(&text, style, width);
            if whole.lines <= style.lines {
                return whole;
            }
        }
        let letters: Vec<char> = text.chars().take(most).collect();
        let (mut fits, mut too_long) = (0, length.min(most + 1));
        let mut best = self.flow("…", style, width);
        while fits + 1 < too_long {
            let middle = fits.midpoint(too_long);
            let shortened: String = letters[..middle].iter().collect();
            let shortened = shortened.trim_end_matches(is_pause);
            let block = self.flow(&format!("{shortened}…"), style, width);
            if block.lines <= style.lines {
                (fits, best) = (middle, block);
            } else {
                too_long = middle;
            }
        }
        Block { shortened: true, ..best }
    }

    /// Like [`Self::set`], for sentences: a little smaller where that spares them a last line of a word alone.
    pub fn prose(&mut self, text: &str, style: Style, width: f32) -> Block {
        const ALONE: f32 = 0.16;
        let block = self.set(text, style, width);
        let last = block.buffer.layout_runs().last().map_or(width, |run| run.line_w);
        if !block.is_whole() || block.lines < 2 || last > width * ALONE {
            return block;
        }
        let smaller = self.set(text, Style { size: style.size * 0.95, ..style }, width);
        if smaller.lines < block.lines { smaller } else { block }
    }

    /// Like [`Self::set`], in the largest size between `style.size` and `smallest` in which nothing has to be
    /// cut. One slightly smaller line is preferred to two.
    pub fn fit(&mut self, text: &str, style: Style, width: f32, smallest: f32) -> Block {
        let printable = Self::printable(text);
        let smallest = smallest.max(SMALLEST);
        let one_line = self.shrink(&printable, style.lines(1), width, smallest.max(style.size * 0.8));
        one_line
            .or_else(|| self.shrink(&printable, style, width, smallest))
            .unwrap_or_else(|| self.set(text, Style { size: smallest, ..style }, width))
    }

    fn shrink(&mut self, text: &str, style: Style, width: f32, smallest: f32) -> Option<Block> {
        let (mut size, length) = (style.size, text.chars().count());
        while size >= smallest {
            if length > (Style { size, ..style }).most(width) {
                size *= 0.95;
                continue;
            }
            let block = self.flow(text, Style { size, ..style }, width);
            if block.lines <= style.lines && !breaks_a_word(&block) {
                return Some(block);
            }
            size *= 0.95;
        }
        None
    }

    fn flow(&mut self, text: &str, style: Style, width: f32) -> Block {
        let face = &self.faces[usize::from(style.bold)];
        let attrs = Attrs::new()
            .family(Family::Name(&face.family))
            .weight(face.weight)
            .letter_spacing(style.tracking);
        let mut buffer = Buffer::new(&mut self.fonts, Metrics::relative(style.size, style.leading));
        buffer.set_wrap(Wrap::WordOrGlyph);
        buffer.set_size(Some(width), None);
        let align = style.centred.then_some(Align::Center);
        buffer.set_text(text, &attrs, Shaping::Advanced, align);
        buffer.shape_until_scroll(&mut self.fonts, false);
        let (mut widest, mut lines) = (0.0_f32, 0);
        for run in buffer.layout_runs() {
            widest = widest.max(run.line_w);
            lines += 1;
        }
        let height = lines as f32 * style.size * style.leading;
        Block { buffer, colour: style.colour, width: widest, height, lines, shortened: false }
    }

    /// Draws `block` with its upper left corner at `x`, `y`.
    pub fn draw(&mut self, canvas: &mut Canvas, block: &Block, x: f32, y: f32) {
        for run in block.buffer.layout_runs() {
            for glyph in run.glyphs {
                let at = glyph.physical((x, y + run.line_y), 1.0);
                if let Some(image) = self.glyphs.get_image(&mut self.fonts, at.cache_key) {
                    let (left, top) = (at.x + image.placement.left, at.y - image.placement.top);
                    canvas.stamp(&image.data, image.placement.width as usize, left, top, block.colour);
                }
            }
        }
        if self.glyphs.image_cache.len() > KEPT_GLYPHS {
            self.glyphs.image_cache.clear();
        }
    }

    /// The drawable form of `text`: no invisible characters, single spaces, and [`MISSING`] for what the
    /// fonts lack.
    fn printable(text: &str) -> String {
        let visible: String = text.chars().filter(|c| !is_invisible(*c) || c.is_whitespace()).collect();
        let words: Vec<&str> = visible.split_whitespace().collect();
        // In these fonts the middle dot is as wide as a Chinese character and brings its own space.
        let text = words.join(" ").replace(" · ", "·");
        let mut letters: Vec<char> =
            text.chars().map(|c| if c == ' ' || has(c) { c } else { MISSING }).collect();
        // So is the closing quotation mark, which within a word is an apostrophe.
        for at in 1..letters.len().saturating_sub(1) {
            if letters[at] == '’'
                && [at - 1, at + 1].iter().all(|beside| letters[*beside].is_ascii_alphabetic())
            {
                letters[at] = '\'';
            }
        }
        letters.into_iter().collect()
    }
}

/// The characters of `text` that would be drawn as [`MISSING`], each once, in order.
pub(super) fn missing_characters(text: &str) -> Vec<char> {
    let mut missing = Vec::new();
    for c in text.chars().filter(|c| !is_invisible(*c) && !c.is_whitespace()) {
        if !has(c) && !missing.contains(&c) {
            missing.push(c);
        }
    }
    missing
}

fn has(c: char) -> bool {
    CHARACTERS.map(c).is_some()
}

/// Whether a line break falls inside a word of a script with spaces, or inside an item of a name or list
/// joined by middle dots.
fn breaks_a_word(block: &Block) -> bool {
    block.buffer.layout_runs().any(|run| {
        let end = run.glyphs.iter().map(|glyph| glyph.end).max().unwrap_or(0);
        let (line, rest) = run.text.split_at(end);
        let letter = |c: char| c.is_ascii_alphanumeric();
        let tears_part = run.text.contains('·') && !rest.is_empty() && !line.trim_end().ends_with('·');
        tears_part || (line.ends_with(letter) && rest.starts_with(letter))
    })
}

/// Characters that look odd before an ellipsis.
fn is_pause(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, ',' | '\u{ff0c}' | '\u{3001}' | ';' | '\u{ff1b}' | ':' | '\u{ff1a}' | '·')
}

/// Characters that draw nothing: controls, joiners, direction marks, variation selectors.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e01ef}')
}
