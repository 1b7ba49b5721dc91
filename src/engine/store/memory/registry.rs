//! Named stores, which the threads of a process share.

use std::{collections::HashMap, sync::LazyLock};

use super::{MemoryStore, options::Options};
use crate::engine::{
    sync::{Mutex, Share, WeakShare},
    time::Clock,
};

static OPEN: LazyLock<Registry> = LazyLock::new(Registry::default);

/// The named stores that are open.
#[derive(Debug, Default)]
pub(super) struct Registry(Mutex<HashMap<String, WeakShare<MemoryStore>>>);

/// Opens the store with that name, or creates it. `None` if it is open with other options; without
/// options, it is taken as it is. The store lives until all who have opened it have dropped it.
#[must_use]
pub fn open(
    name: Option<&str>,
    options: Option<Options>,
    clock: Option<Clock>,
) -> Option<Share<MemoryStore>> {
    match name {
        Some(name) => OPEN.open(name, options, clock),
        None => Some(Share::new(MemoryStore::new(
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
    ) -> Option<Share<MemoryStore>> {
        let store = self.find_or_insert(name, options, clock);
        // Without the lock, because dropping the last share frees the sessions.
        let is_same = options.is_none_or(|options| options == *store.options());
        is_same.then_some(store)
    }

    fn find_or_insert(
        &self,
        name: &str,
        options: Option<Options>,
        clock: Option<Clock>,
    ) -> Share<MemoryStore> {
        let mut open = self.0.lock();
        open.retain(|_, store| store.strong_count() > 0);
        if let Some(store) = open.get(name).and_then(WeakShare::upgrade) {
            return store;
        }
        let store = Share::new(MemoryStore::new(options.unwrap_or_default(), clock));
        open.insert(name.to_owned(), Share::downgrade(&store));
        store
    }
}
