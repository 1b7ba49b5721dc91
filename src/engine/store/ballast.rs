//! What keeps the allocator from giving back gigabytes at once.

use super::record::Record;
use crate::engine::sync::Mutex;

/// Bytes of the store for which there is one piece of ballast.
const SPACING: u64 = 2 << 20;

/// Small pieces of memory that lie between the sessions, two megabytes apart, since they were taken
/// while the sessions came.
///
/// The usual allocators give memory back to the system when everything above it is free, all of it in
/// the call that frees the last piece: with millions of sessions that is a tenth of a second. Where
/// there is ballast it ends. It goes a piece at a time.
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

    /// Takes out the piece that lies highest, if there is too much for so many bytes.
    pub(super) fn let_go(&self, bytes: u64) -> Option<Record> {
        let mut pieces = self.0.lock();
        if bytes / SPACING + 1 >= pieces.len() as u64 {
            return None;
        }
        let highest = (0..).zip(&*pieces).max_by_key(|(_, piece)| piece.address());
        let (place, _) = highest?;
        Some(pieces.swap_remove(place))
    }

    /// Takes out all of it.
    pub(super) fn take(&self) -> Vec<Record> {
        std::mem::take(&mut self.0.lock())
    }
}

#[cfg(test)]
#[cfg(not(feature = "schedules"))]
mod tests {
    use super::*;

    #[test]
    fn ballast_comes_and_goes_with_the_bytes_one_piece_at_a_time() {
        let ballast = Ballast::default();
        ballast.take_on(SPACING - 1);
        assert_eq!(ballast.take().len(), 0);
        for _ in 0..5 {
            ballast.take_on(3 * SPACING);
        }
        assert!(ballast.let_go(3 * SPACING).is_none());
        let first = ballast.let_go(0).unwrap();
        let second = ballast.let_go(0).unwrap();
        assert!(first.address() > second.address());
        assert!(
            ballast.let_go(0).is_none(),
            "a store that goes on needs one"
        );
        assert_eq!(ballast.take().len(), 1);
    }
}
