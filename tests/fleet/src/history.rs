//! What must hold of everything that a fleet did, whatever went wrong on the way. Knows no process and no store.

use std::collections::{BTreeMap, BTreeSet};

use crate::witness::{Deed, Line};

/// What a store says of a completed job at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The fence of the attempt that did the work, which is the job's value.
    pub value: u64,
    /// The number of that attempt.
    pub attempt: u32,
}

/// The rules. Each is broken by one history of the tests below, and by that one alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// Every job that was begun is completed in the end.
    Completed,
    /// Every `Ok` of a job is the same value.
    OneAnswer,
    /// An `Ok` is the value that the store has.
    AnswerIsRecorded,
    /// The value is that of an attempt whose body did its work.
    WorkWasDone,
    /// The value is that of the latest attempt.
    LatestCompletes,
    /// No body is begun more often than the job allows, and none has a higher number.
    AttemptsAreBounded,
    /// Each attempt has a higher number than the one before. Only jobs whose attempts are never handed back keep it.
    AttemptsIncrease,
    /// Each attempt has a higher fence than the one before.
    FencesIncrease,
    /// Nobody begins once somebody was told `Ok`.
    NoneAfterAnswer,
    /// A body does not run on once another one was begun.
    NoOverlap,
    /// No call fails.
    NoErrors,
}

/// The rules that are broken, and for which key.
#[must_use]
pub fn broken(
    lines: &[Line],
    completions: &BTreeMap<String, Completion>,
    max_attempts: u32,
) -> BTreeSet<(Rule, String)> {
    let mut keys: BTreeMap<&str, Vec<&Deed>> = BTreeMap::new();
    for line in lines {
        keys.entry(&line.key).or_default().push(&line.deed);
    }
    let mut broken = BTreeSet::new();
    for (key, deeds) in keys {
        let rules = broken_by_key(&deeds, completions.get(key), max_attempts);
        broken.extend(rules.into_iter().map(|rule| (rule, key.to_owned())));
    }
    broken
}

/// What is known of a key on the way through its deeds.
#[derive(Default)]
struct Course {
    begun: u32,
    /// The number and the fence of the latest attempt.
    latest: Option<(u32, u64)>,
    worked: BTreeSet<u64>,
    answer: Option<u64>,
}

fn broken_by_key(deeds: &[&Deed], completion: Option<&Completion>, max_attempts: u32) -> BTreeSet<Rule> {
    let mut broken = BTreeSet::new();
    let mut course = Course::default();
    for deed in deeds {
        let rules = match deed {
            Deed::Begin { attempt, fence } => course.begin(*attempt, *fence, max_attempts),
            Deed::End { fence, is_ok } => course.end(*fence, *is_ok),
            Deed::Answer(value) => course.answer(*value, completion),
            Deed::Error(_) => [(true, Rule::NoErrors)].into(),
        };
        broken.extend(rules.into_iter().filter(|(is_broken, _)| *is_broken).map(|(_, rule)| rule));
    }
    match completion {
        None => {
            broken.insert(Rule::Completed);
        }
        Some(completion) => {
            if !course.worked.contains(&completion.value) {
                broken.insert(Rule::WorkWasDone);
            }
            if course.latest.is_some_and(|latest| latest != (completion.attempt, completion.value)) {
                broken.insert(Rule::LatestCompletes);
            }
        }
    }
    broken
}

impl Course {
    fn begin(&mut self, attempt: u32, fence: u64, max_attempts: u32) -> Vec<(bool, Rule)> {
        self.begun += 1;
        let before = self.latest.replace((attempt, fence));
        vec![
            (max_attempts < self.begun.max(attempt), Rule::AttemptsAreBounded),
            (before.is_some_and(|(earlier, _)| attempt <= earlier), Rule::AttemptsIncrease),
            (before.is_some_and(|(_, earlier)| fence <= earlier), Rule::FencesIncrease),
            (self.answer.is_some(), Rule::NoneAfterAnswer),
        ]
    }

