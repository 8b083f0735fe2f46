//! What is kept while there is room for it, in bytes: what has not been used for longest is forgotten first.
//!
//! Pictures are kept within 12 MB, bodies that contain one within 16 MB, so a body never displaces a picture.

use std::hash::Hash;

use lru::LruCache;

/// The keys of what is kept, and how many bytes each takes; the caller keeps the things themselves.
pub struct Shelf<K: Hash + Eq> {
    room: usize,
    taken: usize,
    kept: LruCache<K, usize>,
}

impl<K: Hash + Eq + Copy> Shelf<K> {
    /// An empty shelf with room for so many bytes.
    pub fn new(room: usize) -> Shelf<K> {
        Shelf { room, taken: 0, kept: LruCache::unbounded() }
    }

    /// Records that a thing was used, and takes so many bytes; returns what has to be forgotten now: the
    /// thing itself, if it takes more than there is room for.
    pub fn put(&mut self, key: K, bytes: usize) -> Vec<K> {
        let before = self.kept.put(key, bytes).unwrap_or(0);
        self.taken = self.taken - before + bytes;
        let mut forgotten = Vec::new();
        while self.taken > self.room
            && let Some((key, bytes)) = self.kept.pop_lru()
        {
            self.taken -= bytes;
            forgotten.push(key);
        }
        forgotten
    }

    /// Records that these are not kept any more.
    pub fn forget(&mut self, gone: impl Fn(&K) -> bool) {
        let these: Vec<K> = self.kept.iter().map(|(key, _)| *key).filter(gone).collect();
        for bytes in these.iter().filter_map(|key| self.kept.pop(key)) {
            self.taken -= bytes;
        }
    }

    /// Records that nothing is kept any more.
    pub fn clear(&mut self) {
        self.kept.clear();
        self.taken = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_used_for_longest_is_forgotten_first_and_no_more_than_must_be() {
        let mut shelf = Shelf::new(10);
        for key in ["a", "b", "c"] {
            assert_eq!(shelf.put(key, 3), [""; 0]);
        }
        assert_eq!(shelf.put("a", 3), [""; 0], "used again");
        assert_eq!(shelf.put("d", 2), ["b"]);
        assert_eq!(shelf.put("e", 5), ["c"]);
        assert_eq!(shelf.put("e", 6), ["a"], "it has grown");
        assert_eq!(shelf.put("f", 11), ["d", "e", "f"], "nothing is kept beyond the room");
        assert_eq!(shelf.put("g", 10), [""; 0]);
        shelf.forget(|key| *key == "g");
        assert_eq!(shelf.put("i", 10), [""; 0]);
        shelf.clear();
        assert_eq!(shelf.put("h", 10), [""; 0]);
    }
}
