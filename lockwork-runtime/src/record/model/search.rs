//! Every state that can be reached, the nearest first, so that a counterexample is a shortest one.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::hash::{BuildHasherDefault, Hasher};

use super::rules::Rules;
use super::steps::{Scene, Step};
use super::turn::Invariant;
use super::world::{Phase, Process, Swap, World};

/// When a search has seen enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// When anything is broken.
    AtAny,
    /// When this is broken.
    At(Invariant),
    /// When all states are known.
    Never,
}

#[derive(Debug)]
pub(super) struct Found {
    pub(super) states: usize,
    /// What is broken, with a shortest way there.
    pub(super) broken: BTreeMap<Invariant, Way>,
}

/// A text for each step.
type Way = Vec<String>;

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} states", self.states)?;
        for (invariant, way) in &self.broken {
            write!(f, "\n{invariant:?} is broken after {} steps:\n{}", way.len(), way.join("\n"))?;
        }
        Ok(())
    }
}

/// A fingerprint is mixed already.
#[derive(Default)]
struct Mixed(u64);

impl Hasher for Mixed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("only fingerprints are hashed");
    }

    fn write_u64(&mut self, fingerprint: u64) {
        self.0 = fingerprint;
    }
}

type ByPrint<T> = HashMap<u64, T, BuildHasherDefault<Mixed>>;

/// No search here is as large, unless a rule is missing that keeps the numbers small.
const LARGEST: usize = 10_000_000;

struct Search<'a> {
    scene: &'a Scene,
    rules: &'a Rules,
    /// From where each state was reached first.
    parents: ByPrint<u64>,
    /// States from which all goes well when nothing goes wrong any more.
    well: HashSet<u64, BuildHasherDefault<Mixed>>,
    broken: BTreeMap<Invariant, Way>,
    steps: Vec<Step>,
}

pub(super) fn search(scene: &Scene, rules: &Rules, stop: Stop) -> Found {
    let mut search = Search {
        scene,
        rules,
        parents: HashMap::default(),
        well: HashSet::default(),
        broken: BTreeMap::new(),
        steps: Vec::new(),
    };
    search.run(stop);
    Found { states: search.parents.len(), broken: search.broken }
}

impl Search<'_> {
    fn run(&mut self, stop: Stop) {
        let start = self.scene.start();
        self.parents.insert(start.fingerprint(), start.fingerprint());
        let mut layer = vec![start];
        while !layer.is_empty() {
            let mut next = Vec::new();
            for world in &layer {
                self.expand(world, &mut next);
                if matches!(stop, Stop::AtAny | Stop::Never | Stop::At(Invariant::Progress)) {
                    self.expect_progress(world);
                }
                let has_seen_enough = match stop {
                    Stop::AtAny => !self.broken.is_empty(),
                    Stop::At(invariant) => self.broken.contains_key(&invariant),
                    Stop::Never => false,
                };
                if has_seen_enough {
                    return;
                }
            }
            assert!(
                self.parents.len() < LARGEST,
                "there is no end of states; so far {:?} is broken",
                self.broken.keys()
            );
            layer = next;
        }
    }

    fn expand(&mut self, world: &World, next: &mut Vec<World>) {
        let here = world.fingerprint();
        let mut steps = std::mem::take(&mut self.steps);
        self.scene.steps(world, self.rules, &mut steps);
        for &step in &steps {
            let turn = self.scene.make(world, step, self.rules);
            for invariant in turn.broken {
                if !self.broken.contains_key(&invariant) {
                    let way = self.way(here, Some(step));
                    self.broken.insert(invariant, way);
                }
            }
            let there = turn.world.fingerprint();
            if let Entry::Vacant(entry) = self.parents.entry(there) {
                entry.insert(here);
                next.push(turn.world);
            }
        }
        self.steps = steps;
    }

    fn expect_progress(&mut self, world: &World) {
        if !self.goes_well(*world) {
            let way = self.way(world.fingerprint(), None);
            self.broken.insert(Invariant::Progress, way);
        }
    }

    /// Whether every caller is answered when from here on nothing goes wrong.
    fn goes_well(&mut self, mut world: World) -> bool {
        let mut steps = Vec::new();
        let mut walked = HashSet::new();
        loop {
            let here = world.fingerprint();
            if !self.well.insert(here) {
                // Known to go well, unless this walk has come in a circle.
                return !walked.contains(&here);
            }
            walked.insert(here);
            self.scene.steps(&world, self.rules, &mut steps);
            let Some((_, step)) =
                steps.iter().filter_map(|step| Some((step.rank()?, *step))).min_by_key(|(rank, _)| *rank)
            else {
                return world.processes.iter().all(|process| matches!(process.phase, Phase::Quiet | Phase::Left));
            };
            world = self.scene.make(&world, step, self.rules).world;
        }
    }

    /// A shortest way to a state, found again by its fingerprints, and one step on.
    fn way(&self, to: u64, last: Option<Step>) -> Way {
        let mut prints = vec![to];
        while let Some(&here) = prints.last()
            && self.parents[&here] != here
        {
            prints.push(self.parents[&here]);
        }
        let mut world = self.scene.start();
        let mut way = Vec::new();
        let mut steps = Vec::new();
        for print in prints.iter().rev().skip(1) {
            self.scene.steps(&world, self.rules, &mut steps);
            let leads = |step: &&Step| self.scene.make(&world, **step, self.rules).world.fingerprint() == *print;
            let step = *steps.iter().find(leads).expect("it was found by a step before");
            world = self.scene.make(&world, step, self.rules).world;
            way.push(self.text(step, &world));
        }
        way.extend(last.map(|step| self.text(step, &self.scene.make(&world, step, self.rules).world)));
        way
    }

    fn text(&self, step: Step, world: &World) -> String {
        let mut text = format!("{step:?}\n    store: {} {:?}", world.store.record, world.store.age);
        for (p, process) in world.processes.iter().enumerate().take(self.scene.processes) {
            let Process { phase, body, is_over, request, .. } = process;
            let over = if *is_over { ", deadline passed" } else { "" };
            let asked = request.swap.map_or_else(String::new, |Swap { deed, next, .. }| {
                format!(", {:?}: {deed:?} to {next}", request.stage)
            });
            text += &format!("\n    process {p}: {phase:?}, body {body:?}{over}{asked}");
        }
        text
    }
}
