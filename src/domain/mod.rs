//! The vocabulary of the program: what a notice, a case number or a delivery *is*, and which of them can
//! exist at all. No I/O, no clock, and nothing of ours from outside this folder.

pub mod case_number;
pub mod cursor;
pub mod delivery;
pub mod faults;
pub mod group;
pub mod hex;
pub mod hiding;
pub mod house_number;
pub mod identifiers;
pub mod language;
pub mod life_cycle;
pub mod logged;
pub mod look;
pub mod marks;
pub mod masking;
pub mod named;
pub mod notice;
pub mod people;
pub mod phone;
pub mod quiet;
pub mod reason;
pub mod region;
pub mod saying;
pub mod school;
pub mod screening;
pub mod shown;
pub mod swindle;
pub mod text;
pub mod tip;
pub mod zone;
