//! Third station: a verified notice goes out to the groups that asked for it.

pub mod api;
mod attempt;
pub mod conclude;
pub mod course;
pub mod drawing;
pub mod figures;
pub mod guard;
pub mod hosts;
pub mod in_hand;
pub mod message;
pub mod node;
pub mod pages;
pub mod plan;
pub mod platforms;
pub mod preview;
pub mod report;
pub mod retry;
pub mod script;
pub mod send;
mod shelf;
pub mod worker;

#[cfg(test)]
#[path = "../../tests/simulation/mod.rs"]
mod simulation;
