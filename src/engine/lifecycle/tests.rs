use super::*;

/// The decisions of express-session in every situation, with every combination of its options.
/// `__test__/support/lifecycle-table.js` generates the file and documents its format.
const ORACLE: &str = include_str!("../../../tests/lifecycle_oracle.txt");

#[derive(Debug)]
struct Situation<'text> {
    origin: &'text str,
    step: &'text str,
    change: &'text str,
    expiry: &'text str,
    end: &'text str,
}

impl Situation<'_> {
    fn facts(&self, options: usize) -> Facts {
        let option = |bit: usize| options & bit != 0;
        let resave = option(16);
        let same_id = self.step != "regenerated";
        let from_cookie = self.origin == "loaded" && same_id;
        let (session, id) = match self.end {
            "null" | "deleted" => (SessionState::Unset, IdState::Text),
            "zero" => (SessionState::OtherFalsy, IdState::Text),
            "number-id" => (SessionState::Present, IdState::OtherTruthy),
            "empty-id" => (SessionState::Present, IdState::EmptyText),
            "no-id" => (SessionState::Present, IdState::Absent),
            _ => (SessionState::Present, IdState::Text),
        };
        Facts {
            save_uninitialized: option(4),
            rolling: option(8),
            unset_destroys: option(2),
            store_can_touch: option(1),
            session,
            id,
            id_from_cookie: from_cookie
                && matches!(self.end, "present" | "null" | "deleted" | "zero"),
            id_changed: !same_id,
            // Saving a regenerated session does not count, because its methods are not watched.
            saved_data_known: self.step == "saved" || (self.origin == "loaded" && !resave),
        }
    }

    fn differs_from_loaded(&self) -> bool {
        !matches!(
            (self.step, self.change),
            (_, "never") | ("reloaded" | "regenerated", "before")
        )
    }

    fn differs_from_saved(&self) -> bool {
        (self.step, self.change) != ("saved", "before") && self.differs_from_loaded()
    }

    /// The digit of the oracle: takes the decisions and checks the conditions they depend on.
    fn answer(&self, options: usize) -> u32 {
        let facts = self.facts(options);
        let sets_cookie = match at_headers(facts) {
            AtHeaders::Nothing => false,
            AtHeaders::SetCookie => true,
            AtHeaders::SetCookieIfModified => self.differs_from_loaded(),
            AtHeaders::SetCookieIfExpiresAndModified => {
                self.expiry == "expires" && (facts.id_changed || self.differs_from_loaded())
            }
        };
        let (nothing, destroy, save, touch) = (0, 1, 2, 3);
        let end = match at_end(facts) {
            AtEnd::Destroy => destroy,
            AtEnd::Save => save,
            AtEnd::SaveIfModified if self.differs_from_loaded() => save,
            AtEnd::SaveIfUnsaved | AtEnd::SaveIfUnsavedElseTouch if self.differs_from_saved() => {
                save
            }
            AtEnd::SaveIfUnsavedElseTouch => touch,
            AtEnd::Nothing | AtEnd::SaveIfModified | AtEnd::SaveIfUnsaved => nothing,
        };
        u32::from(sets_cookie) * 4 + end
    }
}

#[test]
fn every_decision_is_the_one_that_express_session_takes() {
    let mut compared = 0;
    for line in ORACLE.lines().filter(|line| !line.starts_with('#')) {
        let words: Vec<&str> = line.split(' ').collect();
        let [origin, step, change, expiry, end, answers] = words[..] else {
            panic!("{line}")
        };
        let situation = Situation {
            origin,
            step,
            change,
            expiry,
            end,
        };
        assert_eq!(answers.len(), 32);
        for (options, digit) in answers.chars().enumerate() {
            let expected = digit.to_digit(10).unwrap();
            let found = situation.answer(options);
            assert_eq!(found, expected, "{situation:?} with options {options:05b}");
            compared += 1;
        }
    }
    assert!(compared > 10_000, "only {compared} decisions compared");
}

#[test]
fn the_table_holds_the_answer_to_every_state() {
    let table = decision_table();
    assert_eq!(table.len(), usize::from(STATES));
    for (state, answer) in (0..STATES).zip(table) {
        let facts = Facts::from(state);
        assert_eq!(answer >> 4, at_headers(facts) as u8, "{facts:?}");
        assert_eq!(answer & 0x0F, at_end(facts) as u8, "{facts:?}");
    }
}

#[test]
fn answers_are_listed_in_the_order_of_their_numbers() {
    for (number, (_, answer)) in AT_HEADERS.iter().enumerate() {
        assert_eq!(number, *answer as usize);
    }
    for (number, (_, answer)) in AT_END.iter().enumerate() {
        assert_eq!(number, *answer as usize);
    }
}

#[test]
fn every_fact_has_its_bit() {
    let all = Facts::from(STATES - 1);
    assert_eq!(
        all,
        Facts {
            save_uninitialized: true,
            rolling: true,
            unset_destroys: true,
            store_can_touch: true,
            session: SessionState::Present,
            id: IdState::Text,
            id_from_cookie: true,
            id_changed: true,
            saved_data_known: true,
        }
    );
    let of = |fact: Fact| Facts::from(fact.bit());
    assert_eq!(of(Fact::SessionUnset).session, SessionState::Unset);
    assert_eq!(Facts::from(0).session, SessionState::OtherFalsy);
    assert_eq!(of(Fact::IdText).id, IdState::EmptyText);
    assert_eq!(of(Fact::IdTruthy).id, IdState::OtherTruthy);
}
