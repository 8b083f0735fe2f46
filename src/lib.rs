//! Seventy-Two: a notice comes in, people verify it, it goes out to group chats, and it ends.

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
pub mod poster;
pub mod review;
pub mod schedule;
pub mod store;
pub mod vault;
pub mod web;

/// Memory that comes and goes on many threads is given back, where the system's allocator keeps it for each of them.
#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;
