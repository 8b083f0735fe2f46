//! Third station: a verified notice goes out to the groups that asked for it.
//!
//! `plan` turns a decision into a broadcast. `worker` leases its deliveries, sends them and records the
//! results. One request is an `attempt`: `course` chooses it, `script` has the message, an adapter in
//! `platforms` writes the request and judges the answer, and `send` carries it past the `guard`. `conclude`
//! and `retry` decide what follows for the delivery, its lane and its group; `hosts` keeps a platform that is
//! slow or away from holding up the others, and `turns` a bot that very many groups share.

pub mod api;
mod attempt;
pub mod conclude;
pub mod course;
pub mod drawing;
pub mod guard;
pub mod held_leases;
pub mod hosts;
pub mod message;
pub mod metrics;
pub mod node;
pub mod pages;
pub mod plan;
pub mod platforms;
pub mod preview;
mod recorder;
pub mod report;
pub mod retry;
pub mod script;
pub mod sealed_credentials;
pub mod send;
mod shelf;
pub mod turns;
pub mod worker;

// Mounted here, as a part of the unit tests: it drives what is private to the engine, and puts faults into it
// that exist in no other build (ADR 23).
#[cfg(test)]
#[path = "../../tests/simulation/mod.rs"]
mod simulation;
