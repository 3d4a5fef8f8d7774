//! What is known of one job on the way through a history, and the rules that are about one job. Knows no processes.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::line::BodyEnd;
use super::rules::{End, Job, Record, Rule};
use super::summary::Summary;

/// A call, by its process and its number there.
pub(super) type CallName = (u32, u32);

/// A body that was begun.
#[derive(Debug)]
struct Body {
    call: CallName,
    attempt: u32,
    fence: u64,
    end: Option<BodyEnd>,
    /// Whether its process died before its end.
    has_died: bool,
    /// Whether it was begun by a process that had stood still meanwhile, so that its end is late too.
    is_late: bool,
}

/// Whether a line comes when its deed was done. What a process was about to do when it was stopped, it does when it
/// goes on, before it can look at a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Timing {
    InTime,
    AfterAStop,
}

/// A job on its way.
#[derive(Debug)]
pub(super) struct Course<'a> {
    job: &'a Job,
    pub(super) is_called: bool,
    /// Whether a fault was in force during one of its calls.
    pub(super) is_faulted: bool,
    /// Whether one was in force after a dropped call, whose attempt may still have been on its way back.
    pub(super) is_faulted_later: bool,
    bodies: Vec<Body>,
    places: HashMap<(CallName, u64), usize>,
    /// The place of the body with the highest fence.
    latest: Option<usize>,
    accepted: Option<u32>,
    answer: Option<String>,
    /// The highest fence that the outside resource has taken.
    written: u64,
    refused_writes: u64,
    takeovers: u64,
    broken: BTreeSet<Rule>,
}

impl<'a> Course<'a> {
    pub(super) fn new(job: &'a Job) -> Self {
        Self {
            job,
            is_called: false,
            is_faulted: false,
            is_faulted_later: false,
            bodies: Vec::new(),
            places: HashMap::new(),
            latest: None,
            accepted: None,
            answer: None,
            written: 0,
            refused_writes: 0,
            takeovers: 0,
            broken: BTreeSet::new(),
        }
    }

    pub(super) fn breaks(&mut self, rule: Rule) {
        if !self.job.excused.contains(&rule) {
            self.broken.insert(rule);
        }
    }

    fn breaks_if(&mut self, is_broken: bool, rule: Rule) {
        if is_broken {
            self.breaks(rule);
        }
    }

    pub(super) fn begin(&mut self, call: CallName, attempt: u32, fence: u64, timing: Timing) {
        let place = self.bodies.len();
        let is_new = self.places.insert((call, fence), place).is_none();
        let is_late = timing == Timing::AfterAStop;
        self.bodies.push(Body { call, attempt, fence, end: None, has_died: false, is_late });
        self.breaks_if(!is_new, Rule::FencesIncrease);
        self.breaks_if(self.job.max_attempts < attempt, Rule::AttemptsAreBounded);
        self.breaks_if(!is_late && self.is_acknowledged(), Rule::NoneAfterAnswer);
        if let Some(before) = self.latest {
            let before = &self.bodies[before];
            if is_late && fence < before.fence {
                return;
            }
            let is_spent = before.has_died || matches!(before.end, Some(BodyEnd::Ok(_) | BodyEnd::Failed));
            let goes_back = attempt < before.attempt + u32::from(is_spent);
            let has_old_fence = is_new && fence <= before.fence;
            let takes_over = before.attempt < attempt && before.end != Some(BodyEnd::Failed);
            self.breaks_if(has_old_fence, Rule::FencesIncrease);
            self.breaks_if(goes_back, Rule::AttemptsIncrease);
            self.takeovers += u64::from(takes_over);
        }
        self.latest = Some(place);
    }

    pub(super) fn end(&mut self, call: CallName, fence: u64, end: &BodyEnd, timing: Timing) {
        let Some(&place) = self.places.get(&(call, fence)) else { return self.breaks(Rule::HistoryIsWhole) };
        // One that was begun late is looked at, and dropped, only then.
        let is_late = timing == Timing::AfterAStop || (self.bodies[place].is_late && *end == BodyEnd::Cut);
        if self.latest != Some(place) && !is_late {
            self.breaks(if *end == BodyEnd::Cut { Rule::CutInTime } else { Rule::NoOverlap });
        }
        let had_ended = self.bodies[place].end.replace(end.clone()).is_some();
        self.breaks_if(had_ended, Rule::HistoryIsWhole);
    }

    pub(super) fn accepted(&mut self, attempt: u32) {
        let had = self.accepted.replace(attempt).is_some();
        self.breaks_if(had, Rule::OneCompletion);
    }

