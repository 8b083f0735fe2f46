//! What all doors share: the routes, problems, sessions, limits, languages, health and metrics.

pub mod answers;
pub mod assets;
pub mod body;
pub mod cookies;
pub mod csrf;
pub mod frame;
pub mod health;
pub mod json;
pub mod limits;
pub mod manage;
pub mod methods;
pub mod moment;
pub mod openapi;
pub mod patience;
pub mod problem;
pub mod request;
pub mod routes;
pub mod session;
pub mod shared;
pub mod sum;
pub mod upload_memory;
