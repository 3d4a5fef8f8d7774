//! What the records of slots and the notes of those who did them must be like. Starts nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use anyhow::Context;
use lockwork::slot_of;

/// The record of a slot.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Done {
    pub(crate) slot: SystemTime,
    /// The process that completed it; `None` while nobody has.
    pub(crate) holder: Option<u32>,
}

/// What a process noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Note {
    pub(crate) what: What,
    pub(crate) slot: SystemTime,
    pub(crate) process: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// Its body has begun.
    Begin,
    /// Its body is about to return.
    End,
    /// It knows that the slot is done.
    Saw,
}

impl Note {
    pub(crate) fn parse(line: &str) -> anyhow::Result<Self> {
        let wrong = || format!("{line:?} is no note");
        let [what, key, process] = line.split(' ').collect::<Vec<_>>()[..] else { anyhow::bail!(wrong()) };
        let what = match what {
            "begin" => What::Begin,
            "end" => What::End,
            "saw" => What::Saw,
            _ => anyhow::bail!(wrong()),
        };
        Ok(Self { what, slot: slot_of(key).with_context(wrong)?, process: process.parse().with_context(wrong)? })
    }
}

/// All that is wrong: slots that were left out, that were not done once, or of which somebody did not hear.
pub(crate) fn faults(records: &[Done], notes: &[Note], killed: &BTreeSet<u32>) -> Vec<String> {
    let mut faults = Vec::new();
    let slots: Vec<SystemTime> = records.iter().map(|record| record.slot).collect();
    faults.extend(gaps(&slots).map(|gap| format!("{gap} was left out")));
    for Done { slot, holder } in records {
        let name = text(*slot);
        let who =
            |what| notes.iter().filter(move |note| note.what == what && note.slot == *slot).map(|note| note.process);
        let Some(holder) = holder else {
            faults.push(format!("{name} was not done"));
            continue;
        };
        if !who(What::End).any(|process| process == *holder) {
            faults.push(format!("{name} was completed by {holder}, whose body did not end"));
        }
        let living: Vec<u32> = who(What::Begin).filter(|process| !killed.contains(process)).collect();
        let all: Vec<u32> = who(What::Begin).collect();
        let is_twice = 1 < living.len() || all.iter().collect::<BTreeSet<_>>().len() < all.len();
        if is_twice {
            faults.push(format!("{name} was done more than once: by {all:?}, of whom {living:?} were not killed"));
        }
    }
    let mut seen: BTreeMap<u32, Vec<SystemTime>> = BTreeMap::new();
    for note in notes.iter().filter(|note| note.what == What::Saw) {
        seen.entry(note.process).or_default().push(note.slot);
    }
    for (process, mut slots) in seen {
        slots.sort();
        slots.dedup();
        faults.extend(gaps(&slots).map(|gap| format!("{gap} was not called by {process}")));
    }
    faults
}

/// The seconds that are missing between the first and the last.
fn gaps(slots: &[SystemTime]) -> impl Iterator<Item = String> {
    const SECOND: Duration = Duration::from_secs(1);
    let between = |pair: &[SystemTime]| {
        let (from, to) = (pair[0], pair[1]);
        std::iter::successors(Some(from + SECOND), |slot| Some(*slot + SECOND)).take_while(move |slot| *slot < to)
    };
    slots.windows(2).flat_map(between).map(text)
}

pub(crate) fn summary(records: &[Done], notes: &[Note], killed: &BTreeSet<u32>) -> String {
    let holder = |slot| records.iter().find(|record| record.slot == slot).map(|record| record.holder);
    let [mut begun, mut ended, mut followed] = [0, 0, 0];
    for note in notes {
        let Some(holder) = holder(note.slot) else { continue };
        begun += u32::from(note.what == What::Begin);
        ended += u32::from(note.what == What::End);
        followed += u32::from(note.what == What::Begin && holder != Some(note.process));
    }
    format!(
        "{} slots; bodies began {begun} times and ended {ended} times; {} processes were killed, {followed} of them in a \
         slot that another one did then",
        records.len(),
        killed.len(),
    )
}

fn text(slot: SystemTime) -> String {
    let since = slot.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let (hour, minute, second) = (since / 3600 % 24, since / 60 % 60, since % 60);
    format!("the slot of {hour:02}:{minute:02}:{second:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(second)
    }

    /// Slots of which each is done by process 1 and seen by process 2.
    fn done(slots: &[u64]) -> (Vec<Done>, Vec<Note>) {
        let notes = |slot: &u64| {
            let slot = at(*slot);
            [(What::Begin, 1), (What::End, 1), (What::Saw, 1), (What::Saw, 2)].map(|(what, process)| Note {
                what,
                slot,
                process,
            })
        };
        (
            slots.iter().map(|slot| Done { slot: at(*slot), holder: Some(1) }).collect(),
            slots.iter().flat_map(notes).collect(),
        )
    }

    #[test]
    fn slots_that_were_done_once_are_well() {
        let (records, notes) = done(&[7, 8, 9]);
        assert_eq!(faults(&records, &notes, &BTreeSet::new()), [""; 0]);
    }

    #[test]
    fn a_slot_that_is_left_out_or_not_done_is_told() {
        let (mut records, notes) = done(&[7, 8, 10]);
        let told = faults(&records, &notes, &BTreeSet::new());
        assert_eq!(told[0], "the slot of 00:00:09 was left out");
        assert!(told.iter().any(|fault| fault == "the slot of 00:00:09 was not called by 2"), "{told:?}");
        records.truncate(2);
        records[1].holder = None;
        assert_eq!(faults(&records, &[], &BTreeSet::new())[1], "the slot of 00:00:08 was not done");
    }

    #[test]
    fn a_slot_is_done_twice_unless_the_other_one_was_killed() {
        let (records, mut notes) = done(&[7, 8]);
        notes.push(Note { what: What::Begin, slot: at(8), process: 3 });
        let told = faults(&records, &notes, &BTreeSet::new());
        assert!(told.len() == 1 && told[0].starts_with("the slot of 00:00:08 was done more than once"), "{told:?}");
        assert_eq!(faults(&records, &notes, &BTreeSet::from([3])), [""; 0]);
        notes.push(Note { what: What::Begin, slot: at(8), process: 3 });
        assert_eq!(faults(&records, &notes, &BTreeSet::from([3])).len(), 1, "one process, twice");
    }

    #[test]
    fn a_completion_without_a_body_is_told() {
        let (mut records, notes) = done(&[7]);
        records[0].holder = Some(2);
        assert_eq!(
            faults(&records, &notes, &BTreeSet::new()),
            ["the slot of 00:00:07 was completed by 2, whose body did not end"]
        );
    }
}
