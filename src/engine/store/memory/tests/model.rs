use std::collections::HashMap;

use proptest::prelude::*;

use super::*;

#[derive(Clone, Copy, Debug)]
enum Step {
    Set(u8, Content),
    Renew(u8, Cookie, Expiry),
    Destroy(u8),
    Get(u8),
    Has(u8),
    Sweep(usize),
    Wait(i64),
    Len,
    Page(usize),
    Clear,
}

/// The cookie's expiry, and a `ttl` instead of the store's.
#[derive(Clone, Copy, Debug)]
struct Expiry {
    cookie: Option<i64>,
    ttl: Option<i64>,
}

#[derive(Clone, Copy, Debug)]
struct Content {
    number: u8,
    /// `None` for whole text.
    cookie: Option<Cookie>,
    expiry: Expiry,
    class: Class,
    /// When it would have expired and how many steps ago that was seen, if it was loaded.
    loaded: Option<(i64, usize)>,
}

fn cookie() -> impl Strategy<Value = Cookie> {
    let max_age = prop_oneof![Just(86_400_000), any::<u64>().prop_map(|age| age >> 1)];
    (0..300_u32, proptest::option::of(max_age)).prop_map(|(attributes, max_age)| Cookie {
        attributes,
        max_age,
    })
}

fn expiry() -> impl Strategy<Value = Expiry> {
    (
        proptest::option::of(0..3_600_000_i64),
        proptest::option::weighted(0.2, 1..9000_i64),
    )
        .prop_map(|(cookie, ttl)| Expiry { cookie, ttl })
}

fn content() -> impl Strategy<Value = Content> {
    let cookie = proptest::option::weighted(0.8, cookie());
    (
        any::<u8>(),
        cookie,
        expiry(),
        prop::sample::select(&Class::ALL),
        proptest::option::of((
            prop_oneof![Just(i64::MIN), 0..5000_i64, Just(i64::MAX)],
            0..6_usize,
        )),
    )
        .prop_map(|(number, cookie, expiry, class, loaded)| Content {
            number,
            cookie,
            expiry,
            class,
            loaded,
        })
}

fn step() -> impl Strategy<Value = Step> {
    let id = 0..12_u8;
    prop_oneof![
        8 => (id.clone(), content()).prop_map(|(id, content)| Step::Set(id, content)),
        4 => (id.clone(), cookie(), expiry())
            .prop_map(|(id, cookie, expiry)| Step::Renew(id, cookie, expiry)),
        2 => id.clone().prop_map(Step::Destroy),
        4 => id.clone().prop_map(Step::Get),
        1 => id.prop_map(Step::Has),
        2 => (0..5_usize).prop_map(Step::Sweep),
        4 => prop_oneof![0..3000_i64, 0..100_000_i64].prop_map(Step::Wait),
        2 => Just(Step::Len),
        1 => (1..5_usize).prop_map(Step::Page),
        1 => Just(Step::Clear),
    ]
}

fn options() -> impl Strategy<Value = Options> {
    let on_full = prop_oneof![
        Just(OnFull::Evict),
        Just(OnFull::Spare),
        Just(OnFull::Reject)
    ];
    let most = proptest::option::of(1..8_u64);
    let ttl = proptest::option::of(1..5000_i64);
    (most, on_full, ttl, any::<bool>()).prop_map(|(max_sessions, on_full, ttl, drop_late_saves)| {
        Options {
            max_sessions,
            on_full,
            ttl,
            drop_late_saves,
            ..Options::default()
        }
    })
}

impl Content {
    fn text(&self) -> String {
        format!("{{\"n\":{}}}", self.number)
    }

    fn known(&self, ticks: &[u64]) -> Known {
        self.loaded
            .map_or(Known::Nothing, |(until, ago)| Known::Loaded {
                until: UnixMillis(until),
                seen: ticks[(ticks.len() - 1).saturating_sub(ago)],
            })
    }

    fn session<'text>(&self, text: &'text str) -> Session<'text> {
        Session {
            text,
            cookie: self.cookie,
            expires: self.expiry.cookie.map(UnixMillis),
        }
    }
}

#[derive(Debug)]
struct Held {
    content: Content,
    /// By the cookie, or by the `ttl`.
    expires: Option<i64>,
    /// Whether it once had a later expiry.
    is_early: bool,
    used: u64,
}

