//! The page door of the expiry station.
