//! The hashes of session ids, which clients must not be able to predict: they could make all sessions
//! share a place in the table.

use std::hash::{BuildHasher as _, RandomState};

/// `SipHash` with a random key.
#[derive(Debug)]
pub(super) struct Hasher {
    state: RandomState,
    /// The standard library has no random keys for WebAssembly, so this is hashed before each id.
    #[cfg(target_family = "wasm")]
    seed: [u8; 16],
}

impl Default for Hasher {
    #[cfg(not(target_family = "wasm"))]
    fn default() -> Self {
        Self {
            state: RandomState::new(),
        }
    }

    /// A failure of the random numbers is a trap: without a seed, hashes could be predicted.
    #[cfg(target_family = "wasm")]
    fn default() -> Self {
        use rand::{TryRng as _, rngs::SysRng};

        let mut seed = [0; 16];
        #[expect(clippy::expect_used, reason = "there is nothing to go on with")]
        SysRng
            .try_fill_bytes(&mut seed)
            .expect("there are no random numbers");
        Self {
            state: RandomState::new(),
            seed,
        }
    }
}

impl Hasher {
    pub(super) fn hash(&self, id: &[u8]) -> u64 {
        #[cfg(target_family = "wasm")]
        let id = (self.seed, id);
        self.state.hash_one(id)
    }
}
