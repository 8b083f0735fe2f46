//! Third station: a verified notice goes out to the groups that asked for it.

pub mod guard;
pub mod message;
pub mod platforms;
pub mod retry;
pub mod send;
