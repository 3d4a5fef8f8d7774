//! What can happen next in a state, and what it comes to.

use super::brief::{Age, Brief, Glimpse, Kind, Why};
use super::mutants::Mutant;
use super::rules::Rules;
use super::turn::Turn;
use super::world::{Body, Budget, Phase, Process, Stage, Swap, World};

/// What can happen; the number is a process's, or a stray's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Call(usize),
    /// Its request arrives at the store.
    Arrive(usize),
    /// The same, and a copy of the request stays under way.
    ArriveTwice(usize),
    /// It hears that its swap was written.
    Hear(usize),
    /// It does not wait any longer for an answer.
    GiveUp(usize),
    Crash(usize),
    /// The call is dropped.
    Leave(usize),
    Wake(usize),
    Succeed(usize),
    Fail(usize),
    Renew(usize),
    /// The deadline that counts from its last renewal, or else from its request, passes.
    Deadline(usize),
    /// The keeper sees that the deadline has passed, while a poll of the body is under way.
    Lose(usize),
    /// The body's side sees it, and polls it no more.
    Cut(usize),
    /// An abandoned request arrives after all.
    Stray(usize),
    /// On the store's clock a lease, a pause or a cooldown is over.
    Over,
    /// The store loses its last write.
    RollBack,
}

/// How large a search is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scene {
    pub(super) processes: usize,
    pub(super) budget: Budget,
    /// Whether the clock behind the revisions has moved on when the store has lost a write.
    pub(super) clock_moves: bool,
}

impl Step {
    /// In which order things go well: messages first, then time, then those who wait. `None` is what needs bad luck,
    /// or somebody's will.
    pub(super) fn rank(self) -> Option<u8> {
        match self {
            Self::Arrive(_) | Self::Hear(_) | Self::Succeed(_) | Self::Cut(_) => Some(0),
            Self::Deadline(_) | Self::Over => Some(1),
            Self::Wake(_) => Some(2),
            _ => None,
        }
    }
}

impl Scene {
    pub(super) fn start(&self) -> World {
        World { budget: self.budget, ..World::default() }
    }

    /// Everything that can happen next.
    pub(super) fn steps(&self, world: &World, rules: &Rules, steps: &mut Vec<Step>) {
        steps.clear();
        for p in 0..self.processes {
            process_steps(world, p, rules, steps);
        }
        steps.extend((0..world.strays.len()).filter(|&stray| world.strays[stray].is_some()).map(Step::Stray));
        if can_be_over(world, rules) {
            steps.push(Step::Over);
        }
        if world.budget.rollbacks > 0 && world.store.record.kind != Kind::Absent {
            steps.push(Step::RollBack);
        }
    }

    pub(super) fn make<'a>(&self, world: &World, step: Step, rules: &'a Rules) -> Turn<'a> {
        // Far above every revision that was written before.
        let clock = if self.clock_moves && world.budget.rollbacks < self.budget.rollbacks { 100 } else { 0 };
        let mut turn = Turn { rules, clock, world: *world, broken: Vec::new() };
        turn.make(step);
        if self.budget.rollbacks == 0 && !rules.lacks(Mutant::NothingCompared) {
            turn.world.forget_hopeless_strays();
        }
        turn.witness_state();
        turn
    }
}

fn process_steps(world: &World, p: usize, rules: &Rules, steps: &mut Vec<Step>) {
    let Process { phase, body, is_over, is_gone, request, .. } = world.processes[p];
    let Budget { crashes, losses, copies, leaves, renewals, .. } = world.budget;
    let is_swap = request.swap.is_some();
    let has_room = world.has_room() || !(is_swap && request.stage == Stage::Sent);
    match request.stage {
        Stage::Sent => {
            steps.push(Step::Arrive(p));
            if is_swap && copies > 0 && world.has_room() {
                steps.push(Step::ArriveTwice(p));
            }
        }
        Stage::Written => steps.push(Step::Hear(p)),
        Stage::None => {}
    }
    // A load that is made again is a load that was answered late.
    if is_swap && losses > 0 && has_room {
        steps.push(Step::GiveUp(p));
    }
    let is_timed = matches!(phase, Phase::Claiming | Phase::Confirming | Phase::Holding) && is_swap;
    let is_held = phase == Phase::Holding;
    if (is_held && !is_over) || (is_timed && !request.is_old) {
        steps.push(Step::Deadline(p));
    }
    if crashes > 0 && has_room && !matches!(phase, Phase::Quiet | Phase::Left) {
        steps.push(Step::Crash(p));
    }
    let is_polled = matches!(phase, Phase::Holding | Phase::Late) && body == Body::Running;
    let can_leave = matches!(phase, Phase::Claiming | Phase::Confirming | Phase::Waiting) || is_polled;
    if leaves > 0 && !is_gone && can_leave {
        steps.push(Step::Leave(p));
    }
    match phase {
        Phase::Quiet => steps.push(Step::Call(p)),
        Phase::Waiting => steps.push(Step::Wake(p)),
        _ => {}
    }
    if is_polled {
        steps.extend([Step::Succeed(p), Step::Fail(p)]);
    }
    let is_idle = request.stage == Stage::None;
    if is_held && is_idle && renewals > 0 && (!is_over || rules.lacks(Mutant::RenewalSkipped)) {
        steps.push(Step::Renew(p));
    }
    if is_held && is_over && is_idle {
        steps.push(Step::Lose(p));
    }
    if is_polled && is_over && is_idle {
        steps.push(Step::Cut(p));
    }
}

