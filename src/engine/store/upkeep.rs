//! What a shard does with itself after changes: publishing its figures, and giving memory back.

use super::{
    contents::Contents,
    shard::Shard,
    shared::adjust,
    slots::{Link, NEVER},
    wheel::Wheel,
};
use crate::engine::time::UnixMillis;

/// A shard with fewer slots than this is not worth making smaller.
const SMALL: usize = 64;

impl Shard {
    /// Frees the memory of sessions that are gone, once they are three quarters of all. Says whether
    /// there was anything to do.
    pub(super) fn shrink(&mut self, now: UnixMillis) -> bool {
        let slots = &self.contents.slots;
        if slots.len() < SMALL || slots.live() > slots.len() / 4 {
            return false;
        }
        self.epoch += 1;
        let sessions = self.contents.slots.compact();
        self.contents.rebuild_table(self.contents.slots.live());
        self.contents.rebuild_lists();
        self.rebuild_wheel(now);
        // At the end: to take memory takes long where much has just been freed.
        self.contents.slots.truncate(sessions);
        true
    }

    /// Brings the store's totals up to date with this shard.
    pub(super) fn settle(&mut self) {
        let after = (self.contents.slots.live(), self.memory());
        let before = std::mem::replace(&mut self.published, after);
        adjust(&self.shared.sessions, before.0, after.0);
        adjust(&self.shared.bytes, before.1, after.1);
    }

    /// Queues all sessions anew.
    pub(super) fn rebuild_wheel(&mut self, now: UnixMillis) {
        let Contents { slots, wheel, .. } = &mut self.contents;
        *wheel = Wheel::default();
        for number in (0..).take(slots.len()) {
            let Some(slot) = slots.get_mut(number) else {
                continue;
            };
            slot.place = 0;
            slot.waiting = Link::default();
            let expires = slot.expires;
            if expires != NEVER {
                wheel.push(slots, number, expires, now);
            }
        }
    }

    /// Takes all sessions out.
    pub(super) fn take(&mut self) -> Contents {
        self.epoch += 1;
        std::mem::take(&mut self.contents)
    }
}
