//! Stores with a name, which the threads of a process share.

use std::{collections::HashMap, sync::LazyLock};

use thiserror::Error;

use super::{MemoryStore, options::Options};
use crate::engine::{
    sync::{Mutex, Share, WeakShare},
    time::Clock,
};

static OPEN: LazyLock<Registry> = LazyLock::new(Registry::default);

/// The stores that are open and have a name.
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

/// Makes a store, or opens the store of that name if there is one. Without options it takes the store
/// as it is. The store lives until the last one who has opened it drops it.
///
/// # Errors
///
/// [`OpenError`] says why there is none.
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
