//! The table of transitions, row by row, and what holds for every sequence of them.

use proptest::prelude::*;

use super::*;

const LEASE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_secs(1);
const COOLDOWN: Duration = Duration::from_secs(60);
const CLOCK: u64 = 1_000_000;
const TOOK: Duration = Duration::from_millis(12);

const OLD: Series = Series(0x01d);
const FRESH: Series = Series(0xf4e5);

fn policy() -> Policy {
    Policy::new().timeout(LEASE).max_attempts(3).backoff(PAUSE).cooldown(COOLDOWN)
}

fn me() -> Holder {
    Holder::new(Nonce(1), "here/1")
}

fn other() -> Holder {
    Holder::new(Nonce(2), "there/2")
}

fn sighting(holder: Holder, attempts: u32, age: Option<Duration>, state: State) -> Option<Sighting> {
    let record = Record { revision: 10, attempts, holder, keep: Some(LEASE * 10), took: None, state };
    Some(Sighting { record: Arc::new(record), age })
}

fn running(holder: Holder, attempts: u32, age: Option<Duration>) -> Option<Sighting> {
    sighting(holder, attempts, age, State::Running { series: OLD, lease: LEASE })
}

fn waiting(holder: Holder, attempts: u32, age: Option<Duration>) -> Option<Sighting> {
    sighting(holder, attempts, age, State::Waiting { series: OLD, pause: PAUSE, error: "no luck".to_owned() })
}

fn exhausted(holder: Holder, age: Option<Duration>) -> Option<Sighting> {
    sighting(holder, 3, age, State::Exhausted { series: OLD, cooldown: COOLDOWN, error: "no luck".to_owned() })
}

fn done(holder: Holder) -> Option<Sighting> {
    sighting(holder, 2, None, State::Done { value: Value::Json("7".into()) })
}

fn claim() -> Transition {
    Transition::Claim { fresh: FRESH, awaited: None }
}

fn decided(seen: Option<Sighting>, transition: &Transition) -> Decision {
    decide(seen.as_ref(), transition, &Actor { nonce: me().nonce, label: &me().label, policy: &policy(), clock: CLOCK })
}

#[track_caller]
fn check(seen: Option<Sighting>, transition: &Transition, expected: &Decision) {
    assert_eq!(decided(seen, transition), *expected);
}

/// That the transition writes a record of mine with this many attempts in this state.
#[track_caller]
fn check_writes(seen: Option<Sighting>, transition: &Transition, attempts: u32, state: &State) {
    let before = seen.as_ref().map_or(0, |seen| seen.record.revision);
    let Decision::Write(record) = decided(seen, transition) else { panic!("nothing is written") };
    assert_eq!((record.attempts, &record.state), (attempts, state));
    assert_eq!(record.holder.nonce, me().nonce);
    assert!(before < record.revision && CLOCK <= record.revision);
}

fn running_state(series: Series) -> State {
    State::Running { series, lease: LEASE }
}

#[test]
fn claim_of_nothing_begins_a_series() {
    check_writes(None, &claim(), 1, &running_state(FRESH));
}

#[test]
fn claim_of_my_own_running_attempt_spends_nothing() {
    check(running(me(), 2, None), &claim(), &Decision::Mine);
    check(running(me(), 2, Some(LEASE * 2)), &claim(), &Decision::Mine);
}

#[test]
fn claim_within_a_lease_is_busy() {
    check(running(other(), 1, None), &claim(), &Decision::Look);
    check(running(other(), 1, Some(Duration::ZERO)), &claim(), &Decision::Busy(LEASE));
    let nearly = LEASE - Duration::from_millis(1);
    check(running(other(), 1, Some(nearly)), &claim(), &Decision::Busy(Duration::from_millis(1)));
}

#[test]
fn claim_after_a_lease_takes_over() {
    check_writes(running(other(), 1, Some(LEASE)), &claim(), 2, &running_state(OLD));
}