impl Held {
    fn set_expiry(&mut self, expires: Option<i64>) {
        let end = |expires: Option<i64>| expires.unwrap_or(i64::MAX);
        self.is_early |= end(expires) < end(self.expires);
        self.expires = expires;
    }
}

/// A plain map, scanned in full.
#[derive(Debug)]
struct Model {
    options: Options,
    sessions: HashMap<u8, Held>,
    /// The step at which an id was destroyed, and when that is forgotten.
    destroyed: HashMap<u8, (usize, i64)>,
    /// The step at which an id has expired early, and its expiry.
    expired_early: HashMap<u8, (usize, i64)>,
    uses: u64,
    evictions: u64,
    dropped: u64,
    /// The step at which it was cleared.
    cleared: Option<usize>,
    /// The ticks at the beginning of each step.
    ticks: Vec<u64>,
}

impl Model {
    fn expires(&self, expiry: Expiry, now: i64) -> Option<i64> {
        let ttl = expiry.ttl.or(self.options.ttl);
        expiry.cookie.or(ttl.map(|ttl| now + ttl))
    }

    fn expire(&mut self, now: i64) {
        for (id, held) in &self.sessions {
            if let Some(at) = held.expires.filter(|at| *at <= now && held.is_early) {
                self.expired_early.insert(*id, (self.ticks.len(), at));
            }
        }
        self.sessions
            .retain(|_, held| held.expires.is_none_or(|at| at > now));
        self.destroyed.retain(|_, (_, until)| *until > now);
    }

    fn step(&self) -> usize {
        self.ticks.len() - 1
    }

    /// Whether a session is saved, or `None` if that depends on when the store has noticed that it has
    /// expired.
    fn may_save(&self, id: u8, content: Content, now: i64) -> Option<bool> {
        let (true, Some((until, ago))) = (self.options.drop_late_saves, content.loaded) else {
            return Some(true);
        };
        let seen = self.step().saturating_sub(ago);
        let was_destroyed = self
            .destroyed
            .get(&id)
            .is_some_and(|(step, _)| *step >= seen);
        if was_destroyed || self.cleared.is_some_and(|step| step >= seen) {
            return Some(false);
        }
        if self.sessions.contains_key(&id) || until <= now {
            return Some(true);
        }
        match self.expired_early.get(&id) {
            None => Some(false),
            Some((step, at)) if *step >= seen && now - at < tombstones::REMEMBERED_MS => Some(true),
            Some(_) => None,
        }
    }

    fn is_used(&mut self, id: u8) -> Option<&mut Held> {
        self.uses += 1;
        let held = self.sessions.get_mut(&id)?;
        held.used = self.uses;
        Some(held)
    }

    /// Whether there is room, or room can be made.
    fn make_room(&mut self, id: u8) -> bool {
        let most = usize::try_from(self.options.max_sessions.unwrap_or(u64::MAX)).unwrap();
        if self.sessions.contains_key(&id) || self.sessions.len() < most {
            return true;
        }
        let sessions = self.sessions.iter();
        let next = sessions.min_by_key(|(_, held)| (held.content.class, held.used));
        let (next, class) = next.map(|(id, held)| (*id, held.content.class)).unwrap();
        let refused = match self.options.on_full {
            OnFull::Evict => false,
            OnFull::Spare => class == Class::Protected,
            OnFull::Reject => true,
        };
        if !refused {
            self.sessions.remove(&next);
            self.evictions += 1;
        }
        !refused
    }

    /// `actual` is what the store has done.
    fn set(
        &mut self,
        id: u8,
        content: Content,
        now: i64,
        actual: Result<bool, Full>,
    ) -> Result<bool, Full> {
        let may_save = self.may_save(id, content, now);
        if !may_save.unwrap_or(actual != Ok(false)) {
            self.dropped += 1;
            return Ok(false);
        }
        let expires = self.expires(content.expiry, now);
        let is_gone = expires.is_some_and(|at| at <= now);
        // Expired sessions are removed first, and the new one may be one of them.
        if !(is_gone && self.options.on_full == OnFull::Evict || self.make_room(id)) {
            return Err(Full(Bound::Sessions));
        }
        let held = self.sessions.entry(id).or_insert(Held {
            content,
            expires,
            is_early: false,
            used: 0,
        });
        held.content = content;
        held.set_expiry(expires);
        self.is_used(id);
        Ok(true)
    }

