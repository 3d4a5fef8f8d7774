//! The examples as people run them, on SQLite and on Redis: what they print, and how they end.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use lockwork_test_support::RedisServer;
use tempfile::TempDir;

/// Which store an example is told to use.
enum Store {
    /// The one that it takes when it is told none, in its directory for temporary files.
    Sqlite,
    /// A server of the test's own, as an application's keys are the same in every run.
    Redis(Box<RedisServer>),
}

/// How often a run is asked whether it has ended, and the pause between two times.
const QUESTIONS: u32 = 2400;
const BETWEEN_QUESTIONS: Duration = Duration::from_millis(25);

/// The lines of a run that went well.
struct Lines(Vec<String>);

impl Lines {
    /// Those that have all of `parts`.
    fn with(&self, parts: &[&str]) -> Vec<&str> {
        self.0.iter().map(String::as_str).filter(|line| parts.iter().all(|part| line.contains(part))).collect()
    }

    #[track_caller]
    fn assert_count(&self, parts: &[&str], count: usize) {
        assert_eq!(self.with(parts).len(), count, "{parts:?} in:\n{}", self.0.join("\n"));
    }

    /// What stands between `before` and `after` in the lines that have both.
    fn between(&self, before: &str, after: &str) -> Vec<&str> {
        self.0.iter().filter_map(|line| Some(line.split_once(before)?.1.split_once(after)?.0)).collect()
    }
}

/// Runs an example, and returns how it ended and what it printed.
fn run(example: &str, args: &[&str], url: Option<&str>, dir: &Path) -> (Option<i32>, String) {
    let output = dir.join("output");
    let file = File::create(&output).expect("the output has a file");
    let mut command = Command::new(program(example));
    command.args(args).env("TMPDIR", dir).env_remove("LOCKWORK_URL").stdin(Stdio::null());
    if let Some(url) = url {
        command.env("LOCKWORK_URL", url);
    }
    command.stdout(file.try_clone().expect("the file can be had twice")).stderr(file);
    let mut child = command.spawn().expect("the example starts");
    for _ in 0..QUESTIONS {
        if let Some(status) = child.try_wait().expect("the example can be asked") {
            return (status.code(), fs::read_to_string(&output).expect("the output can be read"));
        }
        sleep(BETWEEN_QUESTIONS);
    }
    child.kill().expect("the example can be killed");
    panic!("{example} {args:?} did not end:\n{}", fs::read_to_string(&output).unwrap_or_default());
}

/// `cargo test` builds the examples beside the tests.
fn program(example: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own file");
    let profile = test.parent().and_then(Path::parent).expect("it is in the `deps` of its profile");
    let program = profile.join("examples").join(format!("{example}{}", std::env::consts::EXE_SUFFIX));
    assert!(program.exists(), "{} is missing: run `cargo build --examples`", program.display());
    program
}

impl Store {
    /// Runs an example that has to end well.
    #[track_caller]
    fn run(&self, example: &str, args: &[&str], dir: &TempDir) -> Lines {
        let url = match self {
            Self::Sqlite => None,
            Self::Redis(server) => Some(server.url()),
        };
        let (code, output) = run(example, args, url.as_deref(), dir.path());
        assert_eq!(code, Some(0), "{example} {args:?}:\n{output}");
        let lines = Lines(output.lines().map(str::to_owned).collect());
        let scheme = match self {
            Self::Sqlite => "sqlite:",
            Self::Redis(_) => "redis://",
        };
        lines.assert_count(&["The store is", scheme], 1);
        lines
    }
}

fn dir() -> TempDir {
    tempfile::tempdir().expect("a temporary directory can be made")
}

fn one_of_four_migrates(store: &Store) {
    let dir = dir();

    let first = store.run("startup_migrations", &[], &dir);
    first.assert_count(&["begins attempt"], 1);
    first.assert_count(&[")  waits for library:migrate-to-5", "is at attempt 1"], 3);
    assert_eq!(applied(&first), ["0001", "0002", "0003", "0004", "0005"]);
    let holder = the_answer(&first, 4);
    first.assert_count(&["4 processes, one answer: 5 migrations in place", &holder, "In this run process"], 1);

    let second = store.run("startup_migrations", &[], &dir);
    second.assert_count(&["begins attempt"], 0);
    second.assert_count(&["waits for"], 0);
    assert_eq!(the_answer(&second, 4), holder);
    second.assert_count(&["In this run nobody ran it."], 1);

    let other = store.run("without_macro", &[], &dir);
    other.assert_count(&["5 migrations are in place, done before", &holder], 1);
}

fn another_takes_over_when_the_first_is_killed(store: &Store) {
    let dir = dir();

    let crash = store.run("startup_migrations", &["--crash"], &dir);
    crash.assert_count(&["killed with SIGKILL while it applies 0004"], 1);
    crash.assert_count(&["takes over library:migrate-to-5", "attempt 1 is given up"], 1);
    assert_eq!(applied(&crash), ["0001", "0002", "0003", "0004", "0004", "0005"]);
    crash.assert_count(&["In the database: 1 to 3 in attempt 1", "4 to 5 in attempt 2"], 1);
    let holder = the_answer(&crash, 3);

    assert_eq!(the_answer(&store.run("startup_migrations", &[], &dir), 4), holder);

    let fresh = store.run("startup_migrations", &["--fresh"], &dir);
    assert_ne!(the_answer(&fresh, 4), holder);
    fresh.assert_count(&["In the database: 1 to 5 in attempt 1"], 1);
}

