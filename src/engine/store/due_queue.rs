//! Which sessions may have expired, without looking at all of them.

use std::collections::BTreeMap;

use crate::engine::time::UnixMillis;

/// Sessions are queued by the second in which they fall due.
const BUCKET_MS: i64 = 1000;

/// The second a session is queued under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Bucket(i64);

impl Bucket {
    /// The earliest bucket by whose end `time` has passed.
    pub(super) fn of(time: UnixMillis) -> Self {
        Self(time.0.div_euclid(BUCKET_MS).saturating_add(1))
    }

    /// The time from which on everything in the bucket is due.
    pub(super) fn due(self) -> UnixMillis {
        UnixMillis(self.0.saturating_mul(BUCKET_MS))
    }
}

/// Slots of a shard, ordered by when they fall due.
///
/// A slot stays where it was queued when its session is renewed or destroyed: that is found out
/// when its turn comes. Renewing a session, which happens with every request, then costs nothing
/// here. The owner compares [`DueQueue::len`] with what it really holds and rebuilds the queue when
/// it is mostly leftovers.
#[derive(Debug, Default)]
pub(super) struct DueQueue {
    buckets: BTreeMap<Bucket, Vec<u32>>,
    len: usize,
}

impl DueQueue {
    pub(super) fn push(&mut self, bucket: Bucket, slot: u32) {
        self.buckets.entry(bucket).or_default().push(slot);
        self.len += 1;
    }

    /// Takes one slot whose bucket is due.
    pub(super) fn pop_due(&mut self, now: UnixMillis) -> Option<(Bucket, u32)> {
        loop {
            let mut first = self.buckets.first_entry()?;
            let bucket = *first.key();
            if bucket.due() > now {
                return None;
            }
            if let Some(slot) = first.get_mut().pop() {
                self.len -= 1;
                return Some((bucket, slot));
            }
            first.remove();
        }
    }

    /// When the next slot falls due.
    pub(super) fn next_due(&self) -> Option<UnixMillis> {
        self.buckets
            .first_key_value()
            .map(|(bucket, _)| bucket.due())
    }

    /// The slots queued under one second, leftovers included.
    pub(super) fn slots(&self, bucket: Bucket) -> &[u32] {
        self.buckets.get(&bucket).map_or(&[], Vec::as_slice)
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_come_out_when_their_second_has_passed() {
        let mut queue = DueQueue::default();
        queue.push(Bucket::of(UnixMillis(2500)), 2);
        queue.push(Bucket::of(UnixMillis(1000)), 1);
        assert_eq!(queue.next_due(), Some(UnixMillis(2000)));
        assert_eq!(queue.pop_due(UnixMillis(1999)), None);
        assert_eq!(queue.pop_due(UnixMillis(2000)).unwrap().1, 1);
        assert_eq!(queue.pop_due(UnixMillis(2000)), None);
        assert_eq!(queue.pop_due(UnixMillis(i64::MAX)).unwrap().1, 2);
        assert_eq!((queue.len(), queue.next_due()), (0, Some(UnixMillis(3000))));
        assert_eq!(queue.pop_due(UnixMillis(i64::MAX)), None);
        assert_eq!(queue.next_due(), None);
    }

    #[test]
    fn times_at_the_ends_of_the_range_do_not_overflow() {
        for time in [i64::MIN, i64::MAX] {
            let mut queue = DueQueue::default();
            queue.push(Bucket::of(UnixMillis(time)), 0);
            assert!(queue.pop_due(UnixMillis(i64::MAX)).is_some());
        }
    }
}
