//! The doors of people: log in, log out.
