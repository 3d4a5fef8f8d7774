//! Tables of slots, and the daylight saving of two zones.

use super::*;

#[cfg(feature = "cron")]
mod never;

fn at(text: &str) -> Duration {
    let time = humantime::parse_rfc3339(text).expect("the test writes it so");
    time.duration_since(UNIX_EPOCH).expect("it is after 1970")
}

fn per(period: Duration) -> Schedule {
    Schedule::parse(&Timing::per(period)).expect("it can be one")
}

/// The slots that begin after `from` and up to `to`.
#[cfg(feature = "cron")]
fn slots(schedule: &Schedule, from: &str, to: &str) -> Vec<String> {
    let mut slots = Vec::new();
    let mut time = at(from);
    while let Some(next) = schedule.next_after(time) {
        if at(to) < next.begin() {
            break;
        }
        time = next.begin();
        assert_eq!(schedule.slot_at(time), next, "a slot has begun when it begins");
        let before = schedule.slot_at(time - Duration::from_millis(1));
        assert!(before < next, "and not before: {before} {next}");
        slots.push(next.to_string());
    }
    slots
}

#[test]
fn periods_are_counted_from_1970() {
    let table = [
        (600_000, "2026-11-23T02:04:59Z", "2026-11-23T02:00:00Z", "2026-11-23T02:10:00Z"),
        (600_000, "2026-11-23T02:10:00Z", "2026-11-23T02:10:00Z", "2026-11-23T02:20:00Z"),
        (1000, "2026-11-23T02:04:59.999Z", "2026-11-23T02:04:59Z", "2026-11-23T02:05:00Z"),
        (250, "2026-11-23T02:04:59.300Z", "2026-11-23T02:04:59.250Z", "2026-11-23T02:04:59.500Z"),
        (250, "2026-11-23T02:04:59Z", "2026-11-23T02:04:59.000Z", "2026-11-23T02:04:59.250Z"),
        (7 * 86_400_000, "2026-11-23T02:04:59Z", "2026-11-19T00:00:00Z", "2026-11-26T00:00:00Z"),
    ];
    for (period, now, slot, next) in table {
        let schedule = per(Duration::from_millis(period));
        assert_eq!(schedule.slot_at(at(now)).to_string(), slot);
        assert_eq!(schedule.next_after(at(now)).map(|next| next.to_string()).as_deref(), Some(next));
    }
}

#[test]
fn a_slot_is_read_back_from_its_key() {
    for period in [1, 250, 1000, 86_400_000] {
        let slot = per(Duration::from_millis(period)).slot_at(at("2026-11-23T02:04:59.303Z"));
        assert_eq!(slot_of(&format!("a@b@{slot}")), Some(UNIX_EPOCH + slot.begin()));
    }
    for key in
        ["report", "report@", "report@noon", "report@2026-11-23", "a@2026-11-23 02:00:00Z", "a@2026-11-23T02:00:00"]
    {
        assert_eq!(slot_of(key), None, "{key}");
    }
}

#[test]
fn a_record_is_kept_for_a_week_or_until_the_second_next_slot() {
    let day = Duration::from_secs(86_400);
    let retain = |schedule: &Schedule| schedule.default_retain(schedule.slot_at(at("2026-11-23T02:04:59Z")));
    assert_eq!(retain(&per(day)), 7 * day);
    assert_eq!(retain(&per(30 * day)), 60 * day);
}

#[test]
fn periods_that_cannot_be_are_told_in_words() {
    let wrong = [
        (Duration::ZERO, "must not be zero"),
        (Duration::from_micros(1500), "whole number of milliseconds"),
        (LONGEST_PERIOD + Duration::from_millis(1), "at most a year"),
    ];
    for (period, why) in wrong {
        let error = Schedule::parse(&Timing::per(period)).expect_err(why);
        assert!(error.starts_with("`per`") && error.contains(why), "{error}");
    }
}

