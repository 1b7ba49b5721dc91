mod damage;
mod target;

use std::{
    env, fs,
    hash::{BuildHasher as _, RandomState},
    path::{Path, PathBuf},
};

use proptest::prelude::*;

use super::*;

/// A folder of its own for a test, gone when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let drawn = RandomState::new().hash_one("folder");
        let path = env::temp_dir().join(format!("session-snapshot-{drawn:016x}"));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn snapshot(&self) -> PathBuf {
        self.0.join("sessions.bin")
    }

    /// What is in the folder, in order.
    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self
            .0
            .read_dir()
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A record with bytes of its own.
#[derive(Clone, Debug, PartialEq)]
struct Owned {
    id: Vec<u8>,
    text: Vec<u8>,
    flags: u8,
    expires: Option<i64>,
    sequence: u64,
}

impl Owned {
    fn record(&self) -> Record<'_> {
        Record {
            id: &self.id,
            text: &self.text,
            flags: self.flags,
            expires: self.expires.map(UnixMillis),
            sequence: self.sequence,
        }
    }
}

impl From<Record<'_>> for Owned {
    fn from(record: Record<'_>) -> Self {
        Self {
            id: record.id.to_vec(),
            text: record.text.to_vec(),
            flags: record.flags,
            expires: record.expires.map(|UnixMillis(at)| at),
            sequence: record.sequence,
        }
    }
}

const CREATED: UnixMillis = UnixMillis(1_700_000_000_123);

fn some() -> Vec<Owned> {
    vec![
        Owned {
            id: b"first".to_vec(),
            text: br#"{"cookie":{}}"#.to_vec(),
            flags: 0,
            expires: None,
            sequence: 1,
        },
        Owned {
            id: Vec::new(),
            text: Vec::new(),
            flags: 255,
            expires: Some(i64::MIN),
            sequence: u64::MAX,
        },
        Owned {
            id: vec![0, 0xff, 0xed, 0xa0, 0x80],
            text: b"\xed\xa0\x80 a lone surrogate".to_vec(),
            flags: 3,
            expires: Some(1_800_000_000_000),
            sequence: 0,
        },
    ]
}

fn save(path: &Path, records: &[Owned]) -> Summary {
    write(path, CREATED, |sink| {
        records
            .iter()
            .try_for_each(|record| sink.push(record.record()))
    })
    .unwrap()
}

fn load(path: &Path) -> Vec<Owned> {
    let mut records = Vec::new();
    let snapshot = Snapshot::open(path).unwrap().unwrap();
    snapshot
        .load(|record| {
            records.push(record.into());
            Ok::<(), ReadError>(())
        })
        .unwrap();
    records
}

/// The bytes of a snapshot file with these records.
fn bytes_of(records: &[Owned]) -> Vec<u8> {
    let folder = Folder::new();
    save(&folder.snapshot(), records);
    fs::read(folder.snapshot()).unwrap()
}

fn parsed(bytes: &[u8]) -> Result<Vec<Owned>, ReadError> {
    let mut records = Vec::new();
    parse(bytes, |record| records.push(record.into()))?;
    Ok(records)
}

