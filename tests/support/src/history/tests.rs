//! A hand-made history for every rule, which breaks it and no other, and some that break none.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

/// A job with three attempts that may be given up.
fn job() -> Job {
    Job::new(3).may_end(End::Exhausted).may_fail("Exhausted")
}

fn lines(texts: &[&str]) -> Vec<Line> {
    texts.iter().map(|text| text.parse().expect(text)).collect()
}

fn judged(texts: &[&str], record: Option<Record>) -> Verdict {
    let jobs = BTreeMap::from([("k".to_owned(), job())]);
    check(&lines(texts), &jobs, &record.map(|record| ("k".to_owned(), record)).into_iter().collect())
}

fn rules(texts: &[&str], record: Option<Record>) -> Vec<Rule> {
    judged(texts, record).broken.into_iter().map(|(rule, _)| rule).collect()
}

fn completed(attempts: u32, value: &str) -> Option<Record> {
    Some(Record::Completed { attempts, value: value.to_owned() })
}

/// A call whose body did its work at once.
const WORK: [&str; 4] = [
    "1 k call 1",
    "1 k begin call 1 attempt 1 fence 10",
    "1 k end call 1 fence 10 ok \"ten\"",
    "1 k return call 1 ok \"ten\"",
];

/// A history, and what the store says in the end.
type Told<'a> = (&'a [&'a str], Option<Record>);

#[test]
fn a_good_history_breaks_none() {
    let exhausted = Some(Record::Exhausted { attempts: 3 });
    let histories: [Told<'_>; 8] = [
        (&WORK, completed(1, "\"ten\"")),
        // A failure, then a takeover from a dead process, then the work; and somebody who comes late.
        (
            &[
                "1 k call 1",
                "2 k call 1",
                "1 k begin call 1 attempt 1 fence 10",
                "1 k end call 1 fence 10 failed",
                "1 k begin call 1 attempt 2 fence 20",
                "1 * died killed by the test",
                "2 k begin call 1 attempt 3 fence 30",
                "2 k write fence 30 taken",
                "2 k write fence 20 refused",
                "2 k end call 1 fence 30 ok 3",
                "2 k accepted attempt 3",
                "2 k return call 1 ok 3",
                "3 k call 1",
                "3 k return call 1 ok 3",
            ],
            completed(3, "3"),
        ),
        // Who did the work was killed before its call could return.
        (&[WORK[0], WORK[1], WORK[2], "1 * died of old age"], completed(1, "\"ten\"")),
        // A dropped call hands its attempt back, so its number is used again, and there may be more than three.
        (
            &[
                "1 k call 1",
                "1 k begin call 1 attempt 1 fence 10",
                "1 k end call 1 fence 10 cut",
                "1 k return call 1 dropped",
                "1 k call 2",
                "1 k begin call 2 attempt 1 fence 20",
                "1 k end call 2 fence 20 failed",
                "1 k begin call 2 attempt 2 fence 30",
                "1 k end call 2 fence 30 failed",
                "1 k begin call 2 attempt 3 fence 40",
                "1 k end call 2 fence 40 failed",
                "1 k return call 2 error Exhausted",
            ],
            exhausted.clone(),
        ),
        // An attempt was spent by a claim that was not answered in time.
        (
            &[
                "1 k call 1",
                "1 k struck lost reply",
                "1 k begin call 1 attempt 2 fence 20",
                "1 k end call 1 fence 20 ok 2",
                "1 k return call 1 ok 2",
            ],
            completed(2, "2"),
        ),
        // What a stopped process was about to do it does when it goes on, once.
        (
            &[
                "1 k call 1",
                "1 * stopped",
                "2 k call 1",
                "2 k begin call 1 attempt 2 fence 20",
                "2 k end call 1 fence 20 ok 2",
                "2 k return call 1 ok 2",
                "1 * continued",
                "1 k begin call 1 attempt 1 fence 10",
                "1 k return call 1 ok 2",
            ],
            completed(2, "2"),
        ),
        (
            &[
                "1 k call 1",
                "1 k begin call 1 attempt 1 fence 10",
                "1 * stopped",
                "2 k call 1",
                "2 k begin call 1 attempt 2 fence 20",
                "1 * continued",
                "1 k end call 1 fence 10 ok 1",
                "2 k end call 1 fence 20 ok 2",
                "1 k return call 1 ok 2",
                "2 k return call 1 ok 2",
            ],
            completed(2, "2"),
        ),
        (&[], None),
    ];
    for (texts, record) in histories {
        assert_eq!(rules(texts, record), [], "{texts:#?}");
    }
}

/// The first attempt, whose end is still to come.
const FIRST: [&str; 2] = ["1 k call 1", "1 k begin call 1 attempt 1 fence 10"];

/// The second attempt, by another process.
const SECOND: [&str; 2] = ["2 k call 1", "2 k begin call 1 attempt 2 fence 20"];

/// What it comes to.
const SECOND_WORKS: [&str; 2] = ["2 k end call 1 fence 20 ok 2", "2 k return call 1 ok 2"];

const FAILS: &str = "1 k end call 1 fence 10 failed";
const SLOW: &str = "1 k struck slow reply";
const DIES: &str = "1 * died killed by the test";

/// The rule, what is done in breach of it, and what the store says in the end.
type BadHistory<'a> = (Rule, &'a [&'a [&'a str]], Option<Record>);

