//! What a lease cannot do, and what helps: `cargo run --example fencing`. With `--updates N` it has N updates of each
//! kind, with `--seed S` its mishaps are those of an earlier run.
//!
//! A lease keeps two processes from doing a job at the same time, as long as both are awake. A process that stands
//! still for longer than its lease, as one does that is swapped out, debugged, or on a machine that is suspended, is
//! taken for dead. Then it wakes up in the middle of a line, and writes. No lock service can prevent that; it can only
//! hand out a number by which what is written to can tell that somebody else has come since.
//!
//! Here four processes update a ledger under a lease. In each round one of them is stopped (SIGSTOP) between its read
//! and its write, until the others have taken over and are done. Then it goes on, and writes its old copy over theirs.
//! What they wrote is lost, although lockwork and the ledger had told them that it was there. With `Attempt::fence`, the
//! ledger refuses it.
//!
//! Nor can a lease tell whether a process that died had done its work already. In each round of the other half one of
//! the four is killed (SIGKILL) when it has sent a mail and nobody knows yet. The next one sends it again. With
//! `Attempt::idempotency_key`, the outbox knows that it is the same.

#[path = "../support/args.rs"]
mod args;
#[path = "../support/child.rs"]
mod child;
#[path = "../support/display.rs"]
mod display;
#[path = "../support/fleet.rs"]
mod fleet;
mod member;
mod outside;
#[path = "../support/store.rs"]
mod store;

use std::collections::BTreeSet;
use std::fmt;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, RandomState};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, ensure};

use crate::args::Args;
use crate::fleet::{End, Fleet};
use crate::outside::Outside;

const USAGE: &str = "fencing [--updates N] [--seed S]";

const PROCESSES: u32 = 4;

/// How many entries each process makes in a round.
const EACH: u32 = 2;

/// How many entries or mails there are in a round.
const PER_ROUND: u32 = PROCESSES * EACH;

/// The first updates of a round, at one of which its mishap comes: so early that the others have some left.
const EARLY: u64 = 4;

/// What is updated, and what protects it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// The ledger, which takes what anybody writes.
    Unfenced,
    /// The ledger, which compares fences.
    Fenced,
    /// The outbox, which sends whatever it is given.
    Plain,
    /// The outbox, which compares idempotency keys.
    Keyed,
}

/// One fleet's work.
struct Round {
    mode: Mode,
    number: u32,
    /// At which of its updates the mishap comes.
    mishap: usize,
    /// The database of the world outside.
    file: PathBuf,
    /// What the keys of this run have in them, so that no other run has the same.
    run: String,
}

/// What came of a mode.
struct Tally {
    mode: Mode,
    acknowledged: usize,
    mishaps: usize,
    /// How many acknowledged updates are not as they should be.
    wrong: usize,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut args = Args::new();
    let process: Option<usize> = args.value("--process")?;
    if let Some(process) = process {
        return member::run(process, &Round::from_args(args)?).await;
    }
    let updates: u32 = args.value("--updates")?.unwrap_or(48);
    let seed: u64 = args.value("--seed")?.unwrap_or_else(|| RandomState::new().hash_one(()) >> 32);
    args.finish(USAGE)?;
    ensure!((1..=100_000).contains(&updates), "--updates can be 1 to 100000");
    let (url, _) = fleet::shared_store().await?;
    println!("The seed is {seed}.");
    let mut tallies = Vec::new();
    for mode in [Mode::Unfenced, Mode::Fenced, Mode::Plain, Mode::Keyed] {
        println!("{mode}:");
        tallies.push(run(mode, updates.div_ceil(PER_ROUND), seed, &url).await?);
    }
    show(&tallies);
    judge(&tallies)
}

