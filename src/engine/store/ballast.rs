//! What keeps the allocator from giving back gigabytes at once.

use super::record::Record;
use crate::engine::sync::Mutex;

/// Bytes of the store for which there is one piece of ballast.
const SPACING: u64 = 256 << 10;

/// Small pieces of memory that lie between the sessions, a quarter of a megabyte apart, since they were taken
/// while the sessions came.
///
/// The usual allocators give memory back to the system when everything above it is free, all of it in
/// the call that frees the last piece: with millions of sessions that is a tenth of a second. Where
/// there is ballast it ends. So what is below the ballast stays with the process for as long as the
/// store does, for the next sessions or for anything else.
#[derive(Debug, Default)]
pub(super) struct Ballast(Mutex<Vec<Record>>);

impl Ballast {
    /// Takes on a piece if the store has grown to `bytes` and there is too little.
    pub(super) fn take_on(&self, bytes: u64) {
        let mut pieces = self.0.lock();
        if bytes / SPACING > pieces.len() as u64 {
            pieces.push(Record::new(&[0; 32], "", None));
        }
    }
}

#[cfg(test)]
#[cfg(not(feature = "schedules"))]
mod tests {
    use super::*;

    #[test]
    fn ballast_comes_with_the_bytes_and_stays() {
        let ballast = Ballast::default();
        ballast.take_on(SPACING - 1);
        assert_eq!(ballast.0.lock().len(), 0);
        for _ in 0..5 {
            ballast.take_on(3 * SPACING);
        }
        assert_eq!(ballast.0.lock().len(), 3);
        ballast.take_on(2 * SPACING);
        assert_eq!(ballast.0.lock().len(), 3);
    }
}
