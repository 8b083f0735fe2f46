//! The JSON door of the broadcast station.
