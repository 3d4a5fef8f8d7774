//! The checker: goes once through a history and says which rules it breaks. Knows no store and no clock.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::course::{CallName, Course, Timing};
use super::faults::{Faults, Sight, Target};
use super::line::{CallEnd, Deed, Line, Scope, Turn};
use super::rules::{Job, Record, Rule};
use super::summary::Summary;

/// What comes of a check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// The rules that are broken, and for which key.
    pub broken: BTreeSet<(Rule, String)>,
    /// What there was in the history.
    pub summary: Summary,
}

/// Checks a history in one pass: its lines in their order, what the workload says of each job by its key, and what the
/// store says of each in the end.
#[must_use]
pub fn check(lines: &[Line], jobs: &BTreeMap<String, Job>, records: &BTreeMap<String, Record>) -> Verdict {
    let mut story = Story::new(jobs);
    for line in lines {
        story.tell(line);
    }
    story.judge(records)
}

/// A call on its way.
#[derive(Debug)]
struct Call {
    job: usize,
    sight: Sight,
    /// How often its process had been stopped when it last did something.
    stops: u32,
    /// The fence of the body that it began last.
    fence: Option<u64>,
    end: Option<CallEnd>,
}

/// All that is known up to some line.
#[derive(Debug)]
struct Story<'a> {
    keys: Vec<&'a str>,
    places: HashMap<&'a str, usize>,
    courses: Vec<Course<'a>>,
    calls: BTreeMap<CallName, Call>,
    stops: HashMap<u32, u32>,
    dead: HashSet<u32>,
    faults: Faults,
    /// Whether something follows on nothing, and is about a job that nobody knows, or none.
    is_torn: BTreeSet<String>,
}

impl<'a> Story<'a> {
    fn new(jobs: &'a BTreeMap<String, Job>) -> Self {
        Self {
            keys: jobs.keys().map(String::as_str).collect(),
            places: jobs.keys().map(String::as_str).zip(0..).collect(),
            courses: jobs.values().map(Course::new).collect(),
            calls: BTreeMap::new(),
            stops: HashMap::new(),
            dead: HashSet::new(),
            faults: Faults::default(),
            is_torn: BTreeSet::new(),
        }
    }

    fn tell(&mut self, line: &Line) {
        match line {
            Line::Job { process, key, deed } => match self.places.get(key.as_str()) {
                Some(&job) => self.tell_of_job(*process, job, deed),
                None => self.tear(key),
            },
            Line::Process { process, turn } => self.tell_of_process(*process, turn),
            Line::FaultBegins { number, scope, kind } => {
                if let Some(target) = self.target(scope)
                    && !self.faults.begin(*number, target, kind)
                {
                    self.tear("*");
                }
            }
            Line::FaultEnds { number } => {
                if !self.faults.end(*number) {
                    self.tear("*");
                }
            }
            Line::FaultStrikes { scope, kind } => {
                if let Some(target) = self.target(scope) {
                    self.faults.strike(target, kind);
                }
            }
        }
    }

    fn tell_of_job(&mut self, process: u32, job: usize, deed: &Deed) {
        let course = &mut self.courses[job];
        // A write is told of by the resource, which it may have reached late.
        if self.dead.contains(&process) && !matches!(deed, Deed::Write { .. }) {
            course.breaks(Rule::HistoryIsWhole);
        }
        match deed {
            Deed::Call { call } => {
                let sight = self.faults.sight(process, job);
                let stops = self.stops.get(&process).copied().unwrap_or(0);
                let made = Call { job, sight, stops, fence: None, end: None };
                course.is_called = true;
                self.faults.call(process);
                if self.calls.insert((process, *call), made).is_some() {
                    course.breaks(Rule::HistoryIsWhole);
                }
            }
            Deed::Accepted { attempt } => course.accepted(*attempt),
            Deed::Write { fence, is_taken: true } => course.take_write(*fence),
            Deed::Write { is_taken: false, .. } => course.refuse_write(),
            Deed::Begin { call, .. } | Deed::End { call, .. } | Deed::Return { call, .. } => {
                self.tell_of_call((process, *call), job, deed);
            }
        }
    }

