//! Stores that are open: by name, for the threads of one process, or without one.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, LazyLock},
};

use thiserror::Error;

use super::{
    memory::MemoryStore,
    options::Options,
    saver::{LoadError, Saver, SaverOptions},
};
use crate::engine::{
    sync::{Mutex, Share, WeakShare},
    time::UnixMillis,
};

static OPEN: LazyLock<Registry> = LazyLock::new(Registry::default);

/// The stores that are open and have a name.
#[derive(Debug, Default)]
pub(super) struct Registry(Mutex<HashMap<String, WeakShare<Opened>>>);

/// A store that somebody has opened. It lasts until the last one who has it lets it go; whoever that
/// is finds with [`Arc::into_inner`] that he is the last, and can save it.
#[derive(Debug)]
pub struct Opened {
    /// The store.
    pub store: Arc<MemoryStore>,
    /// Saves the store to a file every so often.
    pub saver: Option<Saver>,
    /// Where a damaged snapshot is now that was found when the store was opened.
    pub set_aside: Option<PathBuf>,
}

/// A store could not be opened.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpenError {
    /// It is open with others.
    #[error("the store {0:?} is open with other options")]
    OtherOptions(String),
    /// What was saved could not be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
}

/// Makes a store, or opens the store of a name if there is one. Without options, those it was made
/// with will do.
///
/// # Errors
///
/// [`OpenError`] says why there is none.
pub fn open(
    name: Option<&str>,
    options: Option<(Options, Option<SaverOptions>)>,
    clock: fn() -> UnixMillis,
) -> Result<Share<Opened>, OpenError> {
    let Some(name) = name else {
        return Ok(Share::new(make(options.unwrap_or_default(), clock)?));
    };
    OPEN.open(name, options, clock)
}

impl Registry {
    pub(super) fn open(
        &self,
        name: &str,
        options: Option<(Options, Option<SaverOptions>)>,
        clock: fn() -> UnixMillis,
    ) -> Result<Share<Opened>, OpenError> {
        // Held while the sessions are loaded: others who want the same store have to wait for them
        // anyway.
        let mut open = self.0.lock();
        open.retain(|_, opened| opened.strong_count() > 0);
        if let Some(opened) = open.get(name).and_then(WeakShare::upgrade) {
            let saver = opened.saver.as_ref().map(Saver::options);
            let is_same = options.is_none_or(|(options, wanted)| {
                options == *opened.store.options() && wanted.as_ref() == saver
            });
            if is_same {
                return Ok(opened);
            }
            return Err(OpenError::OtherOptions(name.to_owned()));
        }
        let opened = Share::new(make(options.unwrap_or_default(), clock)?);
        open.insert(name.to_owned(), Share::downgrade(&opened));
        Ok(opened)
    }
}

fn make(
    (options, saver): (Options, Option<SaverOptions>),
    clock: fn() -> UnixMillis,
) -> Result<Opened, LoadError> {
    let store = Arc::new(MemoryStore::new(options));
    let mut set_aside = None;
    let saver = match saver {
        Some(options) => {
            set_aside = options.load(&store, clock())?;
            Some(Saver::new(options, &store, clock))
        }
        None => None,
    };
    Ok(Opened {
        store,
        saver,
        set_aside,
    })
}
