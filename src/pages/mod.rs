//! Public pages that belong to no station: home, status, check, safety, feed, and the API manual.

pub mod api;
pub mod check;
pub mod docs;
pub mod feeds;
pub mod home;
pub mod number;
pub mod pasted;
pub mod safety;
pub mod said;
pub mod status;
pub mod tip_form;

#[cfg(test)]
mod tests;
