//! The lifecycle's decisions as a table, in which JavaScript looks them up without a call.

use std::collections::HashMap;

use napi::bindgen_prelude::Uint8Array;
use napi_derive::napi;

use crate::engine::lifecycle::{AT_END, AT_HEADERS, FACTS, decision_table};

/// The decisions of the lifecycle. `engine::lifecycle` documents the names.
#[napi(object)]
pub struct Lifecycle {
    /// The bits of a state, by name.
    pub facts: HashMap<String, u32>,
    /// The answers for the headers, by name.
    pub at_headers: HashMap<String, u32>,
    /// The answers for the end, by name.
    pub at_end: HashMap<String, u32>,
    /// One byte per state: the headers' answer in the high half, the end's in the low half.
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
