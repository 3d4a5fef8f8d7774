//! One run: its fleet, its faults, its quiet end, and the verdict. Knows no kind of fault.

use std::collections::BTreeMap;
use std::thread::{self, Scope, ScopedJoinHandle};
use std::time::Duration;

use anyhow::Context;
use lockwork_fleet::workload::Workload;
use lockwork_test_support::history::{self, End, Job, Line, Rule, Verdict};

use crate::args::{self, Timing};
use crate::chronicle::Chronicle;
use crate::clock;
use crate::crew::Crew;
use crate::faults::network::Network;
use crate::faults::processes::Processes;
use crate::faults::redis::Server;
use crate::faults::sqlite::{Disk, SharedFile};
use crate::faults::{Field, Seen, Track};
use crate::stage::{Stage, Store};

/// How far ahead of the slowest member the others may be, in jobs.
const WINDOW: u64 = 1000;

/// How often it is seen to how far the members have come.
const LOOKING: Duration = Duration::from_millis(20);

/// For how long nothing may come of the members' doings, with faults or without. Only a call that hangs takes that long.
const LONGEST_WAIT: Duration = Duration::from_secs(120);

/// What a machine breaks that stands still for a while without anybody's noting it: who is paused for longer than its
/// lease is followed, and is late to see it.
const PAUSES_BREAK: &[Rule] = &[Rule::CutInTime, Rule::HolderIsKept, Rule::AttemptsAreUsed];

pub(crate) struct Campaign<'a> {
    run: &'a args::Run,
    stage: &'a Stage,
    chronicle: &'a Chronicle,
    crew: &'a Crew<'a>,
}

type Going<'scope> = ScopedJoinHandle<'scope, anyhow::Result<()>>;

impl Campaign<'_> {
    /// Runs and judges. Says whether all is well.
    pub(crate) fn run(run: &args::Run) -> anyhow::Result<bool> {
        println!("seed {}; to do it again:\n{}", run.seed, run.replay());
        let stage = Stage::new(run)?;
        let workload = Workload { seed: run.seed, members: run.members };
        let chronicle = Chronicle::open(stage.directory(), workload)?;
        let crew = Crew::new(&stage, run.seed, run.members)?;
        let campaign = Campaign { run, stage: &stage, chronicle: &chronicle, crew: &crew };
        let fought = campaign.fight();
        let excused = excused(run.timing);
        drop(crew);
        let lines = chronicle.close()?;
        let is_well = match fought {
            Ok((last, seen)) => {
                let verdict = history::check(&lines, &jobs(workload, last, excused), &stage.records()?);
                report(&lines, &verdict, &seen, excused)
            }
            Err(error) => {
                println!("the run failed: {error:#}");
                false
            }
        };
        if !is_well {
            println!("seed {}; the history and all other files are in {}", run.seed, stage.keep().display());
        }
        Ok(is_well)
    }

    /// Lets members work under faults, then without. Gives how many jobs there were, and what was seen of each kind
    /// of fault.
    fn fight(&self) -> anyhow::Result<(u64, BTreeMap<String, Seen>)> {
        thread::scope(|scope| {
            let members: Vec<_> = (0..self.crew.len())
                .map(|slot| scope.spawn(move || self.crew.keep(slot, || self.chronicle.settled(slot))))
                .collect();
            let field = Field::new(self.run.seed);
            let fought = thread::scope(|scope| {
                self.crew.let_go(WINDOW);
                // Once everybody is at work.
                self.wait(|| self.chronicle.settled_by_all() > 0 || members.iter().any(ScopedJoinHandle::is_finished))?;
                let tracks = self.begin(scope, &field);
                let last = self.lead(&field, &members, &tracks);
                field.end();
                for track in tracks {
                    track.join().map_err(|_| anyhow::anyhow!("a track of faults panicked"))??;
                }
                Ok(last)
            });
            let last = fought.inspect_err(|_: &anyhow::Error| self.crew.give_up())?;
            self.heal();
            self.crew.let_finish(last);
            self.finish(members, last)?;
            Ok((last, field.seen()))
        })
    }

    fn begin<'scope>(&'scope self, scope: &'scope Scope<'scope, '_>, field: &'scope Field) -> Vec<Going<'scope>> {
        let crew = self.crew;
        let mut tracks = vec![go(scope, field, "processes", Processes(crew))];
        match &self.stage.store {
            Store::Redis { server, proxies } => {
                tracks.push(go(scope, field, "server", Server { crew, server }));
                for (name, first) in [("network, even slots", 0), ("network, odd slots", 1)] {
                    let slots = (first..proxies.len()).step_by(2).collect();
                    tracks.push(go(scope, field, name, Network { crew, proxies, slots }));
                }
            }
            Store::Sqlite { file } => {
                tracks.push(go(scope, field, "file", SharedFile { crew, file }));
                tracks.push(go(scope, field, "disk", Disk(crew)));
            }
        }
        tracks
    }

    /// Lets the members go on, none far ahead of the others, until there were jobs enough and faults of every kind; or
    /// until they do not get on any more, whatever that is due to.
    fn lead(&self, field: &Field, members: &[Going<'_>], tracks: &[Going<'_>]) -> u64 {
        let (mut up_to, mut before, mut since) = (WINDOW, 0, clock::now());
        loop {
            let settled = self.chronicle.settled_by_all();
            if before < settled {
                (before, since) = (settled, clock::now());
            }
            let most = if field.has_had_all() { self.run.jobs.max(up_to) } else { u64::MAX };
            let next = (settled + WINDOW).min(most);
            if up_to < next {
                up_to = next;
                self.crew.let_go(up_to);
            }
            let is_through = up_to == most && most <= settled + WINDOW / 4;
            let has_ended = self.chronicle.has_ended()
                || members.iter().chain(tracks).any(ScopedJoinHandle::is_finished)
                || LONGEST_WAIT < clock::now() - since;
            if is_through || has_ended {
                return up_to;
            }
            thread::sleep(LOOKING);
        }
    }

    /// Lets nothing of the faults be left.
    fn heal(&self) {
        if let Store::Redis { proxies, .. } = &self.stage.store {
            proxies.iter().for_each(lockwork_test_support::proxy::Proxy::heal);
        }
    }

    /// Waits until all members are through.
    fn finish(&self, members: Vec<Going<'_>>, last: u64) -> anyhow::Result<()> {
        let ended = self.wait(|| members.iter().all(ScopedJoinHandle::is_finished));
        if ended.is_err() {
            self.crew.give_up();
        }
        members
            .into_iter()
            .try_for_each(|member| member.join().map_err(|_| anyhow::anyhow!("a keeper panicked"))?)?;
        ended.with_context(|| {
            let settled = self.chronicle.settled_by_all();
            format!("without faults, not all jobs came to an end: those below {settled} did, of {last}")
        })
    }

    fn wait(&self, is_so: impl Fn() -> bool) -> anyhow::Result<()> {
        let began = clock::now();
        while !is_so() {
            anyhow::ensure!(clock::now() - began < LONGEST_WAIT, "the members do not get on");
            thread::sleep(LOOKING);
        }
        Ok(())
    }
}

