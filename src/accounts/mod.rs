//! Accounts: people with a role, the two proofs by which they log in, their sessions, and the API tokens of
//! their programs.
//!
//! [`people`] and [`tokens`] hold the operator's commands; [`login`] and [`sessions`] serve the pages. Every
//! secret that grants access is random and stored as a hash. Everything that expires is judged by the `now`
//! that the caller passes.

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
