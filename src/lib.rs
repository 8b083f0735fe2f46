//! Seventy-Two: a notice comes in, people verify it, it goes out to group chats, and it ends.
//!
//! The modules stand in the order in which a notice passes them: its stations first, then what they stand on.

/// A notice comes in.
pub mod intake;

/// People verify it.
pub mod review;

/// It goes out to every group that wants to hear of it, and is taken back when it is over.
pub mod broadcast;

/// It ends, and is forgotten.
pub mod expiry;

/// Who receives: the chats and those who connect them.
pub mod groups;

/// Who may act: people, their sessions and tokens.
pub mod accounts;

/// The picture of a notice.
pub mod poster;

/// Pages that belong to no station.
pub mod pages;

/// What all doors share.
pub mod web;

/// The words of the field, and what follows from them alone.
pub mod domain;

/// The only SQL.
pub mod store;

/// Sealing, keyed hashes, tokens.
pub mod vault;

/// Photos at rest.
pub mod blobs;

/// Every sentence that a person reads.
pub mod language;

/// The only reader of the time.
pub mod clock;

/// Every setting.
pub mod config;

/// Puts all of it together.
pub mod app;

/// What is done again and again.
pub mod schedule;

/// All of it to try out, with a practice chat.
pub mod demo;

/// Memory that comes and goes on many threads is given back, where the system's allocator keeps it for each of them.
#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;
