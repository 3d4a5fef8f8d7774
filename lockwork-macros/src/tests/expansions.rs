//! One file for each set of arguments: the attribute with its function, and what becomes of it.

use expect_test::{ExpectFile, expect_file};

use super::expand;

#[track_caller]
fn check(args: &str, item: &str, expected: ExpectFile) {
    let file = syn::parse2(expand(args, item)).expect("the output is a file of items");
    let output = prettyplease::unparse(&file);
    let input: String = format!("#[global_once({args})]\n{item}").lines().map(|line| format!("//! {line}\n")).collect();
    expected.assert_eq(&format!("{input}\n{output}"));
}

#[test]
fn the_shortest() {
    check(
        r#"key = "migrate""#,
        "async fn migrate() -> Result<(), Error> { work().await }",
        expect_file!["../../snapshots/shortest.rs"],
    );
}

#[test]
fn every_argument_as_a_literal() {
    check(
        r#"key = "{{a}}", timeout = "5s", max_attempts = 3, backoff_ms = 0, retain = "30d", cooldown_ms = 10,
           wait = "1min", max_run_ms = 60_000, worker = &WORKER, crate = crate::facade"#,
        "pub(crate) async fn job() -> Result<u32, Error> { Ok(1) }",
        expect_file!["../../snapshots/literals.rs"],
    );
}

#[test]
fn constants() {
    check(
        r#"key = KEY, timeout_ms = LEASE_MS, max_attempts = ATTEMPTS, retain = RETAIN"#,
        "async fn job<T: Shared>(value: &T) -> Result<u32, Error> { Ok(1) }",
        expect_file!["../../snapshots/constants.rs"],
    );
}

#[test]
fn constants_of_the_type_around_it() {
    check(
        r#"key = "job", timeout_ms = Self::LEASE_MS, retain_ms = N * 1000"#,
        "async fn job<const N: u64>() -> Result<u32, Error> { Ok(1) }",
        expect_file!["../../snapshots/generic_constants.rs"],
    );
}

#[test]
fn every_kind_of_parameter() {
    check(
        r#"key = "job:{day}:{a}", retain = "forever""#,
        "async fn job(day: u32, name: &str, out: &mut Vec<u8>, mut rest: String, (a, mut b): (u8, &mut u8),
            #[cfg(unix)] uid: u32, _: u8, #[attempt] attempt: &Attempt) -> Result<u32, Error> { Ok(1) }",
        expect_file!["../../snapshots/parameters.rs"],
    );
}

#[test]
fn a_mutable_receiver() {
    check(
        r#"key = "job:{self}", retain = "1h""#,
        "async fn job(&mut self) -> Result<u32, Error> { self.count += 1; println!(\"{self}\"); Ok(self.count) }",
        expect_file!["../../snapshots/mutable_receiver.rs"],
    );
}

#[test]
fn a_receiver_by_value() {
    check(
        r#"key = "job""#,
        "async fn job(mut self: Box<Self>) -> Result<u32, Error> { self.bump(); Ok(self.count) }",
        expect_file!["../../snapshots/receiver_by_value.rs"],
    );
}

#[test]
fn a_boxed_future() {
    check(
        r#"key = "job""#,
        "fn job<'a>(&'a self, day: u32) -> Pin<Box<dyn Future<Output = Result<u32, Error>> + Send + 'a>>
        { Box::pin(async move { let day = day; Ok(day) }) }",
        expect_file!["../../snapshots/boxed_future.rs"],
    );
}

#[test]
fn a_slot_for_each_period() {
    check(
        r#"key = "sweep:{tenant}", per = "10m", retain = "forever", timeout = LEASE"#,
        "async fn sweep(tenant: &str) -> Result<u32, Error> { Ok(1) }",
        expect_file!["../../snapshots/per.rs"],
    );
}

#[test]
fn a_slot_for_each_constant_period() {
    check(
        r#"key = "sweep", per_ms = PERIOD_MS, retain = "30d""#,
        "async fn sweep() -> Result<u32, Error> { Ok(1) }",
        expect_file!["../../snapshots/constant_per.rs"],
    );
}

#[test]
fn a_slot_for_each_period_of_the_type_around_it() {
    check(
        r#"key = "sweep", per = Self::PERIOD"#,
        "async fn sweep(&self) -> Result<u32, Error> { Ok(1) }",
        expect_file!["../../snapshots/generic_per.rs"],
    );
}

#[cfg(feature = "cron")]
#[test]
fn a_slot_for_each_time_of_a_cron_expression() {
    check(
        r#"key = "report", cron = "0 3 * * *", tz = "Europe/Berlin", timeout_ms = 5000, max_attempts = 3"#,
        "async fn report(pool: &PgPool) -> anyhow::Result<u64> { Ok(1) }",
        expect_file!["../../snapshots/cron.rs"],
    );
}

#[test]
fn mistakes() {
    check(
        r#"kee = "job", timeout_ms = 0"#,
        "/// Works.\nasync fn job(mut day: u32, #[attempt] attempt: &Attempt) -> Result<u32, Error> { Ok(day) }",
        expect_file!["../../snapshots/mistakes.rs"],
    );
}