#[test]
fn claim_after_the_lease_of_the_last_attempt_exhausts() {
    let Decision::Write(record) = decided(running(other(), 3, Some(LEASE)), &claim()) else { panic!("it writes") };
    let error = "no sign of life from there/2 for 5s".to_owned();
    assert_eq!(record.state, State::Exhausted { series: OLD, cooldown: COOLDOWN, error });
    assert_eq!((record.attempts, &record.holder), (3, &other()), "it stays the dead holder's");
}

#[test]
fn claim_in_a_pause_is_busy_and_afterwards_the_next_attempt() {
    check(waiting(other(), 1, None), &claim(), &Decision::Look);
    check(waiting(other(), 1, Some(PAUSE / 4)), &claim(), &Decision::Busy(PAUSE * 3 / 4));
    check_writes(waiting(other(), 1, Some(PAUSE)), &claim(), 2, &running_state(OLD));
    check_writes(waiting(me(), 0, Some(PAUSE)), &claim(), 1, &running_state(OLD));
}

#[test]
fn claim_without_a_pause_needs_no_age() {
    let state = State::Waiting { series: OLD, pause: Duration::ZERO, error: "no luck".to_owned() };
    check_writes(sighting(other(), 1, None, state), &claim(), 2, &running_state(OLD));
}

#[test]
fn claim_of_what_waits_with_more_attempts_than_mine_allows_exhausts() {
    let Decision::Write(record) = decided(waiting(other(), 3, Some(PAUSE)), &claim()) else { panic!("it writes") };
    assert_eq!(record.state, State::Exhausted { series: OLD, cooldown: COOLDOWN, error: "no luck".to_owned() });
}

#[test]
fn claim_of_the_exhausted_is_given_up_until_the_cooldown_is_over() {
    check(exhausted(other(), None), &claim(), &Decision::Look);
    check(exhausted(other(), Some(COOLDOWN / 3)), &claim(), &Decision::GivenUp(COOLDOWN * 2 / 3));
    check_writes(exhausted(other(), Some(COOLDOWN)), &claim(), 1, &running_state(FRESH));
}

#[test]
fn who_waited_for_the_exhausted_series_is_not_given_another() {
    let awaiting = |awaited| Transition::Claim { fresh: FRESH, awaited: Some(awaited) };
    check(exhausted(other(), Some(COOLDOWN * 2)), &awaiting(OLD), &Decision::GivenUp(Duration::ZERO));
    check_writes(exhausted(other(), Some(COOLDOWN * 2)), &awaiting(Series(9)), 1, &running_state(FRESH));
}

#[test]
fn claim_of_the_done_is_done() {
    check(done(other()), &claim(), &Decision::Done);
    check(done(me()), &claim(), &Decision::Done);
}

#[test]
fn renewal_is_for_the_holder_alone_however_late() {
    for age in [None, Some(Duration::ZERO), Some(LEASE * 3)] {
        check_writes(running(me(), 2, age), &Transition::Renew, 2, &running_state(OLD));
        check(running(other(), 2, age), &Transition::Renew, &Decision::Lost);
    }
    for seen in [None, waiting(me(), 1, None), exhausted(me(), None), done(me())] {
        check(seen, &Transition::Renew, &Decision::Lost);
    }
}

#[test]
fn completion_is_for_the_holder_alone_however_late() {
    let complete = Transition::Complete { value: Value::Json("8".into()), took: TOOK };
    let state = State::Done { value: Value::Json("8".into()) };
    for age in [None, Some(LEASE * 3)] {
        check_writes(running(me(), 2, age), &complete, 2, &state);
        check(running(other(), 2, age), &complete, &Decision::Lost);
    }
    let actor = Actor { nonce: me().nonce, label: &me().label, policy: &policy(), clock: CLOCK };
    let written = decide(running(me(), 2, None).as_ref(), &complete, &actor);
    assert!(matches!(written, Decision::Write(record) if record.took == Some(TOOK)), "how long it took is recorded");
    check(done(me()), &complete, &Decision::Mine);
    for seen in [None, waiting(me(), 1, None), exhausted(me(), None), done(other())] {
        check(seen, &complete, &Decision::Lost);
    }
}

