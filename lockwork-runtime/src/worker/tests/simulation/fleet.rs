//! One simulated fleet from its seed to its verdict. Knows no other fleet.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::join_all;
use lockwork_test_support::history::{self, Line, Record, Verdict};
use tokio::time::{sleep, timeout};

use super::member::Member;
use super::network::{Chance, Network, hand_on_wake_ups};
use super::plan::{Climate, LONGEST, Plan, PlannedJob, Trouble, What};
use super::recorder::Recorder;
use super::timing;
use super::weather::Weather;
use crate::random::seed;
use crate::record::{State, Value};
use crate::store::memory::MemoryStore;

/// What became of a fleet.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) lines: Vec<Line>,
    pub(super) verdict: Verdict,
    /// How many dead holders were followed in time, or what was wrong about it.
    pub(super) followed: Result<u64, String>,
}

/// Lets the fleet of this seed live.
pub(super) fn live(number: u64) -> Report {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("it needs nothing of the system").block_on(async {
        seed(number);
        let plan = Plan::draw();
        let (rules, is_deadly) = (plan.rules(), plan.climate == Climate::Deadly);
        let leases = plan.jobs.iter().map(|job| (job.key.clone(), job.lease)).collect();
        let recorder = Recorder::default();
        let records = run(plan, &recorder).await;
        let (timed, heard) = recorder.take();
        let followed = if is_deadly { timing::check(&timed, &heard, &leases) } else { Ok(0) };
        let lines: Vec<_> = timed.into_iter().map(|(_, line)| line).collect();
        let verdict = history::check(&lines, &rules, &records);
        Report { lines, verdict, followed }
    })
}

/// Lets everything happen. Returns what the store says in the end.
async fn run(plan: Plan, recorder: &Recorder) -> BTreeMap<String, Record> {
    let (memory, weather) = (MemoryStore::new(), Arc::new(Weather::default()));
    let (mut members, mut networks) = (Vec::new(), Vec::new());
    // The last one is for whoever comes when all is over, and nothing goes wrong with it.
    let chances = plan.processes.iter().map(|_| plan.chance).chain([Chance { share: 0, ..plan.chance }]);
    for (number, chance) in (1..).zip(chances) {
        let network = Network::new(number, &memory, &weather, recorder, chance);
        networks.push(network.clone());
        members.push(Member::start(number, network, plan.patience, recorder).await);
    }
    let late = members.pop().expect("it was just put there");
    for job in &plan.jobs {
        tokio::spawn(hand_on_wake_ups(Arc::clone(&memory), format!("test:{}", job.key), networks.clone()));
    }
    let jobs = Arc::new(plan.jobs);
    let troubles = plan.troubles.iter().map(|trouble| bring(*trouble, &members, &weather, recorder));
    let lives =
        members.iter().zip(plan.processes).map(|(member, calls)| Arc::clone(member).live(Arc::clone(&jobs), calls));
    // Whatever the calls are bounded by, a fleet is bounded too.
    let _ = timeout(LONGEST * 10, async { tokio::join!(join_all(troubles), join_all(lives)) }).await;
    join_all(jobs.iter().map(async |job| late.call(&job.in_earnest(), None).await)).await;
    // The last of what was sent is applied.
    sleep(plan.chance.longest * 10).await;
    records(&late, &jobs).await
}

/// Brings a trouble about, and ends it.
async fn bring(trouble: Trouble, members: &[Arc<Member>], weather: &Weather, recorder: &Recorder) {
    let Trouble { what, start, lasts } = trouble;
    sleep(start).await;
    let process = match what {
        What::Store(_) => None,
        What::CutOff(place, _) | What::Frozen(place) | What::Dead(place) => Some(&members[place]),
    };
    let begin = || recorder.fault_begins(process.map(|process| process.number), what.name());
    match (what, process) {
        (What::Dead(_), Some(process)) => process.die(),
        (What::Frozen(_), Some(process)) => {
            let fault = begin();
            process.standstill.begin();
            sleep(lasts).await;
            recorder.fault_ends(fault);
            process.standstill.end();
        }
        (What::Store(sky) | What::CutOff(_, sky), process) => {
            let fault = begin();
            weather.begin(fault, process.map(|process| process.number), sky);
            sleep(lasts).await;
            recorder.fault_ends(fault);
            weather.end(fault);
        }
        (What::Dead(_) | What::Frozen(_), None) => unreachable!("each is about a process"),
    }
}

/// What the store says of each job.
async fn records(late: &Member, jobs: &[PlannedJob]) -> BTreeMap<String, Record> {
    let mut records = BTreeMap::new();
    for job in jobs {
        let Some(record) = late.worker.record(&job.key).await.expect("nothing goes wrong any more") else { continue };
        let attempts = record.attempts;
        let record = match record.state {
            State::Done { value: Value::Json(value) } => Record::Completed { attempts, value: value.into() },
            State::Exhausted { .. } => Record::Exhausted { attempts },
            _ => Record::Unfinished { attempts },
        };
        records.insert(job.key.clone(), record);
    }
    records
}