    pub(super) fn answer(&mut self, value: &str) {
        let first = self.answer.get_or_insert_with(|| value.to_owned());
        let differs = first != value;
        self.breaks_if(differs, Rule::OneAnswer);
    }

    pub(super) fn error(&mut self, kind: &str) {
        self.breaks_if(!self.job.errors.contains(kind), Rule::ErrorIsAllowed);
    }

    /// The outside resource takes a write.
    pub(super) fn take_write(&mut self, fence: u64) {
        self.breaks_if(fence < self.written, Rule::ResourceIsFenced);
        self.written = self.written.max(fence);
    }

    /// The outside resource refuses a write.
    pub(super) fn refuse_write(&mut self) {
        self.refused_writes += 1;
    }

    /// The process of a call is dead, and with it the body that the call may have begun last.
    pub(super) fn die(&mut self, call: CallName, fence: u64) {
        if let Some(&place) = self.places.get(&(call, fence)) {
            self.bodies[place].has_died |= self.bodies[place].end.is_none();
        }
    }

    fn is_acknowledged(&self) -> bool {
        self.answer.is_some() || self.accepted.is_some()
    }

    pub(super) fn summary(&self, record: Option<&Record>) -> Summary {
        let ends = |is_it: fn(&BodyEnd) -> bool| {
            self.bodies.iter().filter(|body| body.end.as_ref().is_some_and(is_it)).count() as u64
        };
        let stands = |end| u64::from(record.map(Record::end) == Some(end));
        Summary {
            jobs: u64::from(self.is_called),
            faulted_jobs: u64::from(self.is_faulted),
            completed_jobs: stands(End::Completed),
            exhausted_jobs: stands(End::Exhausted),
            bodies: self.bodies.len() as u64,
            failed: ends(|end| *end == BodyEnd::Failed),
            cut: ends(|end| *end == BodyEnd::Cut),
            takeovers: self.takeovers,
            refused_writes: self.refused_writes,
            ..Summary::default()
        }
    }

    /// The rules that are broken, once all is told and these calls were `dropped`.
    pub(super) fn judge(mut self, record: Option<&Record>, dropped: &HashSet<CallName>) -> BTreeSet<Rule> {
        if !self.is_called && record.is_none() {
            return self.broken;
        }
        let may_be_handed_back =
            |body: &&Body| matches!(body.end, None | Some(BodyEnd::Cut)) && dropped.contains(&body.call);
        let handed_back = self.bodies.iter().filter(may_be_handed_back).count();
        let attempts = record.map_or(0, Record::attempts);
        let went_wrong = self.is_faulted || self.is_faulted_later;
        let counted = number(self.bodies.len() - handed_back);
        self.breaks_if(self.job.max_attempts < counted, Rule::AttemptsAreBounded);
        self.breaks_if(!self.job.ends.contains(&record.map_or(End::Absent, Record::end)), Rule::EndIsAllowed);
        self.breaks_if(!went_wrong && number(self.bodies.len()) < attempts, Rule::AttemptsAreUsed);
        self.breaks_if(!went_wrong && self.takeovers != 0, Rule::HolderIsKept);
        match record {
            Some(Record::Completed { value, attempts }) => self.judge_completed(value, *attempts, counted),
            _ => {
                self.breaks_if(self.is_acknowledged(), Rule::AnswerIsKept);
                self.breaks_if(record.is_some() && attempts < counted, Rule::AttemptsAreRecorded);
            }
        }
        if let Some(Record::Exhausted { attempts }) = record {
            self.breaks_if(*attempts < self.job.max_attempts, Rule::AttemptsAreExhausted);
        }
        self.broken
    }

    fn judge_completed(&mut self, value: &str, attempts: u32, counted: u32) {
        let is_other = self.answer.as_ref().is_some_and(|answer| answer != value);
        self.breaks_if(is_other, Rule::AnswerIsKept);
        self.breaks_if(self.accepted.is_some_and(|accepted| accepted != attempts), Rule::AnswerIsKept);
        let did = |body: &&Body| matches!(&body.end, Some(BodyEnd::Ok(returned)) if returned == value);
        let Some(worked) = self.bodies.iter().rev().find(did) else { return self.breaks(Rule::WorkWasDone) };
        let is_latest = self.latest.is_some_and(|latest| self.bodies[latest].fence == worked.fence);
        let is_recorded = worked.attempt == attempts && counted <= attempts;
        self.breaks_if(!is_latest, Rule::LatestCompletes);
        self.breaks_if(is_latest && !is_recorded, Rule::AttemptsAreRecorded);
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
