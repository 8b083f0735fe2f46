//! Public pages that belong to no station.
