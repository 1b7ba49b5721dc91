use super::*;

/// What express-session itself did in every situation, with every combination of its options.
/// `__test__/support/lifecycle-table.js` makes the file and says how it is to be read.
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
            // The methods of a regenerated session are not watched, so its saves do not count.
            saved_text_known: self.step == "saved" || (self.origin == "loaded" && !resave),
            cookie_expires: self.expiry == "expires",
            data: Comparison::Unknown,
        }
    }

    fn differs_from_loaded(&self) -> Comparison {
        match (self.step, self.change) {
            (_, "never") | ("reloaded" | "regenerated", "before") => Comparison::Same,
            _ => Comparison::Different,
        }
    }

    fn differs_from_saved(&self) -> Comparison {
        match (self.step, self.change) {
            ("saved", "before") => Comparison::Same,
            _ => self.differs_from_loaded(),
        }
    }

    /// Does what the binding's caller does: asks, compares when told to, and asks again.
    fn answer(&self, options: usize) -> (AtHeaders, AtEnd) {
        let facts = self.facts(options);
        let headers = match at_headers(facts) {
            AtHeaders::CompareWithLoaded => at_headers(Facts {
                data: self.differs_from_loaded(),
                ..facts
            }),
            answer => answer,
        };
        let end = match at_end(facts) {
            AtEnd::CompareWithLoaded => at_end(Facts {
                data: self.differs_from_loaded(),
                ..facts
            }),
            AtEnd::CompareWithSaved => at_end(Facts {
                data: self.differs_from_saved(),
                ..facts
            }),
            answer => answer,
        };
        (headers, end)
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
            let (headers, end) = situation.answer(options);
            let found = u32::from(headers == AtHeaders::SetCookie) * 4 + end as u32;
            assert_eq!(found, expected, "{situation:?} with options {options:05b}");
            compared += 1;
        }
    }
    assert!(compared > 10_000, "only {compared} decisions compared");
}

#[test]
fn the_table_holds_the_answer_to_every_state() {
    let table = decision_table();
    assert_eq!(table.len(), usize::from(bits::END));
    for (state, answer) in (0..bits::END).zip(table) {
        let facts = Facts::from(state);
        assert_eq!(answer >> 4, at_headers(facts) as u8, "{facts:?}");
        assert_eq!(answer & 0x0F, at_end(facts) as u8, "{facts:?}");
    }
}

#[test]
fn once_compared_there_is_nothing_left_to_compare() {
    for state in (0..bits::END).filter(|state| state & bits::DATA_COMPARED != 0) {
        let facts = Facts::from(state);
        assert_ne!(at_headers(facts), AtHeaders::CompareWithLoaded, "{facts:?}");
        let end = at_end(facts);
        assert!(
            !matches!(end, AtEnd::CompareWithLoaded | AtEnd::CompareWithSaved),
            "{facts:?}"
        );
    }
}

#[test]
fn every_fact_has_its_place_in_the_number() {
    let all = Facts::from(bits::END - 1);
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
            saved_text_known: true,
            cookie_expires: true,
            data: Comparison::Different,
        }
    );
    assert_eq!(
        Facts::from(bits::SESSION_UNSET).session,
        SessionState::Unset
    );
    assert_eq!(Facts::from(0).session, SessionState::OtherFalsy);
    assert_eq!(Facts::from(bits::ID_TEXT).id, IdState::EmptyText);
    assert_eq!(Facts::from(bits::ID_TRUTHY).id, IdState::OtherTruthy);
    assert_eq!(Facts::from(bits::DATA_COMPARED).data, Comparison::Same);
}
