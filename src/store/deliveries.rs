//! deliveries
