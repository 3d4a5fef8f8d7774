//! The three processes: started, killed and started again, until there are slots enough. Judges nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::Context;
use lockwork::{State, Worker, slot_of};
use lockwork_fleet::member::{self, Member};
use lockwork_fleet::moment;
use lockwork_test_support::draw;
use tokio::time::sleep;

use crate::verdict::{Done, Note};
use crate::wrong_clocks::{CLOCKS, WrongClock, WrongClocks};

const NAMESPACE: &str = "slots";

/// lockwork's default, in milliseconds.
const LEASE: &str = "5000";

/// How long a job takes, in milliseconds.
const WORK: &str = "1";

/// How often the records are looked at.
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// How long after the beginning of a slot a process is killed at the latest, in microseconds. Then somebody claims it,
/// does it, or completes it.
const LATEST_KILL: u64 = 10_000;

/// What is to be done.
pub(crate) struct Run<'a> {
    pub(crate) url: &'a str,
    /// The file for what the processes note.
    pub(crate) notes: &'a Path,
    pub(crate) slots: usize,
    pub(crate) kill_every: Option<usize>,
}

/// What was done.
pub(crate) struct Ran {
    /// As many slots as were asked for, from the first one on.
    pub(crate) records: Vec<Done>,
    pub(crate) notes: Vec<Note>,
    pub(crate) killed: BTreeSet<u32>,
    clocks: BTreeMap<u32, &'static str>,
}

struct Fleet<'a> {
    run: &'a Run<'a>,
    clocks: WrongClocks,
    /// Which clock each process had that there ever was.
    had: BTreeMap<u32, &'static str>,
}

impl Fleet<'_> {
    /// Starts a process, and waits until it is at work.
    fn start(&mut self, clock: WrongClock) -> anyhow::Result<Member> {
        let mut command = Command::new(member::program()?);
        let notes = self.run.notes.to_str().context("temporary paths are Unicode")?;
        command.args([self.run.url, NAMESPACE, "slots", notes, LEASE, WORK]);
        self.clocks.set(clock, &mut command);
        let member = Member::spawn(command);
        clock.check(member.hears("ready ").parse()?, moment::now())?;
        self.had.insert(member.id(), clock.name);
        Ok(member)
    }
}

/// Lets the processes go on until so many slots are done.
pub(crate) async fn run(run: &Run<'_>) -> anyhow::Result<Ran> {
    let worker = Worker::builder(run.url).namespace(NAMESPACE).patience(Duration::from_secs(60)).connect().await?;
    let mut fleet = Fleet { run, clocks: WrongClocks::find()?, had: BTreeMap::new() };
    let mut members = Vec::new();
    for clock in CLOCKS {
        members.push(fleet.start(clock)?);
    }
    let mut killed = BTreeSet::new();
    loop {
        let records = records(&worker).await?;
        // The later ones may be done before one whose holder was killed.
        let done = records.iter().take_while(|record| record.holder.is_some()).count();
        if run.slots <= done {
            break;
        }
        if run.kill_every.is_some_and(|every| (killed.len() + 1) * every <= done) {
            let doomed = killed.len() % CLOCKS.len();
            let late = draw(0, killed.len()) % LATEST_KILL;
            sleep(Duration::from_micros(1_000_000 - moment::now() % 1_000_000 + late)).await;
            let member = members.remove(doomed);
            killed.insert(member.id());
            member.kill();
            members.insert(doomed, fleet.start(CLOCKS[doomed])?);
        }
        sleep(BETWEEN_LOOKS).await;
    }
    // What is still under way now is nobody's fault.
    drop(members);
    let mut records = records(&worker).await?;
    records.truncate(run.slots);
    let notes = std::fs::read_to_string(run.notes)?.lines().map(Note::parse).collect::<anyhow::Result<_>>()?;
    Ok(Ran { records, notes, killed, clocks: fleet.had })
}

/// The records of the slots, the oldest first.
async fn records(worker: &Worker) -> anyhow::Result<Vec<Done>> {
    let read = |(key, record): (String, lockwork::Record)| {
        let holder = match record.state {
            State::Done { .. } => record.holder.label().rsplit('/').next().and_then(|process| process.parse().ok()),
            _ => None,
        };
        Some(Done { slot: slot_of(&key)?, holder })
    };
    let records = worker.records("slots@").await?;
    records.into_iter().map(read).collect::<Option<_>>().context("each key of theirs names a slot")
}

impl Ran {
    /// How many slots were done under each clock.
    pub(crate) fn by_clock(&self) -> impl Iterator<Item = (&'static str, usize)> {
        let count = |name| {
            let is_so = |record: &&Done| record.holder.and_then(|holder| self.clocks.get(&holder)) == Some(&name);
            self.records.iter().filter(is_so).count()
        };
        CLOCKS.into_iter().map(move |clock| (clock.name, count(clock.name)))
    }
}
