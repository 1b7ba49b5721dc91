use express_session_native::engine::{
    cookies::{date::write_iso, percent},
    time::UnixMillis,
    wtf8,
};

use super::{
    input::Input,
    iso_date::{self, MAX_TIME},
};

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

    // Bytes that are no text cause no trouble either.
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

    dates(f64::from_bits(time));
}

fn dates(number: f64) {
    let Some(time) = UnixMillis::from_js(number) else {
        assert!(number.is_nan());
        return;
    };
    let is_date = (-MAX_TIME..=MAX_TIME).contains(&time.0);
    let mut written = String::from("at ");
    assert_eq!(write_iso(time, &mut written), is_date);
    let date = written.strip_prefix("at ").unwrap_or_default();
    assert_eq!(iso_date::read(date), is_date.then_some(time.0), "{date}");
    assert_eq!(date.is_empty(), !is_date, "{date}");
    if is_date {
        // Rounded down to a whole number, which a double holds.
        let fraction = number - time.to_js();
        assert!((0.0..=1.0).contains(&fraction), "{number} as {time:?}");
    }
}
