//! How fast snapshots are written and read:
//!
//! `cargo test --release --no-default-features --test snapshot_speed -- --ignored --nocapture`
//!
//! `SNAPSHOT_SESSIONS` says how many sessions there are; without it, a million.

#[cfg(test)]
mod speed {
    use std::{env, fs, hint::black_box, process, time::Instant};

    use express_session_native::engine::{
        store::snapshot::{self, ReadError, Record, Snapshot, WriteError},
        time::UnixMillis,
    };

    fn report(what: &str, bytes: u64, since: Instant) {
        let seconds = since.elapsed().as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "a figure to look at")]
        let megabytes = bytes as f64 / 1e6;
        println!("{what}: {seconds:.3} s, {:.0} MB/s", megabytes / seconds);
    }

    #[test]
    #[ignore = "measures, and proves nothing"]
    fn snapshots_of_many_sessions() {
        let sessions: u64 = env::var("SNAPSHOT_SESSIONS").map_or(1_000_000, |n| n.parse().unwrap());
        let path = env::temp_dir().join(format!("session-snapshot-speed-{}", process::id()));
        let text = vec![b'x'; 350];

        let since = Instant::now();
        let written = snapshot::write(&path, UnixMillis(0), |sink| {
            (0..sessions).try_for_each(|sequence| {
                let id = format!("{sequence:032}");
                sink.push(Record {
                    id: id.as_bytes(),
                    text: &text,
                    flags: 1,
                    expires: Some(UnixMillis(1)),
                    sequence,
                })
            })
        });
        let bytes = written
            .map_err(|error: WriteError| error)
            .map(|summary| summary.bytes)
            .unwrap();
        println!("{sessions} sessions of 350 B: {bytes} bytes");
        report("write and sync", bytes, since);

        let since = Instant::now();
        let snapshot = Snapshot::open(&path).unwrap().unwrap();
        report("check", bytes, since);

        let since = Instant::now();
        snapshot
            .load(|record| {
                black_box(record);
                Ok::<(), ReadError>(())
            })
            .unwrap();
        report("load", bytes, since);
        fs::remove_file(&path).unwrap();
    }
}
