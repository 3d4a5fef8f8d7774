//! A fleet to which everything happens at once, and what must hold of all that it did.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::thread;

use lockwork::{State, Value};
use lockwork_fleet::history::{Completion, broken};
use lockwork_fleet::witness::{self, Deed};
use lockwork_fleet::{KEYS, MAX_ATTEMPTS};

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
    let killed: usize = thread::scope(|scope| {
        let slots: Vec<_> =
            (0..MEMBERS).map(|slot| scope.spawn(move || keep_one_alive(scene, slot, path, seed))).collect();
        slots.into_iter().map(|slot| slot.join().expect("every member ends well, or by a kill")).sum()
    });
    let lines = witness::read(path).expect("the members wrote it");
    let completions = completions(scene);
    let broken = broken(&lines, &completions, MAX_ATTEMPTS);
    let of_broken = |line: &&witness::Line| broken.iter().any(|(_, key)| *key == line.key);
    let told: Vec<_> = lines.iter().filter(of_broken).map(ToString::to_string).collect();
    assert!(broken.is_empty(), "seed {seed}: {broken:?}\n{}", told.join("\n"));
    assert_eq!(completions.len(), KEYS, "seed {seed}");
    assert_answered(&lines);
    let (begun, failed, cut) = troubles(&lines);
    println!("seed {seed}: {begun} bodies begun for {KEYS} jobs, {failed} failed, {cut} cut, {killed} members killed");
    assert!(failed != 0 && cut != 0 && killed != 0, "seed {seed}: too little went wrong to show anything");
}

/// How many bodies were begun; how many of these failed; and how many were cut, so that their process lived on without
/// their end.
fn troubles(lines: &[witness::Line]) -> (usize, usize, usize) {
    let (mut begun, mut failed, mut alive) = (BTreeSet::new(), 0, BTreeSet::new());
    let mut ended = BTreeSet::new();
    for line in lines {
        let of = (line.process, line.key.as_str());
        match line.deed {
            Deed::Begin { fence, .. } => drop(begun.insert((of, fence))),
            Deed::End { fence, is_ok } => {
                ended.insert((of, fence));
                failed += usize::from(!is_ok);
            }
            Deed::Answer(_) | Deed::Error(_) => drop(alive.insert(of)),
        }
    }
    let cut = begun.difference(&ended).filter(|(of, _)| alive.contains(of)).count();
    (begun.len(), failed, cut)
}

/// Runs a member, and another one when it was killed, until one has all answers. Says how many were killed.
fn keep_one_alive(scene: &Scene, slot: u64, witness: &Path, seed: u64) -> usize {
    let witness = witness.to_str().expect("the path is text");
    let seed_text = seed.to_string();
    // Half of the first members die by a kill from outside too, wherever they are then.
    let mut doom = if slot.is_multiple_of(2) { (100 + 150 * slot + seed % 100).to_string() } else { "none".to_owned() };
    for killed in 0.. {
        let (status, complaint) = Member::start(scene, "all-keys", &[witness, &seed_text, &doom]).ends();
        if status.success() {
            return killed;
        }
        assert_eq!(status.signal(), Some(9), "{status}: {complaint}");
        "none".clone_into(&mut doom);
    }
    unreachable!("the loop has no end of its own")
}

fn completions(scene: &Scene) -> BTreeMap<String, Completion> {
    let records = scene.records().into_iter();
    let completions = records.filter_map(|(key, record)| match &record.state {
        State::Done { value: Value::Json(json) } => {
            let value = json.parse().expect("the value is a number");
            Some((key, Completion { value, attempt: record.attempts }))
        }
        _ => None,
    });
    completions.collect()
}

/// Every member that was not killed has an answer for every job.
fn assert_answered(lines: &[witness::Line]) {
    let mut answered: BTreeMap<u32, BTreeSet<&str>> = BTreeMap::new();
    for line in lines {
        if let Deed::Answer(_) = line.deed {
            answered.entry(line.process).or_default().insert(&line.key);
        }
    }
    let complete = answered.values().filter(|keys| keys.len() == KEYS).count();
    assert!(MEMBERS as usize <= complete, "{complete} members have all answers");
}
