//! A process that writes one snapshot after the other is killed, again and again, at any moment:
//! what it leaves is whole, and is the last one it finished or the one it was at.
//!
//! `SNAPSHOT_KILLS` says how often; without it, 50 times.

#[cfg(test)]
mod kill {
    use std::{
        env, fs,
        hash::{BuildHasher as _, RandomState},
        io::{BufRead as _, BufReader, Lines},
        path::{Path, PathBuf},
        process::{Child, ChildStdout, Command, Stdio},
        thread,
        time::Duration,
    };

    use express_session_native::engine::{
        store::snapshot::{self, ReadError, Record, Snapshot, WriteError},
        time::UnixMillis,
    };

    const KILLS: u32 = 50;

    /// Enough for a handful of snapshots, so that kills come in all their phases.
    const LONGEST_LIFE: u64 = 60_000;

    /// Tells the process that writes from the one that kills it.
    const TARGET: &str = "SNAPSHOT_KILL_TARGET";

    /// What the lines begin with that are not the test runner's.
    const SAYS: &str = "> ";

    /// A folder of its own for a test, gone when dropped.
    struct Folder(PathBuf);

    impl Folder {
        fn new() -> Self {
            let path = env::temp_dir().join(format!("session-snapshot-kill-{:016x}", random()));
            fs::create_dir(&path).unwrap();
            Self(path)
        }

        fn count(&self) -> usize {
            self.0.read_dir().unwrap().count()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    /// The process that writes, ended when dropped.
    struct Writer {
        process: Child,
        lines: Lines<BufReader<ChildStdout>>,
    }

    impl Writer {
        fn start(target: &Path) -> Self {
            let mut process = Command::new(env::current_exe().unwrap())
                .args(["--exact", "kill::writes_until_it_is_killed"])
                .args(["--ignored", "--nocapture"])
                .env(TARGET, target)
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            let lines = BufReader::new(process.stdout.take().unwrap()).lines();
            Self { process, lines }
        }

        /// The next thing that the process says it did, and with which generation; `None` at its
        /// end.
        fn next(&mut self) -> Option<(String, u64)> {
            self.lines.by_ref().find_map(|line| {
                let line = line.unwrap();
                let (did, generation) = line.strip_prefix(SAYS)?.split_once(' ')?;
                Some((did.to_owned(), generation.parse().unwrap()))
            })
        }

        /// SIGKILL, on Unix. Nothing in the process learns of it.
        fn kill(&mut self) {
            self.process.kill().unwrap();
            assert!(!self.process.wait().unwrap().success());
        }
    }

    impl Drop for Writer {
        fn drop(&mut self) {
            let _ = self.process.kill();
            let _ = self.process.wait();
        }
    }

    fn random() -> u64 {
        RandomState::new().hash_one("anything")
    }

    /// Generations differ in length, so that a mix of two is no whole file by luck.
    fn records_of(generation: u64) -> u64 {
        200 + generation * 7_919 % 2_000
    }

    fn text_of(generation: u64, sequence: u64) -> String {
        format!("{generation}:{sequence}:").repeat(30)
    }

    fn write(target: &Path, generation: u64) {
        let written = snapshot::write(target, created(generation), |sink| {
            (0..records_of(generation)).try_for_each(|sequence| {
                sink.push(Record {
                    id: &sequence.to_be_bytes(),
                    text: text_of(generation, sequence).as_bytes(),
                    flags: 0,
                    expires: None,
                    sequence,
                })
            })
        });
        written.map_err(|error: WriteError| error).unwrap();
    }

    /// The generation of the snapshot, each of whose records has to be of it; 0 if there is none.
    fn read(target: &Path) -> u64 {
        let Some(snapshot) = Snapshot::open(target).unwrap() else {
            return 0;
        };
        let UnixMillis(generation) = snapshot.summary().created;
        let generation = u64::try_from(generation).unwrap();
        let mut next = 0;
        let loaded = snapshot.load(|record| {
            assert_eq!(record.sequence, next);
            assert_eq!(record.text, text_of(generation, next).as_bytes());
            next += 1;
            Ok::<(), ReadError>(())
        });
        assert_eq!(loaded.unwrap().records, records_of(generation));
        generation
    }

    fn created(generation: u64) -> UnixMillis {
        UnixMillis(i64::try_from(generation).unwrap())
    }

    #[test]
    #[ignore = "the process that the other test starts and kills"]
    fn writes_until_it_is_killed() {
        let Some(target) = env::var_os(TARGET).map(PathBuf::from) else {
            return;
        };
        snapshot::remove_leftovers(&target).unwrap();
        let found = read(&target);
        println!("\n{SAYS}found {found}");
        for generation in found + 1.. {
            println!("{SAYS}started {generation}");
            write(&target, generation);
            println!("{SAYS}finished {generation}");
        }
    }

    #[test]
    fn a_kill_at_any_moment_leaves_the_previous_or_the_next_snapshot_whole() {
        let kills = env::var("SNAPSHOT_KILLS").map_or(KILLS, |kills| kills.parse().unwrap());
        let folder = Folder::new();
        let target = folder.0.join("sessions.bin");
        let (mut left, mut interrupted, mut leftovers) = (0, 0, 0);
        for _ in 0..kills {
            let mut writer = Writer::start(&target);
            assert_eq!(writer.next(), Some(("found".to_owned(), left)));
            assert_eq!(writer.next(), Some(("started".to_owned(), left + 1)));
            thread::sleep(Duration::from_micros(random() % LONGEST_LIFE));
            writer.kill();
            let (mut started, mut finished) = (left + 1, left);
            while let Some((did, generation)) = writer.next() {
                match did.as_str() {
                    "started" => started = generation,
                    _ => finished = generation,
                }
            }
            left = read(&target);
            assert!(
                left == finished || left == started,
                "{left} is neither {finished}, which was finished, nor {started}, which was started"
            );
            assert!(started <= finished + 1);
            interrupted += u32::from(left != started);
            assert!(folder.count() <= 2, "leftovers pile up");
            leftovers += folder.count() - usize::from(left > 0);
        }
        println!(
            "{left} snapshots, {kills} kills: {interrupted} cut one off, {leftovers} left a file"
        );
        assert!(interrupted > 0, "no kill came while a snapshot was written");
        snapshot::remove_leftovers(&target).unwrap();
        assert_eq!(folder.count(), usize::from(left > 0));
    }
}