fn go<'scope, T: Track + Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    field: &'scope Field,
    name: &'static str,
    track: T,
) -> Going<'scope> {
    field.announce(&track);
    scope.spawn(move || field.run(name, &track))
}

/// The rules that are not judged.
fn excused(timing: Timing) -> &'static [Rule] {
    match timing {
        Timing::Strict => &[],
        Timing::Lax => PAUSES_BREAK,
    }
}

/// What is asked of each job.
fn jobs(workload: Workload, last: u64, excused: &[Rule]) -> BTreeMap<String, Job> {
    let job = |index| {
        let mut job = Job::new(workload.max_attempts(index)).may_end(End::Exhausted);
        // A call that fails of the store is made again, and so is one that failed or panicked itself.
        for kind in ["Exhausted", "Store", "Unrecorded", "Failed", "Panic"] {
            job = job.may_fail(kind);
        }
        excused.iter().fold(job, |job, rule| job.excused_from(*rule))
    };
    (0..last).map(|index| (Workload::key(index), job(index))).collect()
}

/// Prints what there was and what was broken. Says whether all is well.
fn report(lines: &[Line], verdict: &Verdict, seen: &BTreeMap<String, Seen>, excused: &[Rule]) -> bool {
    println!("{}", verdict.summary);
    for (kind, seen) in seen {
        println!("  {kind}: {seen}");
    }
    for rule in Rule::ALL {
        let violations = verdict.broken.iter().filter(|(broken, _)| *broken == rule).count();
        match excused.contains(&rule) {
            true => println!("  {rule:?}: not judged"),
            false => println!("  {rule:?}: {violations} violations"),
        }
    }
    let of_broken = |line: &&Line| match line {
        Line::Job { key, .. } => verdict.broken.iter().any(|(_, broken)| broken == key),
        _ => true,
    };
    if !verdict.broken.is_empty() {
        println!("broken: {:?}", verdict.broken);
        lines.iter().filter(of_broken).for_each(|line| println!("  {line}"));
    }
    let felt = |kind: &str| 0 < verdict.summary.felt.get(kind).copied().unwrap_or(0);
    let in_vain: Vec<_> =
        seen.iter().filter(|(kind, seen)| **seen == Seen::Nothing || !felt(kind)).map(|(kind, _)| kind).collect();
    if !in_vain.is_empty() {
        println!("faults that nobody felt: {in_vain:?}");
    }
    verdict.broken.is_empty() && in_vain.is_empty()
}
