//! What the review desk owes the family and the person sought: held tips, a phone shown only to those who
//! need it, a notice that changed meanwhile, and an erasure that leaves no copy.

pub mod claims;
pub mod decisions;
pub mod erasure;
pub mod figures;
pub mod phones;
pub mod queue;
pub mod tips;

use serde_json::{Value, json};

use crate::house::House;
use crate::notices;

/// Its approval takes two.
fn teen(house: &House) -> Value {
    let mut body = notices::missing_person(house.clock.now());
    (body["person"]["age"], body["person"]["category"]) = (json!(15), json!("teen"));
    body
}
