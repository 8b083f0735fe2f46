//! Pages of a list, and places in it as outsiders hold them: whoever reads on gives back what they were
//! given, whatever it says.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::faults::{FieldFault, FieldFaults};

/// The cursor for a place.
pub fn write(place: &impl Serialize) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(place).expect("a place is made of numbers, times and ids"))
}

/// The place that a cursor stands for; `None` where the text is not one of our cursors.
pub fn read<P: DeserializeOwned>(cursor: &str) -> Option<P> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()
}

/// The place from which somebody asks for a page, by the `cursor` that they give; none, and an empty one, is
/// the beginning.
///
/// # Errors
/// Where it is no place that `read` knows.
pub fn asked<P>(given: Option<&str>, read: impl FnOnce(&str) -> Option<P>) -> Result<Option<P>, FieldFaults> {
    let wrong = || FieldFaults::from([("cursor".to_owned(), FieldFault::new("list-cursor"))]);
    given.filter(|given| !given.is_empty()).map(|given| read(given).ok_or_else(wrong)).transpose()
}

/// Cuts what was found to a page of `most`. One more than that shows that there is another page: then it
/// returns the last of this one, after which the next begins.
pub fn cut<T>(found: &mut Vec<T>, most: i64) -> Option<&T> {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let more = found.len() > most;
    found.truncate(most);
    found.last().filter(|_| more)
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_cursor_is_read_back() {
        let at: DateTime<Utc> = DateTime::from_timestamp_micros(1_795_000_000_123_456).unwrap();
        let place = (at, Uuid::from_u128(72));
        assert_eq!(read(&write(&place)), Some(place));
        for none in ["", "nonsense", &write(&72)] {
            assert_eq!(read::<(DateTime<Utc>, Uuid)>(none), None, "{none}");
        }
    }

    #[test]
    fn the_last_of_a_page_is_told_where_there_is_another() {
        for (found, page, next) in [(0, 0, None), (2, 2, None), (3, 2, Some(1))] {
            let mut found: Vec<i32> = (0..found).collect();
            assert_eq!(cut(&mut found, 2).copied(), next);
            assert_eq!(found.len(), page);
        }
    }
}
