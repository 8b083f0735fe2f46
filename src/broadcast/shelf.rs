//! What is kept while there is room for it, in bytes: what has not been used for longest is forgotten first.

/// The keys of what is kept, and how many bytes each takes; the caller keeps the things themselves.
pub struct Shelf<K> {
    room: usize,
    /// The last used comes last.
    kept: Vec<(K, usize)>,
}

impl<K: PartialEq> Shelf<K> {
    /// An empty shelf with room for so many bytes.
    pub const fn new(room: usize) -> Shelf<K> {
        Shelf { room, kept: Vec::new() }
    }

    /// Records that a thing was used, and takes so many bytes; returns what has to be forgotten now: the
    /// thing itself, if it takes more than there is room for.
    pub fn put(&mut self, key: K, bytes: usize) -> Vec<K> {
        self.kept.retain(|(kept, _)| *kept != key);
        self.kept.push((key, bytes));
        let mut over = self.kept.iter().map(|(_, bytes)| bytes).sum::<usize>().saturating_sub(self.room);
        let goes = |(_, bytes): &&(K, usize)| {
            let goes = over > 0;
            over = over.saturating_sub(*bytes);
            goes
        };
        let many = self.kept.iter().take_while(goes).count();
        self.kept.drain(..many).map(|(key, _)| key).collect()
    }

    /// Records that these are not kept any more.
    pub fn forget(&mut self, gone: impl Fn(&K) -> bool) {
        self.kept.retain(|(key, _)| !gone(key));
    }

    /// Records that nothing is kept any more.
    pub fn clear(&mut self) {
        self.kept.clear();
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
        shelf.clear();
        assert_eq!(shelf.put("h", 10), [""; 0]);
    }
}