/// All rounds of a mode, and what the world outside looks like after them.
async fn run(mode: Mode, rounds: u32, seed: u64, url: &str) -> anyhow::Result<Tally> {
    let directory = tempfile::tempdir()?;
    let file = directory.path().join("outside.db");
    let outside = Outside::create(&file)?;
    let run = format!("{:016x}", RandomState::new().hash_one(()));
    let mut acknowledged = BTreeSet::new();
    let mut mishaps = 0;
    for number in 0..rounds {
        // The same from the same seed, in every run and in every mode.
        let chance = BuildHasherDefault::<DefaultHasher>::new().hash_one((seed, number));
        let mishap = usize::try_from(chance % EARLY)?;
        let round = Round { mode, number, mishap, file: file.clone(), run: run.clone() };
        let fleet = Fleet::start(usize::try_from(PROCESSES)?, &round.to_args()?, url)?;
        let kills = |doing: &str| doing.starts_with(member::SENT).then_some(Duration::ZERO);
        for process in fleet.watch(kills).await? {
            ensure!(process.end != End::Badly, "{} did not end well", process.name);
            acknowledged.extend(process.results("acknowledged").into_iter().map(str::to_owned));
            mishaps += process.results("mishap").len();
        }
    }
    let mut wrong = 0;
    let ledger = outside.ledger()?;
    for update in &acknowledged {
        let is_right = match mode {
            Mode::Unfenced | Mode::Fenced => ledger.lines().any(|entry| entry == update),
            Mode::Plain | Mode::Keyed => outside.times_sent(update.parse()?)? == 1,
        };
        wrong += usize::from(!is_right);
    }
    Ok(Tally { mode, acknowledged: acknowledged.len(), mishaps, wrong })
}

fn show(tallies: &[Tally]) {
    println!();
    println!("{:44}  acknowledged  mishaps     of the acknowledged", "");
    for Tally { mode, acknowledged, mishaps, wrong } in tallies {
        let (happened, became) = match mode {
            Mode::Unfenced | Mode::Fenced => ("stopped", "lost"),
            Mode::Plain | Mode::Keyed => ("killed", "sent twice"),
        };
        let share = *wrong as f64 / *acknowledged as f64 * 100.0;
        let mode = mode.to_string();
        println!("{mode:44}  {acknowledged:12}  {mishaps:3} {happened:7}  {wrong:3} {became}, {share:.1} %");
    }
}

/// What must be so, whatever the seed.
fn judge(tallies: &[Tally]) -> anyhow::Result<()> {
    for Tally { mode, acknowledged, mishaps, wrong } in tallies {
        ensure!(0 < *acknowledged && 0 < *mishaps, "{mode}: nothing happened");
        match mode {
            Mode::Unfenced | Mode::Plain => ensure!(0 < *wrong, "{mode}: the mishaps did no harm"),
            Mode::Fenced | Mode::Keyed => ensure!(*wrong == 0, "{mode}: {wrong} updates went wrong"),
        }
    }
    Ok(())
}

impl Round {
    fn from_args(mut args: Args) -> anyhow::Result<Self> {
        let missing = "a process of a fleet is started by its parent";
        let round = Self {
            mode: args.value("--mode")?.context(missing)?,
            number: args.value("--round")?.context(missing)?,
            mishap: args.value("--mishap")?.context(missing)?,
            file: args.value("--file")?.context(missing)?,
            run: args.value("--run")?.context(missing)?,
        };
        args.finish(USAGE)?;
        Ok(round)
    }

    fn to_args(&self) -> anyhow::Result<Vec<String>> {
        let file = self.file.to_str().context("the directory for temporary files has no name in Unicode")?;
        let [number, mishap] = [self.number.to_string(), self.mishap.to_string()];
        let args = ["--mode", self.mode.name(), "--round", &number, "--mishap", &mishap, "--file", file];
        Ok([&args[..], &["--run", &self.run]].concat().into_iter().map(str::to_owned).collect())
    }
}

impl Mode {
    fn name(self) -> &'static str {
        match self {
            Self::Unfenced => "unfenced",
            Self::Fenced => "fenced",
            Self::Plain => "plain",
            Self::Keyed => "keyed",
        }
    }
}

impl FromStr for Mode {
    type Err = std::io::Error;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let modes = [Self::Unfenced, Self::Fenced, Self::Plain, Self::Keyed];
        let mode = modes.into_iter().find(|mode| mode.name() == name);
        mode.ok_or_else(|| std::io::Error::other("there is no such mode"))
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unfenced => "ledger under a lease alone",
            Self::Fenced => "ledger that compares `Attempt::fence`",
            Self::Plain => "mails under a lease alone",
            Self::Keyed => "mails with `Attempt::idempotency_key`",
        })
    }
}
