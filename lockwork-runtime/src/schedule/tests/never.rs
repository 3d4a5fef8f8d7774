//! Whether a date ever comes: our answer, and the library's that searches the calendar.

use croner::parser::{CronParser, Seconds, Year};
use jiff::civil::DateTime;
use proptest::prelude::*;
use proptest::sample::select;

/// Three fields that name few days.
fn days() -> impl Strategy<Value = String> {
    let day = prop_oneof![
        4 => (27..=31_u32).prop_map(|day| day.to_string()),
        1 => (1..=31_u32).prop_map(|day| day.to_string()),
        2 => (28..=31_u32).prop_map(|day| format!("{day}W")),
        2 => select(vec!["*", "L", "LW", "1-7", "22-28", "29-31", "*/29", "30,31"]).prop_map(str::to_owned),
    ];
    let month = select(vec!["*", "2", "2", "2", "4,6", "feb,nov", "jan", "2,4,6,9,11"]);
    let weekday = prop_oneof![
        3 => Just("*".to_owned()),
        3 => (0..=7_u32, 1..=5).prop_map(|(day, which)| format!("+{day}#{which}")),
        1 => (0..=6_u32).prop_map(|day| format!("+{day}L")),
        1 => select(vec!["+mon", "+mon-fri", "+sat,sun", "mon#5", "friL", "+tue#1,thu#3"]).prop_map(str::to_owned),
    ];
    (day, month, weekday).prop_map(|(day, month, weekday)| format!("0 0 {day} {month} {weekday}"))
}

proptest! {
    // A search that finds nothing takes its time.
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_date_that_never_comes_is_one_that_no_search_finds(expression in days()) {
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let parsed = parser.parse(&expression).expect("it is in the notation");
        let found = parsed.find_next_occurrence(&DateTime::constant(2000, 1, 1, 0, 0, 0, 0), true);
        let said = lockwork_cron::check(&expression);
        prop_assert_eq!(found.is_ok(), said.is_ok(), "{}: {:?} {:?}", expression, found, said);
    }
}
