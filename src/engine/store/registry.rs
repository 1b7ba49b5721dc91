//! Stores by name, for the threads of one process.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Weak},
};

use parking_lot::Mutex;
use thiserror::Error;

use super::{memory::MemoryStore, options::Options};

static STORES: LazyLock<Mutex<HashMap<String, Weak<MemoryStore>>>> = LazyLock::new(Mutex::default);

/// A store of that name is open with other options.
#[derive(Debug, Error)]
#[error("a store of this name is open with other options")]
pub struct OtherOptions;

/// Opens the store of a name, or makes it if it is not open. It lasts until the last one who has it
/// lets it go. Without options, the ones it was made with will do.
///
/// Also says whether it is new.
///
/// # Errors
///
/// [`OtherOptions`] if it is open with others than those given.
pub fn open(
    name: &str,
    options: Option<Options>,
) -> Result<(Arc<MemoryStore>, bool), OtherOptions> {
    let mut stores = STORES.lock();
    stores.retain(|_, store| store.strong_count() > 0);
    if let Some(store) = stores.get(name).and_then(Weak::upgrade) {
        return match options {
            Some(options) if options != *store.options() => Err(OtherOptions),
            _ => Ok((store, false)),
        };
    }
    let store = Arc::new(MemoryStore::new(options.unwrap_or_default()));
    stores.insert(name.to_owned(), Arc::downgrade(&store));
    Ok((store, true))
}