#[test]
fn every_bad_history_breaks_its_rule_and_no_other() {
    let (first, second) = (completed(1, "\"ten\""), completed(2, "2"));
    let exhausted = |attempts| Some(Record::Exhausted { attempts });
    let histories: [BadHistory<'_>; 22] = [
        (Rule::OneCompletion, &[&WORK, &["1 k accepted attempt 1", "2 k accepted attempt 1"]], first.clone()),
        (Rule::OneAnswer, &[&WORK, &["2 k call 1", "2 k return call 1 ok 2"]], first.clone()),
        (Rule::AnswerIsKept, &[&WORK], None),
        (Rule::AnswerIsKept, &[&FIRST, &[DIES], &SECOND, &["2 k accepted attempt 3"], &SECOND_WORKS], second.clone()),
        (Rule::WorkWasDone, &[&FIRST, &[FAILS, "1 k return call 1 ok 1"]], completed(1, "1")),
        (
            Rule::LatestCompletes,
            &[&WORK[..3], &SECOND, &["2 * died of it", "1 k return call 1 ok \"ten\""]],
            first.clone(),
        ),
        (
            Rule::AttemptsAreBounded,
            &[&["1 k call 1", "1 k struck lost reply", "1 k begin call 1 attempt 4 fence 10"], &WORK[2..]],
            completed(4, "\"ten\""),
        ),
        (
            Rule::AttemptsIncrease,
            &[
                &["2 k call 1", "2 k struck lost reply", "2 k begin call 1 attempt 2 fence 5"],
                &["2 k end call 1 fence 5 cut", "2 k return call 1 dropped"],
                &WORK,
            ],
            first.clone(),
        ),
        (Rule::AttemptsAreRecorded, &[&FIRST, &[DIES], &SECOND, &SECOND_WORKS], completed(1, "2")),
        (Rule::AttemptsAreUsed, &[&SECOND, &SECOND_WORKS], second.clone()),
        (
            Rule::HolderIsKept,
            &[&FIRST, &["1 k end call 1 fence 10 cut"], &SECOND, &SECOND_WORKS, &["1 k return call 1 ok 2"]],
            second.clone(),
        ),
        (Rule::AttemptsAreExhausted, &[&FIRST, &[FAILS, "1 k return call 1 error Exhausted"]], exhausted(1)),
        (
            Rule::FencesIncrease,
            &[
                &SECOND[..1],
                &["2 k begin call 1 attempt 1 fence 30", "2 k end call 1 fence 30 failed"],
                &SECOND[1..],
                &SECOND_WORKS,
            ],
            second.clone(),
        ),
        (Rule::NoneAfterAnswer, &[&["3 k call 1", "3 k return call 1 ok \"ten\""], &WORK], first.clone()),
        (Rule::NoneAfterAnswer, &[&["3 k accepted attempt 1"], &WORK], first.clone()),
        (
            Rule::NoOverlap,
            &[&FIRST, &[SLOW], &SECOND, &[FAILS, "1 k return call 1 error Exhausted"], &SECOND_WORKS],
            second.clone(),
        ),
        (
            Rule::CutInTime,
            &[&FIRST, &[SLOW], &SECOND, &["1 k end call 1 fence 10 cut"], &SECOND_WORKS, &["1 k return call 1 ok 2"]],
            second.clone(),
        ),
        (Rule::EveryCallReturns, &[&WORK, &["2 k call 1"]], first.clone()),
        (Rule::ErrorIsAllowed, &[&WORK, &["2 k call 1", "2 k return call 1 error Store"]], first.clone()),
        (Rule::EndIsAllowed, &[&FIRST, &[DIES]], Some(Record::Unfinished { attempts: 1 })),
        (Rule::ResourceIsFenced, &[&WORK, &["1 k write fence 20 taken", "1 k write fence 10 taken"]], first.clone()),
        (Rule::HistoryIsWhole, &[&WORK, &["1 k end call 1 fence 10 failed"]], first),
    ];
    let mut broken = BTreeSet::new();
    for (rule, parts, record) in histories {
        let texts = parts.concat();
        // Where the store forgot what it had acknowledged, the job's end is not what is judged.
        let jobs =
            BTreeMap::from([("k".to_owned(), if record.is_none() { job().may_end(End::Absent) } else { job() })]);
        let records = record.map(|record| ("k".to_owned(), record)).into_iter().collect();
        let verdict = check(&lines(&texts), &jobs, &records);
        assert_eq!(verdict.broken, BTreeSet::from([(rule, "k".to_owned())]), "{texts:#?}");
        broken.insert(rule);
    }
    assert_eq!(broken, BTreeSet::from(Rule::ALL));
}

