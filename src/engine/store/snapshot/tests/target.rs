//! What happens around the file: its place, its rights, and what is left when writing fails.

use std::{
    fs::OpenOptions,
    io::ErrorKind,
    sync::{Arc, Barrier},
    thread,
};

use super::*;

fn leftover(folder: &Folder) -> PathBuf {
    folder
        .0
        .join("sessions.bin.123456-0123456789abcdef.unfinished")
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    std::os::unix::fs::PermissionsExt::mode(&path.metadata().unwrap().permissions()) & 0o7777
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_it_while_it_is_written_and_after() {
    let folder = Folder::new();
    write(&folder.snapshot(), CREATED, |_| {
        let names = folder.names();
        assert_eq!(names.len(), 1);
        assert_eq!(mode(&folder.0.join(&names[0])), 0o600);
        Ok::<(), WriteError>(())
    })
    .unwrap();
    assert_eq!(mode(&folder.snapshot()), 0o600);
}

#[cfg(unix)]
#[test]
fn a_snapshot_that_others_could_read_is_replaced_by_one_that_they_cannot() {
    let folder = Folder::new();
    let path = folder.snapshot();
    save(&path, &some());
    let rights = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    fs::set_permissions(&path, rights).unwrap();
    save(&path, &some());
    assert_eq!(mode(&path), 0o600);
}

#[test]
fn the_earlier_snapshot_stays_until_the_next_is_whole() {
    let folder = Folder::new();
    let path = folder.snapshot();
    save(&path, &some());
    write(&path, CREATED, |_| {
        assert_eq!(load(&path), some());
        Ok::<(), WriteError>(())
    })
    .unwrap();
    assert_eq!(load(&path), []);
    assert_eq!(folder.names(), ["sessions.bin"]);
}

#[test]
fn the_earlier_snapshot_stays_and_nothing_else_if_whoever_fills_fails() {
    let folder = Folder::new();
    let path = folder.snapshot();
    save(&path, &some());
    let failed = write(&path, CREATED, |sink| {
        sink.push(some()[0].record())?;
        Err(WriteError::Io(ErrorKind::Interrupted.into()))
    });
    assert!(matches!(failed, Err(WriteError::Io(error)) if error.kind() == ErrorKind::Interrupted));
    assert_eq!(load(&path), some());
    assert_eq!(folder.names(), ["sessions.bin"]);
}

#[test]
fn the_earlier_snapshot_stays_and_nothing_else_if_whoever_fills_panics() {
    let folder = Folder::new();
    let path = folder.snapshot();
    save(&path, &some());
    let panicking = path.clone();
    let panicked = thread::spawn(move || {
        write(&panicking, CREATED, |_| -> Result<(), WriteError> {
            std::panic::resume_unwind(Box::new(()))
        })
    });
    assert!(panicked.join().is_err());
    assert_eq!(load(&path), some());
    assert_eq!(folder.names(), ["sessions.bin"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_write_that_failed_is_not_forgotten_though_whoever_fills_ignores_it() {
    // On a full disk the first block fails, and perhaps no later one.
    let mut full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut pieces = writer::Pieces::new(&mut full);
    assert!(pieces.write(b"a piece").is_err());
    let second = pieces.write(b"another").unwrap_err();
    assert_eq!(second.to_string(), "an earlier write failed");
}

#[test]
fn a_folder_that_is_not_there_is_an_error() {
    let folder = Folder::new();
    let path = folder.0.join("missing").join("sessions.bin");
    let failed = write(&path, CREATED, |_| Ok::<(), WriteError>(()));
    assert!(matches!(failed, Err(WriteError::Io(error)) if error.kind() == ErrorKind::NotFound));
    assert!(remove_leftovers(&path).is_err());
}

#[test]
fn a_path_that_names_no_file_is_an_error() {
    let failed = write(Path::new("/"), CREATED, |_| Ok::<(), WriteError>(()));
    assert!(failed.is_err());
    assert!(set_aside(Path::new("..")).is_err());
    assert!(remove_leftovers(Path::new("")).is_err());
}

#[test]
fn a_folder_in_its_place_is_neither_read_nor_replaced() {
    let folder = Folder::new();
    fs::create_dir(folder.snapshot()).unwrap();
    assert!(matches!(
        Snapshot::open(&folder.snapshot()),
        Err(ReadError::NotAFile)
    ));
    let failed = write(&folder.snapshot(), CREATED, |_| -> Result<(), WriteError> {
        panic!("nothing is written that cannot be put there");
    });
    assert!(matches!(failed, Err(WriteError::NotAFile)));
    assert_eq!(folder.names(), ["sessions.bin"]);
}

#[cfg(unix)]
#[test]
fn a_symbolic_link_in_its_place_is_neither_followed_nor_replaced() {
    let folder = Folder::new();
    let elsewhere = folder.0.join("elsewhere.bin");
    save(&elsewhere, &some());
    for target in [elsewhere.clone(), folder.0.join("nowhere")] {
        let link = folder.0.join("link.bin");
        std::os::unix::fs::symlink(&target, &link).unwrap();
        assert!(matches!(Snapshot::open(&link), Err(ReadError::NotAFile)));
        let failed = write(&link, CREATED, |_| Ok::<(), WriteError>(()));
        assert!(matches!(failed, Err(WriteError::NotAFile)));
        assert_eq!(fs::read_link(&link).unwrap(), target);
        fs::remove_file(&link).unwrap();
    }
    assert_eq!(load(&elsewhere), some());
    assert_eq!(folder.names(), ["elsewhere.bin"]);
}

#[cfg(unix)]
#[test]
fn folders_on_the_way_may_be_symbolic_links() {
    let folder = Folder::new();
    fs::create_dir(folder.0.join("real")).unwrap();
    std::os::unix::fs::symlink("real", folder.0.join("link")).unwrap();
    save(&folder.0.join("link/sessions.bin"), &some());
    assert_eq!(load(&folder.0.join("real/sessions.bin")), some());
}

#[test]
fn leftovers_of_the_dead_are_removed_and_nothing_else() {
    let folder = Folder::new();
    save(&folder.snapshot(), &some());
    let others = [
        "other.bin.1-0123456789abcdef.unfinished",
        "sessions.bin",
        "sessions.bin.1-0123456789abcde.unfinished",
        "sessions.bin.1-0123456789abcdef.unfinished.txt",
        "sessions.bin.damaged-1",
        "sessions.bin.unfinished",
        "sessions.bin.x-0123456789abcdef.unfinished",
        "sessions.binx.1-0123456789abcdef.unfinished",
    ];
    for name in others.iter().filter(|name| **name != "sessions.bin") {
        fs::write(folder.0.join(name), "").unwrap();
    }
    fs::write(leftover(&folder), "cut off").unwrap();
    assert_eq!(remove_leftovers(&folder.snapshot()).unwrap(), 1);
    assert_eq!(folder.names(), others);
    assert_eq!(remove_leftovers(&folder.snapshot()).unwrap(), 0);
}

#[test]
fn a_file_that_is_being_written_is_no_leftover() {
    let folder = Folder::new();
    write(&folder.snapshot(), CREATED, |_| {
        assert_eq!(remove_leftovers(&folder.snapshot()).unwrap(), 0);
        Ok::<(), WriteError>(())
    })
    .unwrap();
    assert_eq!(folder.names(), ["sessions.bin"]);
}

#[cfg(unix)]
#[test]
fn a_link_or_folder_with_the_name_of_a_leftover_is_left_alone() {
    let folder = Folder::new();
    fs::write(folder.0.join("precious"), "").unwrap();
    std::os::unix::fs::symlink("precious", leftover(&folder)).unwrap();
    assert_eq!(remove_leftovers(&folder.snapshot()).unwrap(), 0);
    fs::remove_file(leftover(&folder)).unwrap();
    fs::create_dir(leftover(&folder)).unwrap();
    assert_eq!(remove_leftovers(&folder.snapshot()).unwrap(), 0);
}

#[test]
fn a_damaged_file_is_set_aside_under_the_first_free_number() {
    let folder = Folder::new();
    for (number, content) in ["one", "two", "three"].iter().enumerate() {
        fs::write(folder.snapshot(), content).unwrap();
        let aside = set_aside(&folder.snapshot()).unwrap();
        let expected = format!("sessions.bin.damaged-{}", number + 1);
        assert_eq!(aside, folder.0.join(expected));
        assert_eq!(fs::read_to_string(aside).unwrap(), *content);
    }
    assert_eq!(folder.names().len(), 3);
}

#[test]
fn nothing_is_left_of_setting_aside_what_is_not_there() {
    let folder = Folder::new();
    assert!(set_aside(&folder.snapshot()).is_err());
    assert!(folder.names().is_empty());
}

#[test]
fn several_who_write_at_once_leave_one_whole_snapshot() {
    const WRITERS: usize = 4;
    let folder = Arc::new(Folder::new());
    let start = Arc::new(Barrier::new(WRITERS));
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let (folder, start) = (Arc::clone(&folder), Arc::clone(&start));
            thread::spawn(move || {
                let records: Vec<Owned> = (0..200)
                    .map(|_| Owned {
                        sequence: writer as u64,
                        ..some()[0].clone()
                    })
                    .collect();
                start.wait();
                for _ in 0..10 {
                    remove_leftovers(&folder.snapshot()).unwrap();
                    save(&folder.snapshot(), &records);
                    let read = load(&folder.snapshot());
                    assert_eq!(read.len(), 200);
                    assert!(read.iter().all(|one| one.sequence == read[0].sequence));
                }
            })
        })
        .collect();
    for writer in writers {
        writer.join().unwrap();
    }
    assert_eq!(folder.names(), ["sessions.bin"]);
}
