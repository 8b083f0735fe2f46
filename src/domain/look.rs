//! What a photo looks like, in 64 bits, so that very many photos can be compared.

/// A 64-bit difference hash: one bit for each of 8 × 8 places, set where the picture gets darker to the
/// right. It survives scaling and recompression, but not cropping or mirroring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Look(pub u64);

impl Look {
    /// In how many of the 64 places two pictures differ; up to about 8 they are probably the same picture.
    pub const fn distance(self, other: Self) -> u32 {
        (self.0 ^ other.0).count_ones()
    }
}
