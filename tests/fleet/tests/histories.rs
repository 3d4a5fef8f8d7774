//! A fleet to which everything happens at once, and what must hold of all that it did.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::thread;

use lockwork::{State, Value};
use lockwork_fleet::{KEYS, MAX_ATTEMPTS};
use lockwork_test_support::history::{self, CallEnd, Deed, Job, Line, Record, Rule, Turn, Witness};

use crate::member::Member;
use crate::scene::Scene;

/// How many processes there are at a time.
const MEMBERS: u64 = 6;

/// What is to happen. Another one is tried with the environment variable.
const SEED: u64 = 5;
const SEED_VARIABLE: &str = "LOCKWORK_FLEET_SEED";

pub(crate) fn a_fleet_in_trouble_does_every_job_once(scene: &Scene) {
    let seed = std::env::var(SEED_VARIABLE).map_or(SEED, |seed| seed.parse().expect("the seed is a number"));
    let path = &scene.directory.path().join("witness");
    let killed: u64 = thread::scope(|scope| {
        let slots: Vec<_> =
            (0..MEMBERS).map(|slot| scope.spawn(move || keep_one_alive(scene, slot, path, seed))).collect();
        slots.into_iter().map(|slot| slot.join().expect("every member ends well, or by a kill")).sum()
    });
    let lines = history::read(path).expect("the members wrote it");
    // A member that was stopped drops its body when it goes on.
    let job = Job::new(MAX_ATTEMPTS).excused_from(Rule::CutInTime);
    let jobs = (0..KEYS).map(|number| (format!("key-{number}"), job.clone())).collect();
    let verdict = history::check(&lines, &jobs, &records(scene));
    let of_broken = |line: &&Line| match line {
        Line::Job { key, .. } => verdict.broken.iter().any(|(_, broken)| broken == key),
        _ => true,
    };
    let told: Vec<_> = lines.iter().filter(of_broken).map(ToString::to_string).collect();
    assert!(verdict.broken.is_empty(), "seed {seed}: {:?}\n{}", verdict.broken, told.join("\n"));
    assert_answered(&lines);
    let summary = verdict.summary;
    println!("seed {seed}: {summary}");
    assert_eq!(summary.completed_jobs, u64::from(KEYS), "seed {seed}");
    assert_eq!(summary.deaths, killed, "seed {seed}");
    assert!(
        summary.failed != 0 && summary.cut != 0 && killed != 0,
        "seed {seed}: too little went wrong to show anything"
    );
}

/// Runs a member, and another one when it was killed, until one has all answers. Says how many were killed.
fn keep_one_alive(scene: &Scene, slot: u64, witness: &Path, seed: u64) -> u64 {
    let deaths = Witness::open(witness).expect("it can be written");
    let witness = witness.to_str().expect("the path is text");
    let seed_text = seed.to_string();
    // Half of the first members die by a kill from outside too, wherever they are then.
    let mut doom = if slot.is_multiple_of(2) { (100 + 150 * slot + seed % 100).to_string() } else { "none".to_owned() };
    for killed in 0.. {
        let member = Member::start(scene, "all-keys", &[witness, &seed_text, &doom]);
        let process = member.id();
        let (status, complaint) = member.ends();
        if status.success() {
            return killed;
        }
        assert_eq!(status.signal(), Some(9), "{status}: {complaint}");
        let turn = Turn::Died("killed".to_owned());
        deaths.append(&Line::Process { process, turn }).expect("it can be written");
        "none".clone_into(&mut doom);
    }
    unreachable!("the loop has no end of its own")
}

fn records(scene: &Scene) -> BTreeMap<String, Record> {
    let record = |record: lockwork::Record| {
        let attempts = record.attempts;
        match record.state {
            State::Done { value: Value::Json(value) } => Record::Completed { attempts, value: value.into() },
            State::Exhausted { .. } => Record::Exhausted { attempts },
            _ => Record::Unfinished { attempts },
        }
    };
    scene.records().into_iter().map(|(key, found)| (key, record(found))).collect()
}

/// Every member that was not killed has an answer for every job.
fn assert_answered(lines: &[Line]) {
    let mut answered: BTreeMap<u32, BTreeSet<&str>> = BTreeMap::new();
    for line in lines {
        if let Line::Job { process, key, deed: Deed::Return { end: CallEnd::Ok(_), .. } } = line {
            answered.entry(*process).or_default().insert(key);
        }
    }
    let complete = answered.values().filter(|keys| keys.len() == KEYS as usize).count();
    assert!(MEMBERS as usize <= complete, "{complete} members have all answers");
}
