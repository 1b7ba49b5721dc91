use express_session_native::engine::{
    store::{
        Kept, MemoryStore, SessionStore as _,
        snapshot::{Record, parse},
    },
    time::UnixMillis,
};

use super::input::Input;

/// No bytes are too odd to be read as a snapshot; what was written is read back, and not if a single
/// byte of it is another. What is read is put into a store, which then gives it back.
pub fn snapshot(data: &[u8]) {
    let mut input = Input::new(data);
    if input.flag() {
        let bytes = input.rest();
        let mut records = 0_u64;
        if let Ok(summary) = parse(bytes, |_| records += 1) {
            assert_eq!(summary.records, records);
            assert_eq!(summary.bytes, bytes.len() as u64);
        } else {
            assert_eq!(records, 0, "something was handed out of a damaged snapshot");
        }
        return;
    }

    let (place, change) = (input.number(), input.byte());
    let sessions = sessions(&mut input);
    let mut bytes = written(&sessions);
    let mut read = Vec::new();
    let summary = parse(&bytes, |record| read.push(Session::from(record)));
    assert_eq!(
        summary.map(|summary| summary.records).ok(),
        Some(sessions.len() as u64)
    );
    assert_eq!(read, sessions);
    restored(&sessions);

    let cut = usize::try_from(place % bytes.len() as u64).unwrap_or_default();
    let mut handed_out = 0;
    let shorter = bytes.get(..cut).unwrap_or_default();
    assert!(parse(shorter, |_| handed_out += 1).is_err());
    if change != 0 {
        if let Some(byte) = bytes.get_mut(cut) {
            *byte ^= change;
        }
        assert!(parse(&bytes, |_| handed_out += 1).is_err());
    }
    assert_eq!(handed_out, 0);
}

#[derive(Debug, PartialEq, Eq)]
struct Session {
    id: Vec<u8>,
    text: Vec<u8>,
    flags: u8,
    expires: Option<i64>,
    sequence: u64,
}

impl From<Record<'_>> for Session {
    fn from(record: Record<'_>) -> Self {
        Self {
            id: record.id.to_vec(),
            text: record.text.to_vec(),
            flags: record.flags,
            expires: record.expires.map(|time| time.0),
            sequence: record.sequence,
        }
    }
}

fn sessions(input: &mut Input<'_>) -> Vec<Session> {
    let mut sessions = Vec::new();
    while !input.is_empty() {
        let session = Session {
            flags: input.byte(),
            expires: input.optional(|input| i64::from_be_bytes(input.number().to_be_bytes())),
            sequence: input.number() >> 8,
            id: input.bytes().to_vec(),
            text: input.bytes().to_vec(),
        };
        sessions.push(session);
    }
    sessions
}

/// A second writer of the format, by its description.
fn written(sessions: &[Session]) -> Vec<u8> {
    let mut file = Pieces::default();
    file.piece(&[&b"\x89ESN\r\n\x1a\n"[..], &1_u32.to_le_bytes()].concat());
    file.piece(&1_700_000_000_000_i64.to_le_bytes());
    // Blocks of two records, to have several of them.
    for pair in sessions.chunks(2) {
        let block: Vec<u8> = pair.iter().flat_map(record).collect();
        file.piece(&length(&block));
        file.piece(&block);
    }
    file.piece(&[0; 4]);
    file.piece(&(sessions.len() as u64).to_le_bytes());
    file.bytes
}

fn record(session: &Session) -> Vec<u8> {
    let expires = session.expires.map(i64::to_le_bytes);
    [
        &[session.flags, u8::from(expires.is_some())][..],
        &length(&session.id),
        &length(&session.text),
        &session.sequence.to_le_bytes(),
        expires.as_ref().map_or(&[], |bytes| &bytes[..]),
        &session.id,
        &session.text,
    ]
    .concat()
}

fn length(bytes: &[u8]) -> [u8; 4] {
    u32::try_from(bytes.len()).unwrap_or_default().to_le_bytes()
}

#[derive(Default)]
struct Pieces {
    bytes: Vec<u8>,
    /// The remainder of all pieces so far, inverted.
    checksum: u32,
}

impl Pieces {
    /// CRC-32 as in zip and png, a bit at a time.
    fn piece(&mut self, piece: &[u8]) {
        let mut remainder = !self.checksum;
        for byte in piece {
            remainder ^= u32::from(*byte);
            for _ in 0..8 {
                let low = remainder & 1;
                remainder = remainder >> 1 ^ (0xEDB8_8320 * low);
            }
        }
        self.checksum = !remainder;
        self.bytes.extend_from_slice(piece);
        self.bytes.extend_from_slice(&self.checksum.to_le_bytes());
    }
}

fn restored(sessions: &[Session]) {
    let store = MemoryStore::default();
    let now = UnixMillis(0);
    for session in sessions {
        let Ok(text) = std::str::from_utf8(&session.text) else {
            continue;
        };
        let was_there = store.has(&session.id, now);
        let kept = Kept {
            id: &session.id,
            text,
            flags: session.flags,
            expires: session.expires.map(UnixMillis),
            sequence: session.sequence,
        };
        let is_live = session.expires.is_none_or(|expires| expires > 0);
        assert_eq!(store.restore(kept, now), is_live && !was_there);
        if is_live && !was_there {
            let found = store.get(&session.id, now).ok().flatten();
            assert_eq!(found.as_deref(), Some(text));
            // Whatever the text is, it can be touched or cannot.
            assert!(store.touch(&session.id, "{}", now).is_ok());
            assert!(store.get(&session.id, now).is_ok());
        }
    }
}
