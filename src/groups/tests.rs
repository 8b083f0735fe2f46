//! The steps against a real store and a platform of our own.
