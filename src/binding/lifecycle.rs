//! The lifecycle's decisions as a table: looking one up in JavaScript costs nothing, a call would.

use std::collections::HashMap;

use napi::bindgen_prelude::Uint8Array;
use napi_derive::napi;

use crate::engine::lifecycle::{AT_END, AT_HEADERS, FACTS, decision_table};

/// The decisions of the lifecycle, with the names of `engine::lifecycle`, which says what they mean.
#[napi(object)]
pub struct Lifecycle {
    /// The bits of the number that stands for a state, by name.
    pub facts: HashMap<String, u32>,
    /// The numbers of the answers for the headers, by name.
    pub at_headers: HashMap<String, u32>,
    /// The numbers of the answers for the end, by name.
    pub at_end: HashMap<String, u32>,
    /// A byte for every state: the answer for the headers in its high half, that for the end in its low.
    pub table: Uint8Array,
}

/// The decisions of the lifecycle.
#[napi(catch_unwind)]
pub fn lifecycle() -> Lifecycle {
    Lifecycle {
        facts: named(FACTS, |fact| u32::from(fact.bit())),
        at_headers: named(AT_HEADERS, |answer| answer as u32),
        at_end: named(AT_END, |answer| answer as u32),
        table: Uint8Array::new(decision_table()),
    }
}

fn named<Item: Copy>(items: &[(&str, Item)], number: impl Fn(Item) -> u32) -> HashMap<String, u32> {
    let entry = |(name, item): &(&str, Item)| ((*name).to_owned(), number(*item));
    items.iter().map(entry).collect()
}
