//! Nothing but a whole snapshot is read.

use std::sync::LazyLock;

use super::*;

/// What the error is about, without where it was found.
fn refusal(bytes: &[u8]) -> String {
    match parsed(bytes) {
        Ok(records) => panic!("read {} records of {bytes:?}", records.len()),
        Err(ReadError::NotASnapshot) => "other".to_owned(),
        Err(ReadError::UnsupportedVersion { .. }) => "version".to_owned(),
        Err(ReadError::Corrupt { offset, damage }) => {
            assert!(offset <= bytes.len() as u64);
            format!("{damage:?}")
        }
        Err(error) => panic!("{error}"),
    }
}

/// A file made of pieces with right checksums, however wrong the pieces are.
fn sealed(pieces: &[&[u8]]) -> Vec<u8> {
    let mut checksum = format::Checksum::default();
    let mut file = Vec::new();
    for piece in pieces {
        file.extend_from_slice(piece);
        file.extend_from_slice(&checksum.add(piece).to_le_bytes());
    }
    file
}

const HEADER: &[u8] = &[0; 8];
const END: &[u8] = &[0; 4];

/// A snapshot that has this as its one block.
fn with_block(block: &[u8], records: u64) -> Vec<u8> {
    let length = u32::try_from(block.len()).unwrap().to_le_bytes();
    let preamble = format::preamble(format::VERSION);
    sealed(&[
        &preamble,
        HEADER,
        &length,
        block,
        END,
        &records.to_le_bytes(),
    ])
}

fn one_record() -> Vec<u8> {
    let mut block = Vec::new();
    format::encode(some()[2].record(), &mut block).unwrap();
    block
}

#[test]
fn a_file_that_ends_early_is_refused_wherever_it_ends() {
    let bytes = bytes_of(&some());
    for length in 0..bytes.len() {
        assert_eq!(refusal(&bytes[..length]), "Truncated", "at {length}");
    }
}

#[test]
fn a_byte_that_changed_is_noticed_wherever_it_is_and_whatever_it_became() {
    let mut bytes = bytes_of(&some());
    for place in 0..bytes.len() {
        let right = bytes[place];
        for difference in 1..=u8::MAX {
            bytes[place] = right ^ difference;
            let expected = if place < format::MAGIC.len() {
                "other"
            } else {
                "Checksum"
            };
            assert_eq!(refusal(&bytes), expected, "{difference} at {place}");
        }
        bytes[place] = right;
    }
    assert!(parsed(&bytes).is_ok());
}

#[test]
fn files_on_the_disk_are_refused_as_bytes_are() {
    let folder = Folder::new();
    let path = folder.snapshot();
    let bytes = bytes_of(&some());
    for place in 0..bytes.len() {
        fs::write(&path, &bytes[..place]).unwrap();
        assert!(matches!(
            Snapshot::open(&path),
            Err(ReadError::Corrupt {
                damage: Damage::Truncated,
                ..
            })
        ));
        let mut flipped = bytes.clone();
        flipped[place] ^= 1 << (place % 8);
        fs::write(&path, &flipped).unwrap();
        assert!(matches!(
            Snapshot::open(&path),
            Err(ReadError::Corrupt {
                damage: Damage::Checksum,
                ..
            } | ReadError::NotASnapshot)
        ));
    }
}

#[test]
fn blocks_that_are_lost_doubled_swapped_or_of_another_file_are_noticed() {
    let block = one_record();
    let length = u32::try_from(block.len()).unwrap().to_le_bytes();
    let other = block.iter().map(|byte| byte ^ 1).collect::<Vec<u8>>();
    let preamble = format::preamble(format::VERSION);
    let count = 2_u64.to_le_bytes();
    let bytes = sealed(&[
        &preamble, HEADER, &length, &block, &length, &block, END, &count,
    ]);
    assert_eq!(parsed(&bytes).unwrap().len(), 2);

    let start = preamble.len() + 4 + HEADER.len() + 4;
    let step = length.len() + 4 + block.len() + 4;
    let (first, second) = (start..start + step, start + step..start + 2 * step);
    let (head, tail) = (&bytes[..start], &bytes[second.end..]);
    let (first, second) = (&bytes[first], &bytes[second]);
    let foreign = sealed(&[
        &preamble, &[1; 8], &length, &other, &length, &block, END, &count,
    ]);
    for damaged in [
        [head, first, tail].concat(),
        [head, second, tail].concat(),
        [head, first, first, tail].concat(),
        [head, first, second, second, tail].concat(),
        [head, second, first, tail].concat(),
        [head, first, &foreign[start + step..]].concat(),
        [head, &foreign[start..start + step], second, tail].concat(),
    ] {
        assert_eq!(refusal(&damaged), "Checksum");
    }
}

#[test]
fn other_files_are_called_other_files() {
    assert_eq!(refusal(b"{\"sessions\":{}}"), "other");
    assert_eq!(refusal(b"\x89PNG\r\n\x1a\n and so on"), "other");
    assert_eq!(refusal(b"\x7f"), "other");
    assert_eq!(refusal(&[0; 5_000]), "other");
}

#[test]
fn a_file_that_went_through_a_transfer_as_text_is_refused() {
    let bytes = bytes_of(&some());
    let text = String::from_utf8_lossy(&bytes);
    assert_eq!(refusal(text.as_bytes()), "other");
    assert_eq!(refusal(text.replace("\r\n", "\n").as_bytes()), "other");
}