fn any_record() -> impl Strategy<Value = Owned> {
    (
        prop::collection::vec(any::<u8>(), 0..40),
        prop::collection::vec(any::<u8>(), 0..600),
        any::<u8>(),
        any::<Option<i64>>(),
        any::<u64>(),
    )
        .prop_map(|(id, text, flags, expires, sequence)| Owned {
            id,
            text,
            flags,
            expires,
            sequence,
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_written_is_what_is_read(
        records in prop::collection::vec(any_record(), 0..50),
        created: i64,
    ) {
        let folder = Folder::new();
        let path = folder.snapshot();
        let written = write(&path, UnixMillis(created), |sink| {
            records.iter().try_for_each(|record| sink.push(record.record()))
        });
        let written: Summary = written.map_err(|error: WriteError| error).unwrap();
        let read = Snapshot::open(&path).unwrap().unwrap().summary();
        prop_assert_eq!(read, written);
        prop_assert_eq!(read.created, UnixMillis(created));
        prop_assert_eq!(read.records, records.len() as u64);
        prop_assert_eq!(read.bytes, fs::metadata(&path).unwrap().len());
        prop_assert_eq!(load(&path), records);
    }
}

#[test]
fn a_snapshot_without_sessions_is_a_snapshot() {
    let folder = Folder::new();
    assert_eq!(save(&folder.snapshot(), &[]).records, 0);
    assert_eq!(load(&folder.snapshot()), []);
}

#[test]
fn no_file_is_no_snapshot_and_no_error() {
    let folder = Folder::new();
    assert!(Snapshot::open(&folder.snapshot()).unwrap().is_none());
}

#[test]
fn records_that_fill_many_blocks_keep_their_order() {
    let folder = Folder::new();
    let records: Vec<Owned> = (0..4_000)
        .map(|sequence: u64| Owned {
            id: sequence.to_string().into_bytes(),
            // Some end a block, one is larger than a block, some are larger than several.
            text: vec![
                b'x';
                if sequence.is_multiple_of(997) {
                    1_000_003
                } else {
                    350
                }
            ],
            flags: 1,
            expires: Some(7),
            sequence,
        })
        .collect();
    save(&folder.snapshot(), &records);
    assert!(load(&folder.snapshot()) == records);
}

#[test]
fn the_bytes_of_version_1_stay_as_they_are() {
    let bytes = bytes_of(&[Owned {
        id: b"id".to_vec(),
        text: b"{}".to_vec(),
        flags: 5,
        expires: Some(9),
        sequence: 3,
    }]);
    let without_checksums: Vec<u8> = [
        &b"\x89ESN\r\n\x1a\n\x01\0\0\0"[..],
        &1_700_000_000_123_i64.to_le_bytes(),
        &[30, 0, 0, 0],
        b"\x05\x01\x02\0\0\0\x02\0\0\0\x03\0\0\0\0\0\0\0\x09\0\0\0\0\0\0\0id{}",
        &[0, 0, 0, 0],
        &[1, 0, 0, 0, 0, 0, 0, 0],
    ]
    .concat();
    let mut expected = Vec::new();
    let mut pieces = without_checksums.as_slice();
    let mut before = 0;
    for length in [12, 8, 4, 30, 4, 8] {
        expected.extend_from_slice(pieces.split_off(..length).unwrap());
        before += length;
        let checksum = crc32fast::hash(&without_checksums[..before]);
        expected.extend_from_slice(&checksum.to_le_bytes());
    }
    assert_eq!(bytes, expected);
}

#[test]
fn a_session_too_large_for_a_record_is_left_out_without_harm_to_the_others() {
    let folder = Folder::new();
    // Nothing looks at these bytes, so they take up no memory.
    let text = vec![0; format::LARGEST];
    let summary = write(&folder.snapshot(), CREATED, |sink| {
        for record in some() {
            sink.push(record.record())?;
            let large = Record {
                text: &text,
                ..record.record()
            };
            let refused = sink.push(Record { id: b"x", ..large });
            assert!(matches!(
                refused,
                Err(WriteError::TooLarge { bytes }) if bytes == text.len() as u64 + 1
            ));
        }
        assert_eq!(sink.records(), 3);
        Ok::<(), WriteError>(())
    });
    assert_eq!(summary.unwrap().records, 3);
    assert_eq!(load(&folder.snapshot()), some());
}

#[test]
fn whoever_loads_can_stop_with_an_error_of_its_own() {
    #[derive(Debug)]
    struct Full;
    impl From<ReadError> for Full {
        fn from(error: ReadError) -> Self {
            panic!("{error}");
        }
    }
    let folder = Folder::new();
    save(&folder.snapshot(), &some());
    let snapshot = Snapshot::open(&folder.snapshot()).unwrap().unwrap();
    let mut taken = 0;
    let stopped = snapshot.load(|_| {
        taken += 1;
        if taken == 2 { Err(Full) } else { Ok(()) }
    });
    assert!(matches!(stopped, Err(Full)));
    assert_eq!(taken, 2);
}
