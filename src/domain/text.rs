//! Text typed by the public, made fit to be read, sent and compared.
//!
//! In the order a text passes through: [`one_line`] and [`paragraph`] clean what is stored, [`for_group`]
//! makes it harmless for its readers, and [`cut_for_group`] cuts that to what the platform takes.

mod clean;
mod domains;
mod fold;
mod group;
pub(crate) mod scan;
mod sound;
mod unit;

pub use clean::{one_line, paragraph};
pub use fold::{compact, name_key, narrow, unspaced, whole_number};
pub(crate) use fold::{digit, is_dash};
pub use group::{cut_for_group, for_group, has_contact};
pub use sound::sounds;
pub use unit::Unit;
