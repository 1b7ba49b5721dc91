//! Signed session ids: `<id>.<base64 of HMAC-SHA256(secret, id), without padding>`.
//!
//! This is the format of the npm package `cookie-signature` 1.0, which express-session has always
//! used, so existing cookies keep verifying.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::wtf8;

/// HMAC-SHA256 (RFC 2104) with one secret already absorbed, so that signing takes two or three
/// compressions and no key setup.
#[derive(Clone)]
struct Key(Hmac<Sha256>);

impl Key {
    fn new(secret: &[u8]) -> Self {
        // RFC 2104 allows keys of any length. The crate's error is for other MACs.
        #[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
        Self(Hmac::new_from_slice(secret).expect("HMAC takes keys of every length"))
    }

    fn mac(&self, id: &[u8]) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        mac.update(&wtf8::to_utf8(id));
        mac
    }
}

/// The secrets of an application: the first one signs, all of them verify.
#[derive(Clone)]
pub struct Keyring {
    keys: Vec<Key>,
}

impl Keyring {
    /// Creates a keyring from secrets, as bytes.
    pub fn new<Secret: AsRef<[u8]>>(secrets: impl IntoIterator<Item = Secret>) -> Self {
        Self {
            keys: secrets
                .into_iter()
                .map(|secret| Key::new(secret.as_ref()))
                .collect(),
        }
    }

    /// Signs `id` with the first secret: `id.signature`. `None` when there is no secret.
    #[must_use]
    pub fn sign(&self, id: &[u8]) -> Option<Vec<u8>> {
        let mac = self.keys.first()?.mac(id).finalize().into_bytes();
        let mut signed = Vec::with_capacity(id.len() + 1 + SIGNATURE_LENGTH);
        signed.extend_from_slice(id);
        signed.push(b'.');
        signed.extend_from_slice(STANDARD_NO_PAD.encode(mac).as_bytes());
        Some(signed)
    }

    /// The id in `signed` if its signature was made with one of the secrets, else `None`.
    ///
    /// Signatures are compared in constant time. An id may be empty and may contain dots.
    #[must_use]
    pub fn verify<'signed>(&self, signed: &'signed [u8]) -> Option<&'signed [u8]> {
        let dot = signed.iter().rposition(|&byte| byte == b'.')?;
        let (id, signature) = signed.split_at_checked(dot)?;
        // Strict: a second spelling of the same signature would make two valid cookies.
        let signature = STANDARD_NO_PAD.decode(signature.get(1..)?).ok()?;
        let valid = self
            .keys
            .iter()
            .any(|key| key.mac(id).verify_slice(&signature).is_ok());
        valid.then_some(id)
    }
}

/// Characters of a signature: 32 bytes in base64 without padding.
const SIGNATURE_LENGTH: usize = 43;

impl fmt::Debug for Keyring {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Keyring({} secrets)", self.keys.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    // From cookie-signature 1.0.7: sign('hello', 'tobiiscool').
    const HELLO: &str = "hello.DGDUkGlIkCzPz+C0B064FNgHdEjox7ch8tOBGslZ5QI";

    #[test]
    fn a_signature_is_the_one_that_cookie_signature_makes() {
        let keyring = Keyring::new(["tobiiscool"]);
        assert_eq!(keyring.sign(b"hello").unwrap(), HELLO.as_bytes());
        assert_eq!(keyring.verify(HELLO.as_bytes()), Some(&b"hello"[..]));
    }

    #[test]
    fn every_secret_verifies_and_only_the_first_signs() {
        let old = Keyring::new(["old"]);
        let both = Keyring::new(["new", "old"]);
        let signed = old.sign(b"id").unwrap();
        assert_eq!(both.verify(&signed), Some(&b"id"[..]));
        assert_eq!(both.sign(b"id"), Keyring::new(["new"]).sign(b"id"));
        assert_eq!(Keyring::new(["new"]).verify(&signed), None);
    }

    #[test]
    fn no_secret_signs_and_verifies_nothing() {
        let none = Keyring::new::<&[u8]>([]);
        assert_eq!(none.sign(b"id"), None);
        assert_eq!(none.verify(HELLO.as_bytes()), None);
    }

