use express_session_native::engine::signature::Keyring;

use super::input::Input;

/// A signed id verifies if, and only if, it is what one of the secrets makes of that id.
pub fn signature(data: &[u8]) {
    let mut input = Input::new(data);
    let secrets = [input.bytes(), input.bytes()];
    let flipped = (input.byte(), input.byte());
    let id = input.rest();

    let keyring = Keyring::new(secrets);
    check(&keyring, secrets, id);
    let signed = keyring.sign(id).unwrap_or_default();
    assert_eq!(keyring.verify(&signed), Some(id));

    // One bit turned over, at a place counted from the end, where the signature is.
    let mut tampered = signed.clone();
    let place = tampered.len().checked_sub(usize::from(flipped.0) + 1);
    if let Some(byte) = place.and_then(|place| tampered.get_mut(place)) {
        *byte ^= 1 << (flipped.1 & 7);
        check(&keyring, secrets, &tampered);
        if tampered.is_ascii() && signed.is_ascii() {
            assert_eq!(keyring.verify(&tampered), None);
        }
    }
    // Shorter or longer.
    check(&keyring, secrets, signed.get(1..).unwrap_or_default());
    let shorter = signed.get(..signed.len() - 1).unwrap_or_default();
    check(&keyring, secrets, shorter);
    assert_eq!(keyring.verify(&[&signed[..], b"="].concat()), None);
}

fn check(keyring: &Keyring, secrets: [&[u8]; 2], signed: &[u8]) {
    let expected = signed
        .iter()
        .rposition(|byte| *byte == b'.')
        .and_then(|dot| signed.get(..dot))
        .filter(|id| {
            secrets
                .iter()
                .any(|secret| Keyring::new([secret]).sign(id).as_deref() == Some(signed))
        });
    assert_eq!(keyring.verify(signed), expected);
}