/// What the processes began to apply, in order.
fn applied(lines: &Lines) -> Vec<&str> {
    lines.between(")  applies ", "_")
}

/// From whom all of `count` processes have the same answer.
#[track_caller]
fn the_answer(lines: &Lines, count: usize) -> String {
    let answers = lines.between("got the answer 5 from ", ", and sees 36 books, lent 70000 times, 1260 pairs");
    assert_eq!(answers.len(), count, "{}", lines.0.join("\n"));
    let answers: BTreeSet<&str> = answers.into_iter().collect();
    assert_eq!(answers.len(), 1, "{}", lines.0.join("\n"));
    answers.into_iter().collect()
}

fn a_cluster_succeeds_once(store: &Store) {
    let lines = store.run("cluster", &["--workers", "8", "--chance", "100"], &dir());
    lines.assert_count(&["begins attempt 1"], 1);
    lines.assert_count(&["completed cluster:", "in attempt 1"], 8);
    lines.assert_count(&["learnt that", "completed cluster:"], 7);
    lines.assert_count(&["got the answer", "which attempt 1 of 5 found"], 8);
    lines.assert_count(&["8 workers, one fate:", "completed it in attempt 1"], 1);
}

fn a_cluster_gives_up_after_the_last_attempt(store: &Store) {
    let lines = store.run("cluster", &["--workers", "3", "--chance", "0"], &dir());
    lines.assert_count(&["begins attempt"], 5);
    lines.assert_count(&["begins attempt 5, the last one"], 1);
    lines.assert_count(&["got no answer: no luck in attempt 5"], 1);
    lines.assert_count(&["got no answer: job `cluster:", "gave up after 5 attempts"], 2);
    lines.assert_count(&["3 workers, one fate: all attempts are spent."], 1);
}

fn each_slot_is_done_once(store: &Store) {
    let lines = store.run("scheduled_task", &["--slots", "3"], &dir());
    lines.assert_count(&["killed with SIGKILL while it writes"], 1);
    lines.assert_count(&["takes over report@"], 1);
    lines.assert_count(&["  report@", "done in attempt 2 by"], 1);
    lines.assert_count(&["slots, each done exactly once"], 1);
}

fn another_scheduler_does_each_slot_once(store: &Store) {
    let lines = store.run("with_tokio_cron_scheduler", &["--slots", "2"], &dir());
    lines.assert_count(&["  report@", "done in attempt 1 by"], 2);
    lines.assert_count(&["2 slots, each done exactly once"], 1);
}

fn a_late_write_harms_unless_it_is_fenced_and_a_second_mail_goes_out_unless_it_has_a_key(store: &Store) {
    let lines = store.run("fencing", &["--updates", "16", "--seed", "7"], &dir());
    lines.assert_count(&["The seed is 7."], 1);
    lines.assert_count(&["stopped with SIGSTOP while it is about to write the ledger"], 4);
    lines.assert_count(&["killed with SIGKILL while it has sent a mail"], 4);
    // On a busy machine there may be harm beyond that of the mishaps.
    lines.assert_count(&["ledger under a lease alone", "16    2 stopped"], 1);
    lines.assert_count(&["ledger under a lease alone", " 0 lost"], 0);
    lines.assert_count(&["ledger that compares `Attempt::fence`", "16    2 stopped    0 lost, 0.0 %"], 1);
    lines.assert_count(&["mails under a lease alone", "16    2 killed"], 1);
    lines.assert_count(&["mails under a lease alone", " 0 sent twice"], 0);
    lines.assert_count(&["mails with `Attempt::idempotency_key`", "16    2 killed     0 sent twice, 0.0 %"], 1);
}

macro_rules! on_every_store {
    ($($case:ident)*) => {
        mod sqlite {
            $(#[test] fn $case() { super::$case(&super::Store::Sqlite); })*
        }
        mod redis {
            $(#[test] fn $case() { super::$case(&super::Store::Redis(Box::new(super::RedisServer::start()))); })*
        }
    };
}

on_every_store! {
    one_of_four_migrates
    another_takes_over_when_the_first_is_killed
    a_cluster_succeeds_once
    a_cluster_gives_up_after_the_last_attempt
    each_slot_is_done_once
    another_scheduler_does_each_slot_once
    a_late_write_harms_unless_it_is_fenced_and_a_second_mail_goes_out_unless_it_has_a_key
}

#[test]
fn a_store_that_processes_cannot_share_is_refused() {
    for example in ["startup_migrations", "cluster", "scheduled_task", "with_tokio_cron_scheduler", "fencing"] {
        let (code, output) = run(example, &[], Some("memory:"), dir().path());
        assert_eq!(code, Some(2), "{output}");
        assert!(output.contains("the memory of one process"), "{output}");
    }
    let (code, output) = run("without_macro", &[], Some("memory:"), dir().path());
    assert_eq!(code, Some(0), "{output}");
}

#[test]
fn no_password_is_shown() {
    for url in ["redis://me:sec/ret@127.0.0.1/", "redis+unix:///socket?db=x&pass=secret", "redis://:sec/ret@[::1"] {
        let (code, output) = run("cluster", &["--workers", "1"], Some(url), dir().path());
        assert_eq!(code, Some(1), "{output}");
        assert!(output.contains("The store is redis") && !output.contains("sec"), "{output}");
    }
}