    fn tell_of_call(&mut self, name: CallName, job: usize, deed: &Deed) {
        let course = &mut self.courses[job];
        let Some(call) = self.calls.get_mut(&name).filter(|call| call.job == job && call.end.is_none()) else {
            return course.breaks(Rule::HistoryIsWhole);
        };
        let stops = self.stops.get(&name.0).copied().unwrap_or(0);
        let timing = if call.stops < stops { Timing::AfterAStop } else { Timing::InTime };
        call.stops = stops;
        match deed {
            Deed::Begin { attempt, fence, .. } => {
                call.fence = Some(*fence);
                course.begin(name, *attempt, *fence, timing);
            }
            Deed::End { fence, end, .. } => course.end(name, *fence, end, timing),
            Deed::Return { end, .. } => {
                match end {
                    CallEnd::Ok(value) => course.answer(value),
                    CallEnd::Error(kind) => course.error(kind),
                    CallEnd::Dropped => {}
                }
                call.end = Some(end.clone());
                self.faults.end_call(name.0);
                course.is_faulted |= self.faults.have_hit(name.0, job, call.sight);
            }
            Deed::Call { .. } | Deed::Accepted { .. } | Deed::Write { .. } => {}
        }
    }

    fn tell_of_process(&mut self, process: u32, turn: &Turn) {
        match turn {
            Turn::Stopped => {
                *self.stops.entry(process).or_default() += 1;
                self.faults.strike((Some(process), None), "stopped process");
            }
            Turn::Continued => {}
            Turn::Died(_) => {
                if !self.dead.insert(process) {
                    self.tear("*");
                }
                self.faults.strike((Some(process), None), "dead process");
                self.faults.end_calls(process);
                for (name, call) in self.calls.range((process, 0)..=(process, u32::MAX)) {
                    if let Some(fence) = call.fence {
                        self.courses[call.job].die(*name, fence);
                    }
                }
            }
        }
    }

    fn target(&mut self, scope: &Scope) -> Option<Target> {
        let Some(key) = &scope.key else { return Some((scope.process, None)) };
        let place = self.places.get(key.as_str()).copied();
        if place.is_none() {
            self.tear(key);
        }
        place.map(|place| (scope.process, Some(place)))
    }

    fn tear(&mut self, key: &str) {
        self.is_torn.insert(key.to_owned());
    }

    fn judge(mut self, records: &BTreeMap<String, Record>) -> Verdict {
        let dropped = self.judge_calls();
        for key in records.keys().filter(|key| !self.places.contains_key(key.as_str())) {
            self.is_torn.insert(key.clone());
        }
        let mut broken: BTreeSet<_> = self.is_torn.into_iter().map(|key| (Rule::HistoryIsWhole, key)).collect();
        let (calls, deaths) = (self.calls.len() as u64, self.dead.len() as u64);
        let Faults { kinds: faults, felt, .. } = self.faults;
        let mut summary = Summary { calls, deaths, faults, felt, ..Summary::default() };
        for (course, key) in self.courses.into_iter().zip(self.keys) {
            let record = records.get(key);
            summary += &course.summary(record);
            let rules = course.judge(record, &dropped);
            broken.extend(rules.into_iter().map(|rule| (rule, key.to_owned())));
        }
        Verdict { broken, summary }
    }

    /// Judges the calls that never ended. Names those that were dropped.
    fn judge_calls(&mut self) -> HashSet<CallName> {
        let mut dropped = HashSet::new();
        for (name, call) in &self.calls {
            let course = &mut self.courses[call.job];
            let is_hit = self.faults.have_hit(name.0, call.job, call.sight);
            match call.end {
                Some(CallEnd::Dropped) => {
                    dropped.insert(*name);
                    course.is_faulted_later |= is_hit;
                }
                Some(_) => {}
                None => {
                    course.is_faulted |= is_hit;
                    if !self.dead.contains(&name.0) {
                        course.breaks(Rule::EveryCallReturns);
                    }
                }
            }
        }
        dropped
    }
}
