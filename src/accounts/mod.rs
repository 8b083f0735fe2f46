//! Who may act: people with a role, the two proofs by which they log in, their sessions, and the
//! tokens of their programs.
//!
//! The commands of the operator are [`people`] and [`tokens`]; [`login`] and [`sessions`] are for
//! people at the pages. Everything that opens a door is random and stored as a hash; everything that
//! ends, ends by the `now` that is handed in.

pub mod login;
pub mod pages;
pub mod password;
pub mod people;
pub mod scan;
pub mod second_factor;
pub mod sessions;
pub mod tokens;

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;
