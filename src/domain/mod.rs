//! The words of the field.
pub mod case_number;
pub mod identifiers;
pub mod phone;
pub mod region;
pub mod screening;
pub mod text;
