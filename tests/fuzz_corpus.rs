//! Replays the inputs that fuzzing found interesting (`fuzz/corpus`), so that what was found once is
//! looked at in every run of the tests, without a fuzzer.

#[path = "../fuzz/src/lib.rs"]
mod checks;

use std::{fs, io, path::Path};

#[test]
fn every_input_of_the_corpus_holds() -> io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    for (name, check) in checks::CHECKS {
        let mut replayed = 0;
        for entry in fs::read_dir(corpus.join(name))? {
            let path = entry?.path();
            // A failure's panic does not say which input it was; this is shown with it.
            println!("{}", path.display());
            check(&fs::read(&path)?);
            replayed += 1;
        }
        assert!(replayed >= 3, "{replayed} inputs for {name}");
    }
    Ok(())
}

#[test]
fn every_check_has_a_corpus_and_every_corpus_a_check() -> io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let mut folders = Vec::new();
    for entry in fs::read_dir(corpus)? {
        folders.push(entry?.file_name().to_string_lossy().into_owned());
    }
    folders.sort();
    assert_eq!(folders, checks::CHECKS.map(|(name, _)| name));
    Ok(())
}

#[test]
fn small_inputs_of_every_kind_hold() {
    for (_, check) in checks::CHECKS {
        check(&[]);
        for byte in 0..=u8::MAX {
            for length in [1, 2, 7, 40, 300] {
                check(&vec![byte; length]);
            }
        }
    }
}