#[test]
fn other_versions_are_called_by_their_number() {
    for version in [0, 2, u32::MAX] {
        // What follows may be anything.
        let bytes = [sealed(&[&format::preamble(version)]), b"anything".to_vec()].concat();
        match parsed(&bytes) {
            Err(ReadError::UnsupportedVersion { found, known }) => {
                assert_eq!((found, known), (version, format::VERSION));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn what_follows_the_end_is_noticed() {
    let mut bytes = bytes_of(&some());
    bytes.push(0);
    assert_eq!(refusal(&bytes), "Trailing");
    let whole = bytes_of(&some());
    assert_eq!(refusal(&[&whole[..], &whole[..]].concat()), "Trailing");
}

#[test]
fn lengths_beyond_the_file_are_refused_before_anything_is_allocated() {
    let preamble = format::preamble(format::VERSION);
    for length in [1_u32, 2_000, u32::MAX] {
        let bytes = sealed(&[&preamble, HEADER, &length.to_le_bytes()]);
        assert_eq!(refusal(&bytes), "Truncated");
    }
    // And inside a block, which has a right checksum.
    for place in [2..6, 6..10] {
        for length in [100_u32, u32::MAX] {
            let mut block = one_record();
            block[place.clone()].copy_from_slice(&length.to_le_bytes());
            assert_eq!(refusal(&with_block(&block, 1)), "Record");
        }
    }
}

#[test]
fn blocks_that_are_not_whole_records_are_refused() {
    let record = one_record();
    assert_eq!(
        parsed(&with_block(&record, 1)).unwrap(),
        [some()[2].clone()]
    );
    for length in 1..record.len() {
        assert_eq!(refusal(&with_block(&record[..length], 1)), "Record");
        let and_a_part = [&record[..], &record[..length]].concat();
        assert_eq!(refusal(&with_block(&and_a_part, 1)), "Record");
    }
    let mut unknown = record;
    unknown[1] = 2;
    assert_eq!(refusal(&with_block(&unknown, 1)), "Record");
}

#[test]
fn a_wrong_number_of_records_is_noticed() {
    for count in [0, 2, u64::MAX] {
        assert_eq!(refusal(&with_block(&one_record(), count)), "Count");
    }
}

#[test]
fn nothing_is_handed_out_of_a_damaged_snapshot() {
    let records: Vec<Owned> = some().into_iter().cycle().take(40_000).collect();
    let mut bytes = bytes_of(&records);
    assert!(bytes.len() > 3 * format::BLOCK, "the damage is far behind");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    let mut handed_out = 0;
    assert!(parse(&bytes, |_| handed_out += 1).is_err());
    assert_eq!(handed_out, 0);
}

#[test]
fn a_file_that_changes_after_it_was_found_intact_is_noticed() {
    let folder = Folder::new();
    let path = folder.snapshot();
    save(&path, &some());
    let before = fs::read(&path).unwrap();
    let after = [
        before[..before.len() - 1].to_vec(),
        Vec::new(),
        with_block(&one_record(), 1),
    ];
    for after in after {
        fs::write(&path, &before).unwrap();
        let snapshot = Snapshot::open(&path).unwrap().unwrap();
        fs::write(&path, after).unwrap();
        let loaded = snapshot.load(|_| Ok::<(), ReadError>(()));
        assert!(matches!(loaded, Err(ReadError::Corrupt { .. })));
    }
}

#[test]
fn a_snapshot_that_is_replaced_after_it_was_found_intact_is_still_read() {
    let folder = Folder::new();
    let path = folder.snapshot();
    save(&path, &some());
    let snapshot = Snapshot::open(&path).unwrap().unwrap();
    save(&path, &[]);
    let mut records: Vec<Owned> = Vec::new();
    let loaded = snapshot.load(|record| {
        records.push(record.into());
        Ok::<(), ReadError>(())
    });
    assert_eq!(loaded.unwrap().records, 3);
    assert_eq!(records, some());
}

#[test]
fn errors_say_what_to_look_for() {
    let mut bytes = bytes_of(&some());
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    assert_eq!(
        parsed(&bytes).unwrap_err().to_string(),
        format!(
            "the snapshot is damaged at byte {}: a checksum does not match",
            bytes.len() - 12
        )
    );
}

/// Whole records, but for one byte.
fn any_block_with_a_change() -> impl Strategy<Value = Vec<u8>> {
    let records = prop::collection::vec(any_record(), 1..4);
    (records, any::<prop::sample::Index>(), any::<u8>()).prop_map(|(records, place, byte)| {
        let mut block = Vec::new();
        for record in &records {
            format::encode(record.record(), &mut block).unwrap();
        }
        let place = place.index(block.len());
        block[place] = byte;
        block
    })
}

proptest! {
    #[test]
    fn no_bytes_are_read_as_a_snapshot_by_chance(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        prop_assert!(parsed(&bytes).is_err());
    }

    #[test]
    fn no_block_makes_the_reader_panic_and_what_it_reads_can_be_written(
        block in prop_oneof![
            prop::collection::vec(any::<u8>(), 1..300),
            any_block_with_a_change(),
        ],
        count in 0..4_u64,
    ) {
        if let Ok(records) = parsed(&with_block(&block, count)) {
            prop_assert_eq!(records.len() as u64, count);
            prop_assert_eq!(parsed(&bytes_of(&records)).unwrap(), records);
        }
    }

    #[test]
    fn several_changes_at_once_are_noticed(
        changes in prop::collection::vec((any::<prop::sample::Index>(), 1..=u8::MAX), 1..8),
    ) {
        static RIGHT: LazyLock<Vec<u8>> = LazyLock::new(|| bytes_of(&some()));
        let right = &*RIGHT;
        let mut bytes = right.clone();
        for (place, difference) in changes {
            bytes[place.index(right.len())] ^= difference;
        }
        prop_assume!(bytes != *right);
        prop_assert!(parsed(&bytes).is_err());
    }
}
