//! Memory for photos being uploaded, bounded in total and for each network, so that nobody can fill it with
//! uploads that they begin and never finish.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;

use super::limits::Key;

/// The most bytes held at a time: a dozen of the largest photos.
const ALL: usize = 96 * 1024 * 1024;
/// The most bytes of one network; in addition it never gets more than half of what the others leave.
const EACH: usize = 32 * 1024 * 1024;

/// The bytes held now.
#[derive(Default)]
struct Held {
    all: usize,
    by: HashMap<Key, usize>,
}

/// The bounded memory; cheap to clone.
#[derive(Clone, Default)]
pub struct UploadMemory(Arc<Mutex<Held>>);

impl UploadMemory {
    /// A place for one photo of a network, still empty.
    pub fn reserve(&self, of: impl Into<Key>) -> Reservation {
        Reservation { memory: self.clone(), of: of.into(), bytes: 0, is_refused: false }
    }
}

/// The memory of one photo, until this is dropped.
pub struct Reservation {
    memory: UploadMemory,
    of: Key,
    bytes: usize,
    is_refused: bool,
}

impl Reservation {
    /// Takes memory until it has this many bytes in all; `false`, and nothing taken, where there is no room.
    pub fn grow_to(&mut self, bytes: usize) -> bool {
        let more = bytes.saturating_sub(self.bytes);
        let mut held = self.memory.0.lock();
        let of_these = held.by.get(&self.of).copied().unwrap_or_default();
        let left = ALL - (held.all - of_these);
        if of_these + more > EACH.min(left / 2) {
            self.is_refused = true;
            return false;
        }
        held.all += more;
        held.by.insert(self.of.clone(), of_these + more);
        self.bytes += more;
        true
    }

    /// Gives its memory back.
    pub fn release(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        let mut held = self.memory.0.lock();
        held.all -= bytes;
        if let Some(of_these) = held.by.get_mut(&self.of) {
            *of_these -= bytes;
            if *of_these == 0 {
                held.by.remove(&self.of);
            }
        }
    }

    /// Whether it was ever refused memory.
    pub const fn is_refused(&self) -> bool {
        self.is_refused
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.release();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_network_leaves_room_for_others_and_what_is_dropped_is_free() {
        let memory = UploadMemory::default();
        let (mut one, mut two, mut other) = (memory.reserve("a"), memory.reserve("a"), memory.reserve("b"));
        assert!(one.grow_to(EACH / 2) && one.grow_to(EACH - 1) && two.grow_to(1));
        assert!(!two.grow_to(2) && two.is_refused() && other.grow_to(EACH) && !other.is_refused());
        drop(one);
        assert!(two.grow_to(EACH));
        let mut last = memory.reserve("c");
        assert!(
            !last.grow_to(ALL - 2 * EACH) && last.grow_to(EACH / 2),
            "who comes late leaves room for others"
        );
        assert!(memory.reserve("d").grow_to(EACH / 4));
        other.release();
        drop((two, other, last));
        let held = memory.0.lock();
        assert!(held.all == 0 && held.by.is_empty());
    }
}
