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
