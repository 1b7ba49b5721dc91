//! Session ids.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::{TryRng as _, rngs::SysRng};
use thiserror::Error;

/// Random bytes in an id: 192 bits, far beyond guessing.
pub const RANDOM_BYTES: usize = 24;

/// Characters in an id.
pub const LENGTH: usize = RANDOM_BYTES / 3 * 4;

/// The operating system returned no random bytes.
#[derive(Debug, Error)]
#[error("the system's random number generator failed")]
pub struct NoRandomness(#[source] rand::rngs::SysError);

/// New ids, concatenated. Each is 24 bytes from the system's CSPRNG as 32 characters of base64url
/// (RFC 4648 section 5), as in express-session.
///
/// The system call is the most expensive part, so there is one for all ids.
///
/// # Errors
///
/// [`NoRandomness`] if the system has none. There is no weaker fallback.
pub fn generate(count: usize) -> Result<String, NoRandomness> {
    let mut bytes = vec![0; count.saturating_mul(RANDOM_BYTES)];
    SysRng.try_fill_bytes(&mut bytes).map_err(NoRandomness)?;
    // Each id fills whole groups of four characters, so none has padding or shares a group.
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn an_id_is_32_characters_that_need_no_encoding() {
        let id = generate(1).unwrap();
        assert_eq!(id.len(), LENGTH);
        assert!(
            id.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        );
    }

    #[test]
    fn ids_do_not_repeat() {
        let drawn: String = (0..100).map(|_| generate(100).unwrap()).collect();
        let ids: HashSet<&[u8]> = drawn.as_bytes().chunks(LENGTH).collect();
        assert_eq!(ids.len(), 10_000);
    }

    #[test]
    fn every_character_place_varies() {
        let ids: Vec<Vec<u8>> = (0..200)
            .map(|_| generate(1).unwrap().into_bytes())
            .collect();
        for place in 0..LENGTH {
            let seen: HashSet<u8> = ids.iter().map(|id| id[place]).collect();
            assert!(
                seen.len() > 20,
                "place {place} has only {} values",
                seen.len()
            );
        }
    }
}