#[cfg(not(feature = "cron"))]
#[test]
fn a_cron_expression_without_its_feature_is_told_which() {
    let error = Schedule::parse(&Timing::cron("0 3 * * *", "UTC")).expect_err("it is off");
    assert!(error.contains("feature `cron`"), "{error}");
}

#[cfg(feature = "cron")]
mod cron {
    use std::sync::Arc;

    use super::*;

    fn cron(expression: &str, tz: &str) -> Schedule {
        Schedule::parse(&Timing::cron_of(expression, tz)).unwrap_or_else(|error| panic!("{error}"))
    }

    /// The slots of two days around a change of the clock.
    fn around(expression: &str, tz: &str, day: &str) -> Vec<String> {
        let from = format!("{day}T00:00:00Z");
        let to = humantime::format_rfc3339_seconds(UNIX_EPOCH + at(&from) + Duration::from_secs(30 * 3600)).to_string();
        let slots = slots(&cron(expression, tz), &from, &to);
        slots.iter().map(|slot| slot["2026-".len().."2026-11-23T02:00".len()].to_owned()).collect()
    }

    #[test]
    fn a_local_time_that_does_not_exist_begins_after_the_gap() {
        // Berlin's clock goes from 2:00 to 3:00 on 29 March, at 1:00 UTC; New York's on 8 March, at 7:00 UTC.
        assert_eq!(around("30 2 * * *", "Europe/Berlin", "2026-03-29"), ["03-29T01:00", "03-30T00:30"]);
        assert_eq!(around("30 2 * * *", "America/New_York", "2026-03-08"), ["03-08T07:00"]);
        assert_eq!(
            around("0,30 2,3 * * *", "Europe/Berlin", "2026-03-29")[..3],
            ["03-29T01:00", "03-29T01:30", "03-30T00:00"]
        );
        assert_eq!(
            around("0 2,14 * * *", "America/New_York", "2026-03-08"),
            ["03-08T07:00", "03-08T18:00", "03-09T06:00"]
        );
        // Lord Howe's goes from 2:00 to 2:30 on 4 October, at 15:30 UTC of the day before.
        assert_eq!(around("15 2 * * *", "Australia/Lord_Howe", "2026-10-03"), ["10-03T15:30"]);
        assert_eq!(around("0,15,30 2 * * *", "Australia/Lord_Howe", "2026-10-03"), ["10-03T15:30"]);
    }

    #[test]
    fn a_local_time_that_exists_twice_begins_once() {
        // Berlin's clock goes from 3:00 to 2:00 on 25 October, at 1:00 UTC; New York's on 1 November, at 6:00 UTC.
        assert_eq!(around("30 2 * * *", "Europe/Berlin", "2026-10-25"), ["10-25T00:30", "10-26T01:30"]);
        assert_eq!(around("30 1 * * *", "America/New_York", "2026-11-01"), ["11-01T05:30"]);
        let hourly = around("0,30 1-3 * * *", "Europe/Berlin", "2026-10-25");
        assert_eq!(hourly[..4], ["10-25T00:30", "10-25T02:00", "10-25T02:30", "10-26T00:00"]);
        // In the second of the two hours the slot of the first one is the latest. It is asked there first: nothing is
        // remembered of this expression yet.
        let daily = cron("31 2 * * *", "Europe/Berlin");
        for time in ["2026-10-25T01:15:00Z", "2026-10-25T01:45:00Z", "2026-10-25T00:31:00Z"] {
            assert_eq!(daily.slot_at(at(time)).to_string(), "2026-10-25T00:31:00Z", "{time}");
        }
        // Lord Howe's goes from 2:00 to 1:30 on 5 April, at 15:00 UTC of the day before.
        assert_eq!(around("15,45 1 * * *", "Australia/Lord_Howe", "2026-04-04"), ["04-04T14:15", "04-04T14:45"]);
    }

