//! Places in a list, as outsiders hold them: whoever reads on gives back what they were given, whatever it says.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The cursor that stands for a place.
pub fn write(place: &impl Serialize) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(place).expect("a place is made of numbers, times and ids"))
}

/// The place that a cursor stands for; `None` where the text is not one of our cursors.
pub fn read<P: DeserializeOwned>(cursor: &str) -> Option<P> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()
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
}