#[test]
fn failure_is_a_pause_or_on_the_last_attempt_the_end() {
    let fail = Transition::Fail("no luck".to_owned());
    let pause = |pause| State::Waiting { series: OLD, pause, error: "no luck".to_owned() };
    check_writes(running(me(), 1, None), &fail, 1, &pause(PAUSE));
    check_writes(running(me(), 2, None), &fail, 2, &pause(PAUSE * 2));
    let end = State::Exhausted { series: OLD, cooldown: COOLDOWN, error: "no luck".to_owned() };
    check_writes(running(me(), 3, None), &fail, 3, &end);
    check(waiting(me(), 1, None), &fail, &Decision::Mine);
    check(exhausted(me(), None), &fail, &Decision::Mine);
    for seen in [None, running(other(), 1, None), waiting(other(), 1, None), exhausted(other(), None), done(me())] {
        check(seen, &fail, &Decision::Lost);
    }
}

#[test]
fn what_is_handed_back_does_not_count() {
    let error = "handed back by here/1".to_owned();
    let state = State::Waiting { series: OLD, pause: Duration::ZERO, error };
    check_writes(running(me(), 2, None), &Transition::HandBack, 1, &state);
    check_writes(running(me(), 1, None), &Transition::HandBack, 0, &state);
    check(waiting(me(), 1, None), &Transition::HandBack, &Decision::Mine);
    for seen in [None, running(other(), 1, None), exhausted(me(), None), done(me())] {
        check(seen, &Transition::HandBack, &Decision::Lost);
    }
}

#[test]
fn a_finished_record_is_kept_as_long_as_people_say_and_an_unfinished_one_for_30_days_at_most() {
    let day = Duration::from_secs(24 * 60 * 60);
    let complete = Transition::Complete { value: Value::Json("8".into()), took: TOOK };
    for (policy, unfinished, finished) in [
        (policy(), day * 30, None),
        (policy().retain(day * 90), day * 30, Some(day * 90)),
        (policy().retain(day), day, Some(day)),
        (policy().retain(LEASE), LEASE * 2, Some(LEASE)),
    ] {
        let actor = Actor { nonce: me().nonce, label: &me().label, policy: &policy, clock: CLOCK };
        let keep = |seen: Option<Sighting>, transition: &Transition| match decide(seen.as_ref(), transition, &actor) {
            Decision::Write(record) => record.keep,
            decision => panic!("nothing is written: {decision:?}"),
        };
        assert_eq!(keep(None, &claim()), Some(unfinished));
        assert_eq!(keep(running(me(), 1, None), &complete), finished);
    }
}

#[test]
fn a_pause_and_a_cooldown_are_over_before_their_record_is_gone() {
    let day = Duration::from_secs(24 * 60 * 60);
    let policy = policy().retain(LEASE).max_attempts(2).backoff(day).cooldown(day * 3);
    let actor = Actor { nonce: me().nonce, label: &me().label, policy: &policy, clock: CLOCK };
    for (attempt, keep) in [(1, day * 2), (2, day * 6)] {
        let fail = Transition::Fail("no luck".to_owned());
        let decision = decide(running(me(), attempt, None).as_ref(), &fail, &actor);
        let Decision::Write(record) = decision else { panic!("nothing is written: {decision:?}") };
        assert_eq!(record.keep, Some(keep), "after attempt {attempt}");
    }
}