    #[test]
    fn any_changed_character_is_noticed() {
        let keyring = Keyring::new(["tobiiscool"]);
        for place in 0..HELLO.len() {
            for replacement in *b"Aa0.-/+=Q" {
                let mut tampered = HELLO.as_bytes().to_vec();
                if tampered[place] != replacement {
                    tampered[place] = replacement;
                    let found = keyring.verify(&tampered);
                    assert_eq!(found, None, "{}", String::from_utf8_lossy(&tampered));
                }
            }
        }
    }

    #[test]
    fn truncated_padded_and_empty_signatures_are_refused() {
        let keyring = Keyring::new(["tobiiscool"]);
        for length in 0..HELLO.len() {
            assert_eq!(keyring.verify(&HELLO.as_bytes()[..length]), None);
        }
        assert_eq!(keyring.verify(format!("{HELLO}=").as_bytes()), None);
        assert_eq!(keyring.verify(b"hello."), None);
        assert_eq!(keyring.verify(b"hello"), None);
        assert_eq!(keyring.verify(b""), None);
    }

    #[test]
    fn ids_may_be_empty_or_hold_dots_and_lone_surrogates() {
        let keyring = Keyring::new(["k"]);
        for id in [&b""[..], b"a.b.", b".", &[0x61, 0xED, 0xA0, 0x80]] {
            assert_eq!(keyring.verify(&keyring.sign(id).unwrap()), Some(id));
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        assert_eq!(
            format!("{:?}", Keyring::new(["tobiiscool", "x"])),
            "Keyring(2 secrets)"
        );
    }

    fn hex(bytes: &[u8]) -> String {
        let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0x0F]);
        digits
            .filter_map(|digit| char::from_digit(digit.into(), 16))
            .collect()
    }

    /// The test cases of RFC 4231, section 4: key, data, and the (beginning of the) HMAC-SHA-256.
    fn rfc_4231() -> [(Vec<u8>, Vec<u8>, &'static str); 7] {
        [
            (
                vec![0x0b; 20],
                b"Hi There".to_vec(),
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            ),
            (
                b"Jefe".to_vec(),
                b"what do ya want for nothing?".to_vec(),
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                vec![0xaa; 20],
                vec![0xdd; 50],
                "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
            ),
            (
                (0x01..=0x19).collect(),
                vec![0xcd; 50],
                "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
            ),
            (
                vec![0x0c; 20],
                b"Test With Truncation".to_vec(),
                "a3b6167473100ee06e0c796c2955552b",
            ),
            (
                vec![0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First".to_vec(),
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
            (
                vec![0xaa; 131],
                b"This is a test using a larger than block-size key and a larger than \
                    block-size data. The key needs to be hashed before being used by the HMAC \
                    algorithm."
                    .to_vec(),
                "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
            ),
        ]
    }

    #[test]
    fn the_mac_is_that_of_rfc_4231() {
        for (key, data, expected) in rfc_4231() {
            // Unlike ids, some of these data are not text, so they bypass the conversion of ids.
            let mut mac = Key::new(&key).0;
            mac.update(&data);
            let mac = mac.finalize().into_bytes();
            assert!(hex(&mac).starts_with(expected), "{}", hex(&mac));
        }
    }

    #[test]
    fn an_id_is_signed_with_the_mac_of_rfc_4231() {
        let texts = rfc_4231()
            .into_iter()
            .filter(|(_, data, _)| data.is_ascii());
        for (key, data, expected) in texts {
            let signed = Keyring::new([key]).sign(&data).unwrap();
            let signature = &signed[data.len() + 1..];
            assert_eq!(signature.len(), SIGNATURE_LENGTH);
            let mac = STANDARD_NO_PAD.decode(signature).unwrap();
            assert!(hex(&mac).starts_with(expected), "{}", hex(&mac));
        }
    }

    proptest! {
        #[test]
        fn what_was_signed_verifies(secret: Vec<u8>, id: Vec<u8>) {
            let keyring = Keyring::new([&secret]);
            let signed = keyring.sign(&id).unwrap();
            prop_assert_eq!(keyring.verify(&signed), Some(id.as_slice()));
        }

        #[test]
        fn no_input_is_too_odd(signed: Vec<u8>) {
            prop_assert_eq!(Keyring::new(["secret"]).verify(&signed), None);
        }
    }
}
