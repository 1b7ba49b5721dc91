use express_session_native::engine::{http_date, percent, wtf8};

use super::input::Input;

/// Text that is turned into another form and back is what it was.
pub fn text(data: &[u8]) {
    let mut input = Input::new(data);
    let time = input.number();
    let bytes = input.rest();

    let units: Vec<u16> = bytes
        .chunks_exact(2)
        .map(|pair| {
            pair.iter()
                .fold(0, |unit, byte| unit << 8 | u16::from(*byte))
        })
        .collect();
    let wtf8 = wtf8::from_utf16(&units);
    assert_eq!(wtf8::to_utf16(&wtf8), units);
    assert_eq!(
        &*wtf8::to_utf8(&wtf8),
        String::from_utf16_lossy(&units).as_bytes()
    );

    // Bytes that are nobody's text make no trouble either.
    assert!(std::str::from_utf8(&wtf8::to_utf8(bytes)).is_ok());
    let _ = wtf8::to_utf16(bytes);
    if let Some(decoded) = percent::decode(bytes) {
        assert!(decoded.len() <= bytes.len());
    }

    let mut encoded = String::new();
    let well_formed = std::str::from_utf8(&wtf8).is_ok();
    assert_eq!(percent::encode(&wtf8, &mut encoded).is_ok(), well_formed);
    if well_formed {
        assert_eq!(percent::decode(encoded.as_bytes()), Some(wtf8));
    }

    dates(time, bytes);
}

fn dates(time: u64, bytes: &[u8]) {
    let number = f64::from_bits(time);
    let mut written = String::new();
    let is_date = number.abs() <= 8.64e15;
    assert_eq!(http_date::write_utc(number, &mut written), is_date);

    let text = String::from_utf8_lossy(bytes);
    if let Some(time) = http_date::parse_iso(&text) {
        assert!(time.abs() <= 8_640_000_000_000_000);
        assert!(text.ends_with('Z') && text.is_ascii());
        // The other writer of dates has to agree on all that both of them show.
        #[expect(clippy::cast_precision_loss, reason = "below 2^53")]
        let number = time as f64;
        let mut written = String::new();
        assert!(http_date::write_utc(number, &mut written));
        let clock = text.get(text.len() - 13..text.len() - 5);
        assert_eq!(clock, written.get(written.len() - 12..written.len() - 4));
    }
}