#[test]
fn a_record_is_json_that_a_person_can_read() {
    let mut record = Record::clone(&done(me()).expect("there is one").record);
    let text = |record: &Record| String::from_utf8(record.encode().expect("it can be kept")).expect("it is text");
    let nonce = "00000000000000000000000000000001";
    let start = r#"1 {"revision":10,"attempts":2,"holder":"here/1"#;
    assert_eq!(text(&record), format!(r#"{start} {nonce}","keep":50000,"done":7}}"#));
    record.took = Some(TOOK);
    assert_eq!(text(&record), format!(r#"{start} {nonce}","keep":50000,"done":7,"took":12}}"#));
    // As most records are, so there is no need to say it.
    record.attempts = 1;
    assert_eq!(
        text(&record),
        format!(r#"1 {{"revision":10,"holder":"here/1 {nonce}","keep":50000,"done":7,"took":12}}"#)
    );
}

#[test]
fn what_is_no_record_says_why() {
    let decoded = |text: &str| Record::decode(text.as_bytes()).expect_err(text);
    for text in ["2 {}", "12 {}", "{}", "", "x"] {
        assert!(matches!(decoded(text), RecordError::Format(_)), "{text:?}");
    }
    let nonce = "00000000000000000000000000000001";
    let start = format!(r#"1 {{"revision":10,"attempts":2,"holder":"here/1 {nonce}""#);
    for text in [
        "1".to_owned(),
        "1 ".to_owned(),
        "1 {}".to_owned(),
        format!("{start}}}"),
        format!(r#"{start},"running":{{"series":"{nonce}","lease":5000}}}}"#),
        format!(r#"{start},"done":7,"unshared":"both"}}"#),
        format!(r#"{start},"done":7,"more":1}}"#),
        format!(r#"{start},"took":7,"keep":9,"running":{{"series":"{nonce}","lease":5000}}}}"#),
        format!(r#"{start},"done":}}"#),
        format!(r#"1 {{"revision":10,"attempts":2,"holder":"{nonce}","done":7}}"#),
        format!(r#"1 {{"revision":10,"attempts":2,"holder":"here/1 +{}","done":7}}"#, &nonce[1..]),
        format!(r#"1 {{"revision":9007199254740993,"attempts":2,"holder":"here/1 {nonce}","done":7}}"#),
        format!(r#"1 {{"revision":10,"attempts":2,"holder":"here\n/1 {nonce}","done":7}}"#),
    ] {
        assert!(matches!(decoded(&text), RecordError::Mangled(_)), "{text:?}");
    }
    assert!(matches!(Record::decode(b"1 \xff"), Err(RecordError::Mangled(_))));
}

#[test]
fn what_comes_after_the_largest_revision_is_not_written() {
    let mut seen = running(me(), 1, None).expect("there is one");
    Arc::make_mut(&mut seen.record).revision = wire::LAST_REVISION;
    let bytes = seen.record.encode().expect("it is the largest");
    assert_eq!(Record::decode(&bytes).map(Arc::new), Ok(Arc::clone(&seen.record)));
    let Decision::Write(record) = decided(Some(seen), &Transition::Renew) else { panic!("nothing is written") };
    assert_eq!(record.encode(), Err(RecordError::Beyond(wire::LAST_REVISION + 1)));
}

#[test]
fn what_others_wrote_is_repeated_escaped_and_in_part() {
    for text in
        [r#"1 {"\u001b[2J":0}"#.to_owned(), format!(r#"1 {{"{}":0}}"#, "x".repeat(10_000)), "\u{1b}[2J".to_owned()]
    {
        let error = Record::decode(text.as_bytes()).expect_err("it is no record").to_string();
        assert!(!error.contains(char::is_control) && error.len() < 500, "{error:?}");
    }
}

fn any_span() -> impl Strategy<Value = Duration> {
    (0..=u64::from(u32::MAX)).prop_map(Duration::from_millis)
}

fn any_state() -> impl Strategy<Value = State> {
    let series = any::<u128>().prop_map(Series);
    prop_oneof![
        (series.clone(), any_span()).prop_map(|(series, lease)| State::Running { series, lease }),
        (series.clone(), any_span(), any::<String>()).prop_map(|(series, pause, error)| State::Waiting {
            series,
            pause,
            error
        }),
        (series, any_span(), any::<String>()).prop_map(|(series, cooldown, error)| State::Exhausted {
            series,
            cooldown,
            error
        }),
        any::<String>().prop_map(|why| State::Done { value: Value::Unshared(why) }),
        any::<Vec<String>>().prop_map(|value| State::Done { value: Value::encode(&value) }),
        Just(State::Done { value: Value::Json("null".into()) }),
    ]
}

prop_compose! {
    fn any_record()(
        revision in 0..wire::LAST_REVISION,
        attempts in any::<u32>(),
        nonce in any::<u128>(),
        label in "\\PC{0,20}",
        keep in any_span(),
        took in any_span(),
        state in any_state(),
    ) -> Record {
        let took = matches!(state, State::Done { .. }).then_some(took);
        Record { revision, attempts, holder: Holder::new(Nonce(nonce), label), keep: Some(keep), took, state }
    }
}

fn any_transition() -> impl Strategy<Value = Transition> {
    prop_oneof![
        any::<(u128, Option<u128>)>()
            .prop_map(|(fresh, awaited)| Transition::Claim { fresh: Series(fresh), awaited: awaited.map(Series) }),
        Just(Transition::Renew),
        any::<u64>().prop_map(|value| Transition::Complete { value: Value::encode(&value), took: TOOK }),
        any::<String>().prop_map(Transition::Fail),
        Just(Transition::HandBack),
    ]
}

proptest! {
    #[test]
    fn every_record_comes_back_as_it_was(record in any_record()) {
        let bytes = record.encode().expect("it can be kept");
        prop_assert_eq!(Record::decode(&bytes), Ok(record));
    }

    #[test]
    fn no_bytes_are_too_much_for_the_decoder(bytes in any::<Vec<u8>>(), text in "1 \\{.*") {
        let _ = (Record::decode(&bytes), Record::decode(text.as_bytes()));
    }

    #[test]
    fn whatever_is_there_a_write_goes_on_from_it(
        record in any_record(),
        age in proptest::option::of(any_span()),
        transition in any_transition(),
        is_mine in any::<bool>(),
        clock in 0..wire::LAST_REVISION,
    ) {
        let (before, record) = (record.clone(), Arc::new(record));
        let holder = if is_mine { before.holder.clone() } else { Holder::new(Nonce(!before.holder.nonce.0), "here/1") };
        let policy = policy();
        let actor = Actor { nonce: holder.nonce, label: &holder.label, policy: &policy, clock };
        if let Decision::Write(after) = decide(Some(&Sighting { record, age }), &transition, &actor) {
            prop_assert!(before.revision < after.revision, "the revision grows");
            prop_assert!(clock <= after.revision, "and is not behind the store's clock");
            prop_assert!(!matches!(before.state, State::Done { .. }), "what is done stays done");
            prop_assert!(is_mine || matches!(transition, Transition::Claim { .. }), "only the holder goes on");
            let began = matches!((&transition, &after.state), (Transition::Claim { .. }, State::Running { .. }));
            prop_assert!(!began || after.attempts <= policy.max_attempts, "no attempt too many");
            let is_open = !matches!(after.state, State::Done { .. });
            prop_assert!(!is_open || after.keep.is_some(), "what is not done has an age");
            let bytes = after.encode().expect("it can be kept");
            prop_assert_eq!(Record::decode(&bytes).map(Arc::new), Ok(after));
        }
    }

    #[test]
    fn what_has_an_age_is_never_looked_up_again(
        record in any_record(), age in any_span(), transition in any_transition(),
    ) {
        let actor = Actor { nonce: me().nonce, label: &me().label, policy: &policy(), clock: CLOCK };
        let decision = decide(Some(&Sighting { record: Arc::new(record), age: Some(age) }), &transition, &actor);
        prop_assert_ne!(decision, Decision::Look);
    }
}