/// Whether time can have passed far enough for what the record waits for. A lease is over at the store only after the
/// deadline at its holder, which counts from an earlier moment and is shorter.
fn can_be_over(world: &World, rules: &Rules) -> bool {
    let Glimpse { record, age } = world.store;
    let is_past_deadlines = |record: &Brief| {
        world.processes.iter().all(|process| {
            let holds = process.phase == Phase::Holding && process.nonce == record.nonce;
            let request = &process.request;
            let wrote = request.stage == Stage::Written && request.swap.is_some_and(|swap| swap.next == *record);
            let is_timed = matches!(process.phase, Phase::Claiming | Phase::Confirming | Phase::Holding);
            (!holds || process.is_over) && (!wrote || !is_timed || request.is_old)
        })
    };
    age != Age::Over
        && match record.kind {
            Kind::Running => rules.lacks(Mutant::DeadlineIgnored) || is_past_deadlines(&record),
            Kind::Waiting => record.why != Why::HandedBack,
            Kind::Exhausted => world.budget.cooldowns > 0,
            Kind::Absent | Kind::Done => false,
        }
}

impl Turn<'_> {
    fn make(&mut self, step: Step) {
        match step {
            Step::Call(p) => self.think(p, Some(Glimpse::default())),
            Step::Arrive(p) => self.arrive(p),
            Step::ArriveTwice(p) => {
                self.world.budget.copies -= 1;
                if let Some(swap) = self.process(p).request.swap {
                    swap.adrift(&mut self.world.strays);
                }
                self.arrive(p);
            }
            Step::Hear(p) => self.hear(p),
            Step::GiveUp(p) => {
                self.world.budget.losses -= 1;
                self.give_up(p);
            }
            Step::Crash(p) => {
                self.world.budget.crashes -= 1;
                self.abandon(p);
                *self.process(p) = Process::default();
            }
            Step::Leave(p) => {
                self.world.budget.leaves -= 1;
                self.drop_call(p);
            }
            Step::Wake(p) => self.think(p, None),
            Step::Succeed(p) => self.end(p, Body::Ok),
            Step::Fail(p) => self.end(p, Body::Err),
            Step::Renew(p) => self.give_sign_of_life(p),
            Step::Deadline(p) if self.process(p).phase == Phase::Holding && !self.process(p).is_over => {
                self.process(p).is_over = true;
            }
            Step::Deadline(p) => self.process(p).request.is_old = true,
            Step::Lose(p) => self.lose(p),
            Step::Cut(p) => self.think(p, None),
            Step::Stray(stray) => {
                if let Some(swap) = self.world.strays[stray].take() {
                    self.store(swap);
                }
            }
            Step::Over => {
                if self.world.store.record.kind == Kind::Exhausted {
                    self.world.budget.cooldowns -= 1;
                }
                self.world.store.age = Age::Over;
            }
            Step::RollBack => {
                self.world.budget.rollbacks -= 1;
                let before = std::mem::take(&mut self.world.before);
                self.world.store = Glimpse::new(before, Age::Young);
            }
        }
    }

    fn give_sign_of_life(&mut self, p: usize) {
        self.world.budget.renewals -= 1;
        if self.rules.lacks(Mutant::RenewalSkipped) {
            self.process(p).is_over = false;
        } else {
            let believed = self.process(p).believed;
            self.renew(p, believed);
        }
    }

    /// What a load reads and what a swap finds in its way is heard at once: until the request that follows on it
    /// arrives, just as much can happen.
    fn arrive(&mut self, p: usize) {
        let Glimpse { record, age } = self.world.store;
        let Some(swap) = self.process(p).request.swap else {
            return self.find(p, Glimpse::new(record, age));
        };
        if self.store(swap) || self.rules.lacks(Mutant::ConflictTakenForSuccess) {
            let request = &mut self.process(p).request;
            request.stage = Stage::Written;
            request.swap = Some(Swap { expected: Brief::ABSENT, ..swap });
        } else {
            // How old the record is, a conflict does not tell.
            self.find(p, Glimpse::new(record, Age::Unknown));
        }
    }

    fn drop_call(&mut self, p: usize) {
        match self.process(p).phase {
            Phase::Waiting => self.leave(p),
            Phase::Holding | Phase::Late => self.end(p, Body::Dropped),
            _ => self.process(p).is_gone = true,
        }
    }

    /// The body has ended. A keeper that waits for the answer to a renewal hears of it afterwards.
    fn end(&mut self, p: usize, body: Body) {
        self.process(p).body = body;
        let Process { phase, believed, request, .. } = *self.process(p);
        if request.stage == Stage::None {
            self.settle(p, (phase == Phase::Holding).then_some(believed));
        }
    }
}
