//! Third station: a verified notice goes out to the groups that asked for it.

pub mod api;
pub mod guard;
pub mod message;
pub mod plan;
pub mod platforms;
pub mod retry;
pub mod script;
pub mod send;
pub mod worker;
