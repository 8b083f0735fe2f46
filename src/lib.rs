//! Seventy-Two: a notice comes in, people verify it, it goes out to group chats, and it ends.
//!
//! The modules, in the order in which a notice passes through them; then what the stations are built on:
//!
//! * [`intake`]: a notice comes in
//! * [`review`]: people verify it
//! * [`broadcast`]: it goes out to every group that wants to hear of it, and is taken back when it is over
//! * [`expiry`]: it ends, and is forgotten
//! * [`groups`]: who receives: the chats and those who connect them
//! * [`accounts`]: who may act: people, their sessions and tokens
//! * [`poster`]: the picture of a notice
//! * [`pages`]: pages that belong to no station
//! * [`web`]: what all doors share
//! * [`domain`]: the words of the field, and what follows from them alone
//! * [`store`]: the only SQL
//! * [`vault`]: sealing, keyed hashes, tokens
//! * [`blobs`]: photos at rest
//! * [`tls`]: how connections to others are encrypted
//! * [`language`]: every sentence that a person reads
//! * [`permits`]: work that takes much memory, a few pieces at a time
//! * [`clock`]: the only reader of the time
//! * [`config`]: every setting
//! * [`app`]: puts all of it together
//! * [`schedule`]: what is done again and again
//! * [`demo`]: all of it to try out, with a practice chat

pub mod accounts;
pub mod app;
pub mod blobs;
pub mod broadcast;
pub mod clock;
pub mod config;
pub mod demo;
pub mod domain;
pub mod expiry;
pub mod groups;
pub mod intake;
pub mod language;
pub mod pages;
pub mod permits;
pub mod poster;
pub mod review;
pub mod schedule;
pub mod store;
pub mod tls;
pub mod vault;
pub mod web;

/// Gives memory that many threads use for a short time back to the system, where the system's allocator would
/// keep it for each thread.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;
