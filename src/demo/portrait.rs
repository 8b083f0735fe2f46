//! Drawn pictures in place of photos for the demo: recognisably not real people or things, so that a newcomer
//! sees full notices and no real face is shipped. The same subject always gives the same picture.

mod brush;
mod people;
mod things;

use brush::Brush;
use people::{BOY, GIRL, GRANDFATHER, GRANDMOTHER, MAN, person};
use things::{bag, keys};

/// Size of every picture in pixels.
pub const SIZE: (u32, u32) = (900, 1200);

/// Who or what is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// An old woman with grey hair and a purple cardigan.
    Grandmother,
    /// An old man with glasses and a dark blue jacket.
    Grandfather,
    /// A boy of about seven in a red hooded jacket.
    Boy,
    /// A girl of about ten with plaits and a yellow pullover.
    Girl,
    /// A man of about forty in a green jacket.
    Man,
    /// A blue rucksack.
    Bag,
    /// A ring of keys with a red tag.
    Keys,
}

impl Subject {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Grandmother, Self::Grandfather, Self::Boy, Self::Girl, Self::Man, Self::Bag, Self::Keys];
}

/// Draws `subject`, upright, as a JPEG of [`SIZE`] without metadata.
pub fn portrait(subject: Subject) -> Vec<u8> {
    let mut brush = Brush::new();
    match subject {
        Subject::Grandmother => person(&mut brush, &GRANDMOTHER),
        Subject::Grandfather => person(&mut brush, &GRANDFATHER),
        Subject::Boy => person(&mut brush, &BOY),
        Subject::Girl => person(&mut brush, &GIRL),
        Subject::Man => person(&mut brush, &MAN),
        Subject::Bag => bag(&mut brush),
        Subject::Keys => keys(&mut brush),
    }
    brush.into_jpeg()
}

/// The middle of every picture, and of every face.
const X: f32 = 450.0;
const Y: f32 = 500.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_subject_is_a_picture_of_its_own_and_always_the_same() {
        let pictures = Subject::ALL.map(portrait);
        for (index, picture) in pictures.iter().enumerate() {
            let decoded = image::load_from_memory(picture).unwrap();
            assert_eq!((decoded.width(), decoded.height()), SIZE);
            assert_eq!(*picture, portrait(Subject::ALL[index]));
            assert!(!pictures[..index].contains(picture));
        }
    }

    #[test]
    fn no_subject_is_taken_for_another() {
        let looks = Subject::ALL.map(|subject| crate::intake::photo::read(&portrait(subject)).unwrap().look);
        let pairs = (0..looks.len()).flat_map(|one| (0..one).map(move |other| (one, other)));
        let near: Vec<(Subject, Subject, bool)> = pairs
            .map(|(one, other)| (Subject::ALL[one], Subject::ALL[other], looks[one].is_like(looks[other])))
            .filter(|(.., alike)| *alike)
            .collect();
        assert_eq!(near, [], "a moderator would be told that these may be the same");
    }
}
