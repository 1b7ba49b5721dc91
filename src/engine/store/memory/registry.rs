//! Named stores, which the threads of a process share.

use std::{collections::HashMap, sync::LazyLock};

use thiserror::Error;

use super::{MemoryStore, options::Options};
use crate::engine::{
    sync::{Mutex, Share, WeakShare},
    time::Clock,
};

static OPEN: LazyLock<Registry> = LazyLock::new(Registry::default);

/// The named stores that are open.
#[derive(Debug, Default)]
pub(super) struct Registry(Mutex<HashMap<String, WeakShare<MemoryStore>>>);

/// A store could not be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum OpenError {
    /// It is open with other options.
    #[error("the store is open with other options")]
    OtherOptions,
}

/// Opens the store with that name, or creates it. Without options, an existing store is taken as it
/// is. The store lives until all who have opened it have dropped it.
///
/// # Errors
///
/// [`OpenError`] says why it cannot be opened.
pub fn open(
    name: Option<&str>,
    options: Option<Options>,
    clock: Option<Clock>,
) -> Result<Share<MemoryStore>, OpenError> {
    match name {
        Some(name) => OPEN.open(name, options, clock),
        None => Ok(Share::new(MemoryStore::new(
            options.unwrap_or_default(),
            clock,
        ))),
    }
}

impl Registry {
    pub(super) fn open(
        &self,
        name: &str,
        options: Option<Options>,
        clock: Option<Clock>,
    ) -> Result<Share<MemoryStore>, OpenError> {
        let mut open = self.0.lock();
        open.retain(|_, store| store.strong_count() > 0);
        if let Some(store) = open.get(name).and_then(WeakShare::upgrade) {
            if options.is_none_or(|options| options == *store.options()) {
                return Ok(store);
            }
            return Err(OpenError::OtherOptions);
        }
        let store = Share::new(MemoryStore::new(options.unwrap_or_default(), clock));
        open.insert(name.to_owned(), Share::downgrade(&store));
        Ok(store)
    }
}
