//! What a photo looks like, in 64 bits, so that very many photos can be compared.

/// How similar two photos must be to be taken for one: at most this many of 64 bits differ.
const ALIKE: u32 = 8;

/// A 64-bit difference hash: one bit for each of 8 × 8 places, set where the picture gets darker to the
/// right. It survives scaling and recompression, but not cropping or mirroring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Look(pub u64);

impl Look {
    /// Whether the two are probably the same picture.
    pub const fn is_like(self, other: Self) -> bool {
        self.distance(other) <= ALIKE
    }

    /// In how many of the 64 places two pictures differ.
    pub const fn distance(self, other: Self) -> u32 {
        (self.0 ^ other.0).count_ones()
    }
}