#[test]
fn only_the_first_line_after_a_stop_is_late() {
    let texts = [
        "1 k call 1",
        "1 * stopped",
        "1 * continued",
        "2 k call 1",
        "2 k begin call 1 attempt 2 fence 20",
        "1 k begin call 1 attempt 1 fence 10",
        "1 k end call 1 fence 10 failed",
        "1 k return call 1 error Exhausted",
        "2 k end call 1 fence 20 ok 2",
        "2 k return call 1 ok 2",
    ];
    assert_eq!(rules(&texts, completed(2, "2")), [Rule::NoOverlap]);
}

#[test]
fn a_body_that_is_begun_after_a_stop_may_be_dropped_late() {
    let texts = [
        "1 k call 1",
        "1 * stopped",
        "2 k call 1",
        "2 k begin call 1 attempt 2 fence 20",
        "1 * continued",
        "1 k begin call 1 attempt 1 fence 10",
        "1 k end call 1 fence 10 cut",
        "2 k end call 1 fence 20 ok 2",
        "2 k return call 1 ok 2",
        "1 k return call 1 ok 2",
    ];
    assert_eq!(rules(&texts, completed(2, "2")), []);
}

#[test]
fn jobs_are_judged_apart_and_each_by_its_own_bounds() {
    let jobs = BTreeMap::from([("k".to_owned(), job()), ("other".to_owned(), Job::new(1))]);
    let other = [
        "2 other call 1",
        "2 other struck slow",
        "2 other begin call 1 attempt 2 fence 1",
        "2 other return call 1 dropped",
    ];
    let told = lines(&[&other[..], &WORK].concat());
    let mut records = BTreeMap::from([("k".to_owned(), completed(1, "\"ten\"").expect("it is one"))]);
    let broken = [Rule::AttemptsAreBounded, Rule::EndIsAllowed].map(|rule| (rule, "other".to_owned()));
    assert_eq!(check(&told, &jobs, &records).broken, BTreeSet::from(broken));
    records.insert("third".to_owned(), Record::Unfinished { attempts: 1 });
    let torn = (Rule::HistoryIsWhole, "third".to_owned());
    assert!(check(&told, &jobs, &records).broken.contains(&torn), "nobody has heard of it");
}

#[test]
fn a_job_is_faulted_when_a_fault_was_in_force_during_one_of_its_calls() {
    let [call, begin, end, back] = WORK;
    let whole = ["* * fault 7 begins outage", "* * fault 7 ends"];
    let histories: [(&[&str], u64); 8] = [
        (&[whole[0], whole[1], call, begin, end, back], 0),
        (&[call, begin, end, back, whole[0]], 0),
        (&[call, whole[0], whole[1], begin, end, back], 1),
        (&[whole[0], call, whole[1], begin, end, back], 1),
        (&["1 * fault 7 begins outage", call, begin, end, back], 1),
        (&["2 * fault 7 begins outage", call, begin, end, back], 0),
        (&[call, begin, "1 k struck lost reply", end, back], 1),
        (&[call, begin, end, "1 * died of it"], 1),
    ];
    for (texts, faulted) in histories {
        let verdict = judged(texts, completed(1, "\"ten\""));
        assert_eq!((verdict.summary.faulted_jobs, verdict.broken.len()), (faulted, 0), "{texts:#?}");
    }
}

#[test]
fn a_fault_is_felt_when_a_call_that_it_concerns_is_open_under_it() {
    let [call, begin, end, back] = WORK;
    let whole = ["* * fault 7 begins outage", "* * fault 7 ends"];
    let histories: [(&[&str], u64); 6] = [
        (&[whole[0], whole[1], call, begin, end, back, whole[0]], 0),
        (&[call, whole[0], whole[1], begin, end, back], 1),
        (&[whole[0], call, whole[1], begin, end, back], 1),
        (&["2 * fault 7 begins outage", call, begin, end, back], 0),
        (&[call, "1 * struck outage", begin, end, back], 1),
        (&[call, begin, end, "1 * died of it", whole[0]], 0),
    ];
    for (texts, felt) in histories {
        assert_eq!(judged(texts, completed(1, "\"ten\"")).summary.felt["outage"], felt, "{texts:#?}");
    }
}

#[test]
fn a_summary_counts_what_there_was() {
    let texts = [
        "1 k call 1",
        "1 k begin call 1 attempt 1 fence 10",
        "1 k struck lost reply",
        "1 k end call 1 fence 10 failed",
        "1 k begin call 1 attempt 2 fence 20",
        "1 k end call 1 fence 20 cut",
        "2 k call 1",
        "2 k begin call 1 attempt 3 fence 30",
        "2 k write fence 30 taken",
        "2 k end call 1 fence 30 ok 3",
        "2 k return call 1 ok 3",
        "1 * died killed by the test",
        "1 k write fence 20 refused",
    ];
    let mut summary = judged(&texts, completed(3, "3")).summary;
    let text = "1 jobs (1 faulted, 1 completed, 0 exhausted), 2 calls, 3 bodies begun (1 failed, 1 cut), 1 takeovers, \
                1 writes refused, 1 processes dead; faults: 1 dead process, 1 lost reply";
    assert_eq!(summary.to_string(), text);
    summary += &summary.clone();
    assert_eq!((summary.jobs, summary.bodies, summary.faults["lost reply"]), (2, 6, 2));
}
