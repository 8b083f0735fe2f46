//! A poster that is laid out but not painted yet: what goes where.

use super::canvas::{Area, Canvas, Photo, Rgb};
use super::lettering::{Block, Lettering};
use super::qr::Code;
use super::{PosterError, WIDTH};

/// Left and right margin, in pixels.
pub(super) const MARGIN: f32 = 56.0;
/// Width between the margins, in pixels.
pub(super) const COLUMN: f32 = WIDTH as f32 - 2.0 * MARGIN;

/// The inks that all kinds share.
pub(super) const INK: Rgb = Rgb(0x1C, 0x1D, 0x21);
pub(super) const SOFT: Rgb = Rgb(0x5A, 0x5E, 0x66);
pub(super) const WHITE: Rgb = Rgb(255, 255, 255);
pub(super) const PAPER: Rgb = Rgb(0xF3, 0xF4, 0xF6);

enum Item {
    Shape(Area, Rgb),
    Text(Block, f32, f32),
    Picture(Area),
    Qr(f32, f32),
}

/// The elements and their positions, in painting order.
#[derive(Default)]
pub(super) struct Layout {
    items: Vec<Item>,
    /// Where the next element goes; in the end, the total height.
    pub y: f32,
    /// The height before anything was stretched to fill the poster.
    pub natural: f32,
}

impl Layout {
    pub fn shape(&mut self, area: Area, colour: Rgb) {
        self.items.push(Item::Shape(area, colour));
    }

    /// Reserves a position in the painting order for a background whose height is not known yet.
    pub fn reserve(&mut self) -> usize {
        self.items.push(Item::Shape(Area::new(0.0, 0.0, 0.0, 0.0), WHITE));
        self.items.len() - 1
    }

    /// Fills a position reserved by [`Self::reserve`].
    pub fn fill_reserved(&mut self, place: usize, area: Area, colour: Rgb) {
        self.items[place] = Item::Shape(area, colour);
    }

    pub fn text(&mut self, block: Block, x: f32, y: f32) {
        self.items.push(Item::Text(block, x, y));
    }

    /// Where the photo goes.
    pub fn picture(&mut self, area: Area) {
        self.items.push(Item::Picture(area));
    }

    /// Where the QR code goes.
    pub fn qr(&mut self, x: f32, y: f32) {
        self.items.push(Item::Qr(x, y));
    }

    /// Places a block at the current height and moves below it.
    pub fn stack(&mut self, block: Block, x: f32) {
        let height = block.height;
        self.text(block, x, self.y);
        self.y += height;
    }

    /// Whether no text had to be cut.
    pub fn is_whole(&self) -> bool {
        self.items.iter().all(|item| !matches!(item, Item::Text(block, ..) if !block.is_whole()))
    }

    /// What is written on it, block by block.
    #[cfg(test)]
    pub fn words(&self) -> Vec<String> {
        let block = |item: &Item| match item {
            Item::Text(block, ..) => Some(block.broken_lines().concat()),
            _ => None,
        };
        self.items.iter().filter_map(block).collect()
    }

    /// Where the photo goes, if there is one.
    #[cfg(test)]
    pub fn photo(&self) -> Option<Area> {
        self.items.iter().find_map(|item| match item {
            Item::Picture(area) => Some(*area),
            _ => None,
        })
    }

    /// Paints everything and encodes it.
    pub fn paint(
        self,
        lettering: &mut Lettering,
        photo: Option<&Photo>,
        code: &Code,
    ) -> Result<Vec<u8>, PosterError> {
        let mut canvas = Canvas::new(WIDTH, self.y.ceil() as u32);
        for item in self.items {
            match item {
                Item::Shape(area, colour) => canvas.fill(area, colour),
                Item::Text(block, x, y) => lettering.draw(&mut canvas, &block, x, y),
                Item::Picture(area) => {
                    if let Some(photo) = photo {
                        canvas.picture(&photo.cut(area.width, area.height), area);
                    }
                }
                Item::Qr(x, y) => code.draw(&mut canvas, x, y),
            }
        }
        canvas.into_jpeg()
    }
}
