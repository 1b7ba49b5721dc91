//! The thread that frees expired sessions sleeps for up to a minute if nothing is due sooner. This is in
//! a process of its own, so that no other test's store wakes it.

use std::{
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use express_session_native::engine::{
    store::memory::{MemoryStore, Options, Save, Session},
    time::UnixMillis,
};

const HOUR: i64 = 3_600_000;

fn system() -> UnixMillis {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    UnixMillis(i64::try_from(now.as_millis()).unwrap_or_default())
}

fn save(store: &MemoryStore, id: &[u8], later: i64) {
    let now = system();
    let session = Session {
        text: "text",
        cookie: None,
        expires: Some(now.plus(later)),
    };
    let saved = store.save(id, &session, Save::default(), now);
    assert_eq!(saved, Ok(true));
}

#[test]
fn the_thread_wakes_for_a_session_that_expires_sooner_than_all_others() {
    const DEADLINE: Duration = Duration::from_secs(20);

    let store = MemoryStore::new(Options::default(), Some(system));
    for (round, soon) in [(1, 500), (2, -1), (3, 2000)] {
        save(&store, b"far", HOUR);
        // Enough for the thread to have gone to sleep.
        thread::sleep(Duration::from_millis(300));
        save(&store, b"soon", soon);
        let start = Instant::now();
        while store.stats().expirations < round {
            assert!(start.elapsed() < DEADLINE, "it was not freed: {round}");
            thread::sleep(Duration::from_millis(10));
            store.note_time(system());
        }
    }
}