    fn end(&mut self, fence: u64, is_ok: bool) -> Vec<(bool, Rule)> {
        if is_ok {
            self.worked.insert(fence);
        }
        vec![(self.latest.is_some_and(|(_, latest)| latest != fence), Rule::NoOverlap)]
    }

    fn answer(&mut self, value: u64, completion: Option<&Completion>) -> Vec<(bool, Rule)> {
        let first = *self.answer.get_or_insert(value);
        vec![
            (first != value, Rule::OneAnswer),
            // Of a second value `OneAnswer` tells already.
            (first == value && completion.is_some_and(|completion| completion.value != value), Rule::AnswerIsRecorded),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rules that a history of the key `k` breaks, with three attempts allowed.
    fn rules(lines: &[&str], completion: Option<(u64, u32)>) -> Vec<Rule> {
        let lines: Vec<_> = lines.iter().map(|line| format!("1 k {line}").parse().expect("it is a line")).collect();
        let completions = completion.map(|(value, attempt)| ("k".to_owned(), Completion { value, attempt }));
        broken(&lines, &completions.into_iter().collect(), 3).into_iter().map(|(rule, _)| rule).collect()
    }

    #[test]
    fn a_good_history_breaks_none() {
        let lines = ["begin 1 10", "end 10 failed", "begin 3 30", "end 30 ok", "answer 30", "answer 30"];
        assert_eq!(rules(&lines, Some((30, 3))), []);
        // Who did the work was killed before it could return.
        assert_eq!(rules(&["begin 1 10", "end 10 ok"], Some((10, 1))), []);
    }

    #[test]
    fn keys_are_judged_apart() {
        let line = |line: &str| line.parse().expect("it is a line");
        let lines = [line("1 a begin 2 20"), line("1 b begin 1 10"), line("1 b end 10 ok"), line("1 a end 20 ok")];
        let mut completions = BTreeMap::from([("a".to_owned(), Completion { value: 20, attempt: 2 })]);
        assert_eq!(broken(&lines, &completions, 3), BTreeSet::from([(Rule::Completed, "b".to_owned())]));
        completions.insert("b".to_owned(), Completion { value: 10, attempt: 1 });
        assert_eq!(broken(&lines, &completions, 3), BTreeSet::new());
    }

    /// The rule, what is done in breach of it, and what the store says in the end.
    type BadHistory<'a> = (Rule, &'a [&'a str], Option<(u64, u32)>);

    #[test]
    fn every_bad_history_breaks_its_rule() {
        let work = ["begin 1 10", "end 10 ok"];
        let histories: [BadHistory<'_>; 11] = [
            (Rule::Completed, &work, None),
            (Rule::OneAnswer, &["answer 10", "answer 11"], Some((10, 1))),
            (Rule::AnswerIsRecorded, &["answer 11"], Some((10, 1))),
            (Rule::WorkWasDone, &["begin 2 20", "end 20 failed"], Some((20, 2))),
            (Rule::LatestCompletes, &["begin 2 20"], Some((10, 1))),
            (Rule::AttemptsAreBounded, &["begin 4 40", "end 40 ok"], Some((40, 4))),
            (Rule::AttemptsIncrease, &["begin 1 20", "end 20 ok"], Some((20, 1))),
            (Rule::FencesIncrease, &["begin 2 10"], Some((10, 2))),
            (Rule::NoneAfterAnswer, &["answer 20", "begin 2 20", "end 20 ok"], Some((20, 2))),
            (Rule::NoOverlap, &["begin 2 20", "end 10 failed", "end 20 ok"], Some((20, 2))),
            (Rule::NoErrors, &["error \"gave up\""], Some((10, 1))),
        ];
        for (rule, more, completion) in histories {
            let lines = if more == work { more.to_vec() } else { [&work, more].concat() };
            assert_eq!(rules(&lines, completion), [rule], "{lines:?}");
        }
    }

    #[test]
    fn too_many_begins_break_the_bound_even_with_low_numbers() {
        let lines = ["begin 1 10", "begin 1 11", "begin 1 12", "begin 1 13", "end 13 ok"];
        assert_eq!(rules(&lines, Some((13, 1))), [Rule::AttemptsAreBounded, Rule::AttemptsIncrease]);
    }
}
