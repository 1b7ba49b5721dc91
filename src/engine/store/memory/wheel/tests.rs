use proptest::prelude::*;

use super::{
    super::{
        record::Record,
        slots::{Class, Link, Slot},
    },
    *,
};

fn add(wheel: &mut Wheel, slots: &mut Slots, expires: i64, now: i64) -> u32 {
    let slot = slots.insert(Slot {
        record: Record::default(),
        sequence: 0,
        expires: UnixMillis(expires),
        used: 0,
        hash: 0,
        by_use: Link::default(),
        waiting: Link::default(),
        place: 0,
        class: Class::Anonymous,
        flags: 0,
    });
    wheel.push(slots, slot, UnixMillis(expires), UnixMillis(now));
    slot
}

/// Finds expired sessions as the store does.
fn expired(wheel: &mut Wheel, slots: &mut Slots, now: i64) -> Vec<i64> {
    let now = UnixMillis(now);
    let mut found = Vec::new();
    while let Some(slot) = wheel.pop_due(slots, now) {
        let expires = slots.get(slot).unwrap().expires;
        if expires <= now {
            found.push(expires.0);
            slots.remove(slot);
        } else {
            wheel.push(slots, slot, expires, now);
        }
    }
    found.sort_unstable();
    found
}

#[test]
fn a_session_falls_due_at_its_millisecond() {
    let (mut wheel, mut slots) = (Wheel::default(), Slots::default());
    add(&mut wheel, &mut slots, 5_000_000, 0);
    assert!(expired(&mut wheel, &mut slots, 4_999_999).is_empty());
    assert_eq!(wheel.next_due(), Some(UnixMillis(5_000_000)));
    assert_eq!(expired(&mut wheel, &mut slots, 5_000_000), [5_000_000]);
    assert_eq!(wheel.next_due(), None);
}

#[test]
fn a_removed_session_does_not_fall_due() {
    let (mut wheel, mut slots) = (Wheel::default(), Slots::default());
    let slot = add(&mut wheel, &mut slots, 100, 0);
    add(&mut wheel, &mut slots, 100, 0);
    wheel.remove(&mut slots, slot);
    assert_eq!(expired(&mut wheel, &mut slots, 100), [100]);
}

#[test]
fn times_at_the_ends_of_the_range_do_not_overflow() {
    let (mut wheel, mut slots) = (Wheel::default(), Slots::default());
    for time in [i64::MIN, -1, 0, 1, i64::MAX - 1] {
        add(&mut wheel, &mut slots, time, i64::MIN);
    }
    assert_eq!(expired(&mut wheel, &mut slots, i64::MIN), [i64::MIN]);
    assert_eq!(expired(&mut wheel, &mut slots, 0), [-1, 0]);
    assert_eq!(expired(&mut wheel, &mut slots, i64::MAX), [1, i64::MAX - 1]);
}

proptest! {
    #[test]
    fn each_session_falls_due_exactly_when_it_expires(
        steps in proptest::collection::vec((0_u32..40, any::<u64>(), any::<bool>()), 1..80)
    ) {
        let (mut wheel, mut slots) = (Wheel::default(), Slots::default());
        let mut model: Vec<i64> = Vec::new();
        let mut now = 0_i64;
        for (magnitude, random, is_add) in steps {
            let distance = i64::try_from(random % (1 << magnitude)).unwrap();
            if is_add {
                add(&mut wheel, &mut slots, now + distance, now);
                model.push(now + distance);
                prop_assert!(wheel.next_due().unwrap().0 <= *model.iter().min().unwrap());
            } else {
                now += distance;
                let mut due: Vec<i64> = model.extract_if(.., |time| *time <= now).collect();
                due.sort_unstable();
                prop_assert_eq!(expired(&mut wheel, &mut slots, now), due);
            }
        }
    }
}