    #[test]
    fn what_comes_again_and_again_goes_on_through_every_change() {
        for (tz, day) in [
            ("Europe/Berlin", "2026-03-29"),
            ("Europe/Berlin", "2026-10-25"),
            ("America/New_York", "2026-03-08"),
            ("America/New_York", "2026-11-01"),
            ("Australia/Lord_Howe", "2026-04-04"),
            ("Australia/Lord_Howe", "2026-10-03"),
        ] {
            let slots = around("*/15 * * * *", tz, day);
            assert_eq!(slots.len(), 30 * 4, "{slots:?}");
        }
    }

    #[test]
    fn what_goes_with_the_clock_on_the_wall_has_no_slot_in_a_gap_and_two_in_what_comes_twice() {
        assert_eq!(
            around("30 * * * *", "Europe/Berlin", "2026-03-29")[..3],
            ["03-29T00:30", "03-29T01:30", "03-29T02:30"]
        );
        assert_eq!(around("*/30 2 * * *", "Europe/Berlin", "2026-03-29"), ["03-30T00:00", "03-30T00:30"]);
        assert_eq!(
            around("0,30 2 * * *", "Europe/Berlin", "2026-03-29"),
            ["03-29T01:00", "03-30T00:00", "03-30T00:30"]
        );
        assert_eq!(
            around("*/30 1 * * *", "America/New_York", "2026-11-01"),
            ["11-01T05:00", "11-01T05:30", "11-01T06:00", "11-01T06:30", "11-02T06:00"]
        );
        assert_eq!(
            around("*/15 1 * * *", "Australia/Lord_Howe", "2026-04-04"),
            ["04-04T14:00", "04-04T14:15", "04-04T14:30", "04-04T14:45", "04-04T15:00", "04-04T15:15"]
        );
    }

    #[test]
    fn what_cannot_be_is_told_in_words() {
        let wrong = [
            ("0 3 * *", "UTC", "it takes five"),
            ("0 0 3 * * *", "UTC", "without seconds"),
            ("@daily", "UTC", "write `0 0 * * *`"),
            ("60 3 * * *", "UTC", "in `cron` \"60 3 * * *\", the minute `60` cannot be"),
            ("0 0 31 2 *", "UTC", "never comes"),
            ("0 3 * * *", "Mars/Phobos", "\"Mars/Phobos\" is none"),
            ("0 3 * * *", "europe/berlin", "write \"Europe/Berlin\""),
            ("0 3 * * *", "", "time zone"),
        ];
        for (expression, tz, why) in wrong {
            let error = Schedule::parse(&Timing::cron_of(expression, tz)).expect_err(expression);
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn what_is_remembered_of_the_last_question_changes_no_answer() {
        for (expression, tz) in [("30 2,3 * * *", "Europe/Berlin"), ("*/20 * * * *", "Australia/Lord_Howe")] {
            let parse = || crate::schedule::cron::Cron::parse(expression, tz).expect("it is one");
            let fresh = || Schedule::Cron(Arc::new(parse()));
            let asked = fresh();
            let (start, step) = (at("2026-03-01T00:00:00Z"), Duration::from_secs(1234));
            for number in 0..300_u32 {
                // On, back, and far away.
                let steps = match number % 3 {
                    0 => number,
                    1 => number / 3,
                    _ => 17_000 - number * 37,
                };
                let time = start + step * steps;
                // What is asked of it first is searched for.
                assert_eq!(asked.next_after(time), fresh().next_after(time));
                assert_eq!(asked.slot_at(time), fresh().slot_at(time));
            }
        }
    }

    #[test]
    fn a_rare_slot_is_kept_until_the_second_next() {
        let schedule = cron("0 0 29 2 *", "UTC");
        let slot = schedule.slot_at(at("2026-11-23T02:00:00Z"));
        assert_eq!(slot.to_string(), "2024-02-29T00:00:00Z");
        assert_eq!(schedule.default_retain(slot), at("2032-02-29T00:00:00Z") - slot.begin());
    }
}
