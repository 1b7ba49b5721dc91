use crate::engine::sync::Share;
use std::{env, fs, process, time::Instant};

use super::{
    super::{Options, SessionStore as _, registry},
    *,
};

/// A folder that is gone when the test is over.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = env::temp_dir().join(format!("sessions-saver-{}-{name}", process::id()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn options(&self, interval: Option<Duration>) -> SaverOptions {
        SaverOptions {
            path: self.0.join("sessions"),
            interval,
            sets_aside: false,
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn clock() -> UnixMillis {
    UnixMillis(1000)
}

fn open(options: &SaverOptions) -> Result<Share<registry::Opened>, registry::OpenError> {
    registry::open(
        None,
        Some((Options::default(), Some(options.clone()))),
        clock,
    )
}

fn close(opened: Share<registry::Opened>) {
    let opened = Share::into_inner(opened).unwrap();
    opened
        .saver
        .unwrap()
        .finish(&opened.store, clock())
        .unwrap();
}

#[test]
fn sessions_survive_closing_and_opening() {
    let folder = Folder::new("survive");
    let options = folder.options(Some(Duration::from_hours(1)));
    let opened = open(&options).unwrap();
    for number in 0..1000 {
        let id = format!("{number}");
        opened.store.set(id.as_bytes(), "{}", clock()).unwrap();
    }
    let ids = opened.store.ids(clock());
    close(opened);
    let opened = open(&options).unwrap();
    assert_eq!(opened.store.ids(clock()), ids);
}

#[test]
fn snapshots_are_written_every_so_often() {
    let folder = Folder::new("often");
    let options = folder.options(Some(Duration::from_millis(1)));
    let opened = open(&options).unwrap();
    opened.store.set(b"a", "{}", clock()).unwrap();
    let start = Instant::now();
    // The second one after the session was set has it for certain.
    while opened.saver.as_ref().unwrap().saved().count < 2 {
        assert!(start.elapsed() < Duration::from_mins(1));
        thread::sleep(Duration::from_millis(1));
    }
    let other = MemoryStore::default();
    assert_eq!(options.load(&other, clock()).unwrap(), None);
    assert_eq!(other.ids(clock()), [b"a".to_vec()]);
}

#[test]
fn what_cannot_be_written_is_counted_and_told() {
    let folder = Folder::new("failing");
    let options = SaverOptions {
        path: folder.0.join("absent").join("sessions"),
        interval: Some(Duration::from_millis(1)),
        sets_aside: false,
    };
    let store = Arc::new(MemoryStore::default());
    let saver = Saver::new(options, &store, clock);
    let start = Instant::now();
    while saver.saved().failures == 0 {
        assert!(start.elapsed() < Duration::from_mins(1));
        thread::sleep(Duration::from_millis(1));
    }
    assert!(
        saver
            .saved()
            .error
            .unwrap()
            .starts_with("the snapshot could not be written: ")
    );
    assert!(saver.finish(&store, clock()).is_err());
}

#[test]
fn a_foreign_file_is_refused_or_set_aside_and_stays_what_it_is() {
    let folder = Folder::new("foreign");
    let mut options = folder.options(None);
    fs::write(&options.path, "precious").unwrap();
    let error = open(&options).unwrap_err();
    let text = super::super::with_sources(&error);
    assert!(
        text.ends_with("cannot be loaded: the file is not a snapshot of sessions"),
        "{text}"
    );
    assert_eq!(fs::read(&options.path).unwrap(), b"precious");

    options.sets_aside = true;
    let opened = open(&options).unwrap();
    let aside = opened.set_aside.clone().unwrap();
    assert_eq!(fs::read(aside).unwrap(), b"precious");
    assert!(opened.store.is_empty(clock()).unwrap());
    close(opened);
    assert!(open(&options).unwrap().set_aside.is_none());
}

#[test]
fn a_damaged_snapshot_is_not_half_loaded() {
    let folder = Folder::new("damaged");
    let options = folder.options(None);
    let opened = open(&options).unwrap();
    for number in 0..5000 {
        let text = format!("{{\"x\":\"{}\"}}", "x".repeat(200));
        let id = format!("{number}");
        opened.store.set(id.as_bytes(), &text, clock()).unwrap();
    }
    close(opened);
    let mut bytes = fs::read(&options.path).unwrap();
    let late = bytes.len() - 100;
    bytes[late] ^= 1;
    fs::write(&options.path, bytes).unwrap();
    let store = MemoryStore::default();
    assert!(options.load(&store, clock()).is_err());
    assert!(store.is_empty(clock()).unwrap());
}
