//! Stores that are open: by name, for the threads of one process, or without one.

use std::{collections::HashMap, sync::LazyLock};

use thiserror::Error;

use super::{memory::MemoryStore, options::Options};
use crate::engine::sync::{Mutex, Share, WeakShare};

static OPEN: LazyLock<Registry> = LazyLock::new(Registry::default);

/// The stores that are open and have a name.
#[derive(Debug, Default)]
pub(super) struct Registry(Mutex<HashMap<String, WeakShare<MemoryStore>>>);

/// A store could not be opened.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpenError {
    /// It is open with others.
    #[error("the store {0:?} is open with other options")]
    OtherOptions(String),
}

/// Makes a store, or opens the store of a name if there is one. Without options, those it was made
/// with will do. It lasts until the last one who has it lets it go.
///
/// # Errors
///
/// [`OpenError`] says why there is none.
pub fn open(name: Option<&str>, options: Option<Options>) -> Result<Share<MemoryStore>, OpenError> {
    let Some(name) = name else {
        return Ok(Share::new(MemoryStore::new(options.unwrap_or_default())));
    };
    OPEN.open(name, options)
}

impl Registry {
    pub(super) fn open(
        &self,
        name: &str,
        options: Option<Options>,
    ) -> Result<Share<MemoryStore>, OpenError> {
        let mut open = self.0.lock();
        open.retain(|_, store| store.strong_count() > 0);
        if let Some(store) = open.get(name).and_then(WeakShare::upgrade) {
            if options.is_none_or(|options| options == *store.options()) {
                return Ok(store);
            }
            return Err(OpenError::OtherOptions(name.to_owned()));
        }
        let store = Share::new(MemoryStore::new(options.unwrap_or_default()));
        open.insert(name.to_owned(), Share::downgrade(&store));
        Ok(store)
    }
}