    fn renew(&mut self, id: u8, cookie: Cookie, expiry: Expiry, now: i64) -> Renewed {
        let expires = self.expires(expiry, now);
        let held = self.sessions.get(&id);
        match held.map(|held| held.content.cookie) {
            None => return Renewed::Absent,
            Some(None) => return Renewed::Whole,
            Some(Some(_)) => {}
        }
        if let Some(held) = self.is_used(id) {
            held.set_expiry(expires);
            held.content.expiry = expiry;
            held.content.cookie = Some(cookie);
        }
        Renewed::Done
    }

    fn ids(&self) -> Vec<Vec<u8>> {
        let mut ids: Vec<_> = self.sessions.keys().map(|id| vec![*id]).collect();
        ids.sort_unstable();
        ids
    }
}

/// Performs a step on both, and compares the results.
fn perform(
    step: Step,
    store: &MemoryStore,
    model: &mut Model,
    now: &mut i64,
) -> Result<(), TestCaseError> {
    let time = UnixMillis(*now);
    model.ticks.push(store.tick());
    match step {
        Step::Set(id, content) => {
            let save = Save {
                ttl: content.expiry.ttl,
                class: content.class,
                known: content.known(&model.ticks),
            };
            let saved = store.save(&[id], &content.session(&content.text()), save, time);
            prop_assert_eq!(saved, model.set(id, content, *now, saved));
        }
        Step::Renew(id, cookie, expiry) => {
            let renewal = Session {
                text: "not looked at",
                cookie: Some(cookie),
                expires: expiry.cookie.map(UnixMillis),
            };
            let renewed = store.renew(&[id], &renewal, expiry.ttl, time);
            prop_assert_eq!(renewed, model.renew(id, cookie, expiry, *now));
        }
        Step::Destroy(id) => {
            let is_destroyed = store.destroy(&[id], time);
            prop_assert_eq!(is_destroyed, model.sessions.remove(&id).is_some());
            let until = *now + tombstones::REMEMBERED_MS;
            model.destroyed.insert(id, (model.step(), until));
        }
        Step::Get(id) => {
            let expected = model.is_used(id).map(|held| held.content);
            let found = store.read(&[id], time, |found| {
                let expected = expected.map(|content| (content, content.text()));
                let expected = expected.as_ref();
                let expected = expected.map(|(content, text)| content.session(text));
                prop_assert_eq!(Some(found), expected);
                Ok(())
            });
            prop_assert_eq!(found.is_some(), expected.is_some());
            found.unwrap_or(Ok(()))?;
        }
        Step::Has(id) => {
            prop_assert_eq!(store.has(&[id], time), model.sessions.contains_key(&id));
        }
        Step::Sweep(budget) => {
            store.sweep(time, budget);
        }
        Step::Wait(milliseconds) => *now += milliseconds,
        Step::Len => {
            prop_assert_eq!(store.len(time), model.sessions.len());
            let mut ids = store.ids(time);
            ids.sort_unstable();
            prop_assert_eq!(ids, model.ids());
        }
        Step::Page(most) => {
            let mut ids = Vec::new();
            let mut pages = Pages::default();
            while store.page(&mut pages, most, time, |id, _| ids.push(id.to_vec())) {}
            ids.sort_unstable();
            prop_assert_eq!(ids, model.ids());
        }
        Step::Clear => {
            store.clear();
            model.sessions.clear();
            model.cleared = Some(model.step());
            // The store may not have noticed that they had expired.
            let early = model.expired_early.values_mut();
            early.for_each(|(_, at)| *at = i64::MIN / 2);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn it_does_what_a_plain_map_with_bounds_does(
        options in options(),
        shards in prop_oneof![Just(1_usize), Just(3), Just(shards::SHARDS)],
        steps in proptest::collection::vec(step(), 1..200),
    ) {
        let store = MemoryStore::with_shards(options, Some(shards), None);
        let mut model = Model {
            options,
            sessions: HashMap::new(),
            destroyed: HashMap::new(),
            expired_early: HashMap::new(),
            uses: 0,
            evictions: 0,
            dropped: 0,
            cleared: None,
            ticks: Vec::new(),
        };
        let mut now = 0;
        for step in steps {
            model.expire(now);
            perform(step, &store, &mut model, &mut now)?;
            let stats = store.stats();
            prop_assert_eq!(stats.evictions, model.evictions);
            prop_assert_eq!(stats.dropped_saves, model.dropped);
        }
    }
}
