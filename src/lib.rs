//! Seventy-Two: a notice comes in, people verify it, it goes out to group chats, and it ends.

pub mod accounts;
pub mod broadcast;
pub mod clock;
pub mod config;
pub mod domain;
pub mod language;
pub mod pages;
pub mod review;
pub mod store;
pub mod vault;
pub mod web;
