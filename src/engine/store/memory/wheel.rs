//! Finds sessions that may have expired, without examining all of them.

use super::slots::{List, Slots, Through};
use crate::engine::time::UnixMillis;

/// Bits of a time that one level of the wheel distinguishes.
const BITS: u32 = 6;
const WIDTH: usize = 1 << BITS;
/// Enough levels for all times.
const LEVELS: usize = 11;

/// A hierarchical timing wheel with millisecond resolution. Its lists run through the slots.
///
/// A session is in the list for the highest six bits in which its time differs from the wheel's:
/// near times are distinguished exactly, far ones coarsely. When a coarse list is due, its sessions
/// move to finer lists, one by one. So each session is examined only a few times, nothing is ever
/// sorted or scanned, and a renewed session may stay in its list until that is due.
#[derive(Debug, Default)]
pub(super) struct Wheel {
    /// Allocated when they are first used.
    levels: [Option<Box<Level>>; LEVELS],
    /// All lists before this time are empty.
    time: u64,
    len: usize,
}

#[derive(Debug)]
struct Level {
    /// A bit for each non-empty list.
    occupied: u64,
    lists: [List; WIDTH],
}

/// The time as an unsigned number, in the same order.
fn ordered(time: UnixMillis) -> u64 {
    time.0.cast_unsigned() ^ (1 << 63)
}

fn unordered(time: u64) -> UnixMillis {
    UnixMillis((time ^ (1 << 63)).cast_signed())
}

fn digit(time: u64, level: usize) -> usize {
    let shifted = time >> (BITS as usize * level);
    usize::try_from(shifted & (WIDTH as u64 - 1)).unwrap_or_default()
}

impl Wheel {
    /// Whether a session queued for `time` would wait too long, because the clock, and the wheel
    /// with it, was ahead and has been set back.
    pub(super) fn is_ahead(&self, time: UnixMillis, now: UnixMillis) -> bool {
        self.len > 0 && ordered(time) < self.time && ordered(now) < self.time
    }

    /// Queues a session and stores its list in the slot. The wheel must not contain it yet.
    pub(super) fn push(
        &mut self,
        slots: &mut Slots,
        slot: u32,
        expires: UnixMillis,
        now: UnixMillis,
    ) {
        if self.len == 0 {
            self.time = ordered(now);
        }
        let time = ordered(expires).max(self.time);
        let different = time ^ self.time;
        let level = different.checked_ilog2().map_or(0, |bit| bit / BITS) as usize;
        let column = digit(time, level);
        let Some(found) = self.levels.get_mut(level) else {
            return;
        };
        let found = found.get_or_insert_with(|| {
            Box::new(Level {
                occupied: 0,
                lists: [List::default(); WIDTH],
            })
        });
        let Some(list) = found.lists.get_mut(column) else {
            return;
        };
        list.push(slots, slot, Through::Waiting);
        found.occupied |= 1 << column;
        self.len += 1;
        if let Some(slot) = slots.get_mut(slot) {
            slot.place = u16::try_from(level * WIDTH + column + 1).unwrap_or_default();
        }
    }

    /// When the list of a slot is due; `None` if it is not in a list.
    pub(super) fn due_of(&self, place: u16) -> Option<UnixMillis> {
        let (level, column) = split(place)?;
        Some(unordered(self.start(level, column)))
    }

    pub(super) fn remove(&mut self, slots: &mut Slots, slot: u32) {
        let Some(place) = slots
            .get_mut(slot)
            .map(|slot| std::mem::take(&mut slot.place))
        else {
            return;
        };
        let Some((level, column)) = split(place) else {
            return;
        };
        let Some(Some(level)) = self.levels.get_mut(level) else {
            return;
        };
        if let Some(list) = level.lists.get_mut(column) {
            list.remove(slots, slot, Through::Waiting);
            self.len -= 1;
            if list.last == super::slots::NIL {
                level.occupied &= !(1 << column);
            }
        }
    }

    /// Removes one session whose list is due. If it is not expired, the caller must requeue it.
    pub(super) fn pop_due(&mut self, slots: &mut Slots, now: UnixMillis) -> Option<u32> {
        let (time, level, column) = self.first()?;
        if unordered(time) > now {
            return None;
        }
        self.time = self.time.max(time);
        let slot = self.levels.get(level)?.as_ref()?.lists.get(column)?.last;
        self.remove(slots, slot);
        Some(slot)
    }

    /// When the next list is due.
    pub(super) fn next_due(&self) -> Option<UnixMillis> {
        self.first().map(|(time, ..)| unordered(time))
    }

    /// The bytes that the allocator takes for the wheel.
    pub(super) fn memory(&self) -> usize {
        let levels = self.levels.iter().flatten().count();
        levels * super::allocator::allocated(size_of::<Level>())
    }

    fn first(&self) -> Option<(u64, usize, usize)> {
        if self.len == 0 {
            return None;
        }
        let levels = (0..).zip(&self.levels);
        let firsts = levels.filter_map(|(number, level)| {
            // Lists before the wheel's own digit would be before its time.
            let ahead = level.as_ref()?.occupied >> digit(self.time, number);
            if ahead == 0 {
                return None;
            }
            let column = digit(self.time, number) + ahead.trailing_zeros() as usize;
            Some((self.start(number, column), number, column))
        });
        firsts.min()
    }

    /// When a list begins: the wheel's time with the level's digit replaced and lower digits 0.
    fn start(&self, level: usize, column: usize) -> u64 {
        let shift = BITS as usize * level;
        let above = u32::try_from(shift + BITS as usize).unwrap_or(u64::BITS);
        let kept = u64::MAX.checked_shl(above).unwrap_or_default();
        (self.time & kept) | ((column as u64) << shift)
    }
}

fn split(place: u16) -> Option<(usize, usize)> {
    let place = usize::from(place.checked_sub(1)?);
    Some((place / WIDTH, place % WIDTH))
}

#[cfg(test)]
mod tests;
