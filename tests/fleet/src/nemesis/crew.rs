//! The members of a fleet, each in its slot: started, stopped, killed, and started again. Knows no store and no history.

use std::fs::File;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context, bail};
use lockwork_fleet::member;
use lockwork_test_support::history::{Line, Scope, Turn, Witness};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};

use crate::stage::{NAMESPACE, Stage};

/// All members.
pub(crate) struct Crew<'a> {
    stage: &'a Stage,
    seed: u64,
    witness: Witness,
    slots: Vec<Mutex<Slot>>,
    /// How far the members may go, as they are told. Whoever starts later is told the same.
    bounds: Mutex<String>,
    fault_numbers: AtomicU32,
    is_given_up: AtomicBool,
}

/// A place in the fleet, and the process that has it.
#[derive(Default)]
struct Slot {
    /// How many processes it has had before.
    generation: u32,
    running: Option<Running>,
    /// The faults that are in force here, by name, with the numbers under which they are noted.
    faults: Vec<(u32, String, Vec<u32>)>,
}

struct Running {
    /// Its number in the history.
    number: u32,
    process: Child,
    orders: ChildStdin,
}

/// Whom a fault concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whom {
    All,
    Slot(usize),
}

/// A fault that is in force for as long as this is there.
pub(crate) struct InForce<'a> {
    crew: &'a Crew<'a>,
    number: u32,
    whom: Whom,
}

impl<'a> Crew<'a> {
    pub(crate) fn new(stage: &'a Stage, seed: u64, members: u64) -> anyhow::Result<Self> {
        let witness = Witness::open(&stage.directory().join("witness"))?;
        let slots = (0..members).map(|_| Mutex::default()).collect();
        Ok(Self {
            stage,
            seed,
            witness,
            slots,
            bounds: Mutex::new("up-to 0".to_owned()),
            fault_numbers: AtomicU32::new(0),
            is_given_up: AtomicBool::new(false),
        })
    }

    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Keeps a member in the slot until one has done all that it was to do. A new one begins where `settled` says.
    pub(crate) fn keep(&self, slot: usize, settled: impl Fn() -> u64) -> anyhow::Result<()> {
        loop {
            let Some(pid) = self.start(slot, settled())? else { return Ok(()) };
            wait_for(pid, WaitIdOptions::EXITED)?;
            let status = self.bury(slot)?;
            if status.success() || self.is_given_up.load(Ordering::Relaxed) {
                return Ok(());
            }
            if status.signal() != Some(Signal::KILL.as_raw()) {
                bail!("a member in slot {slot} ended with {status}; see the file `complaints`");
            }
        }
    }

    /// Starts a member, unless all are given up.
    fn start(&self, slot: usize, from: u64) -> anyhow::Result<Option<Pid>> {
        let mut place = self.lock(slot);
        if self.is_given_up.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let number = u32::try_from(slot)? + u32::try_from(self.len())? * place.generation;
        place.generation += 1;
        // A limit on its files is to be told to it, and not to end it.
        let script = "trap '' XFSZ; exec \"$@\"";
        let mut command = Command::new("sh");
        command.args(["-c", script, "sh"]).arg(member::program()?).arg(self.stage.url(slot)).args([NAMESPACE, "work"]);
        command.arg(self.stage.directory());
        for argument in [self.seed, self.len() as u64, slot as u64, u64::from(number), from] {
            command.arg(argument.to_string());
        }
        let complaints = File::options().create(true).append(true).open(self.stage.directory().join("complaints"))?;
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(complaints).spawn()?;
        let pid = Pid::from_child(&process);
        let mut orders = process.stdin.take().context("it is piped")?;
        // One that was killed already needs no orders.
        let _ = writeln!(orders, "{}", self.bounds.lock().unwrap_or_else(PoisonError::into_inner));
        for (_, name, numbers) in &mut place.faults {
            numbers.push(self.note_fault(name, Some(number))?);
        }
        place.running = Some(Running { number, process, orders });
        Ok(Some(pid))
    }

    /// What has become of the member of this slot, whose process has ended.
    fn bury(&self, slot: usize) -> anyhow::Result<ExitStatus> {
        let mut running = self.lock(slot).running.take().context("it has been started")?;
        let status = running.process.wait()?;
        if !status.success() && !self.is_given_up.load(Ordering::Relaxed) {
            let turn = Turn::Died(status.to_string());
            self.witness.append(&Line::Process { process: running.number, turn })?;
        }
        Ok(status)
    }

    /// All members may go on up to this job.
    pub(crate) fn let_go(&self, up_to: u64) {
        self.order(format!("up-to {up_to}"));
    }

    /// There are no more jobs than this.
    pub(crate) fn let_finish(&self, last: u64) {
        self.order(format!("last {last}"));
    }

    fn order(&self, order: String) {
        // First, so that who starts meanwhile hears of it in one way or the other.
        self.bounds.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&order);
        for slot in 0..self.len() {
            if let Some(running) = &mut self.lock(slot).running {
                // One that was killed needs no orders.
                let _ = writeln!(running.orders, "{order}");
            }
        }
    }

    /// Kills the member of this slot, wherever it is.
    pub(crate) fn kill(&self, slot: usize) -> anyhow::Result<bool> {
        self.with_running(slot, |pid, number| {
            self.note_strike("Killed", number)?;
            kill_process(pid, Signal::KILL)?;
            Ok(())
        })
    }

    /// Stops the member of this slot, wherever it is. Gives its number.
    pub(crate) fn stop(&self, slot: usize) -> anyhow::Result<Option<u32>> {
        let mut stopped = None;
        self.with_running(slot, |pid, number| {
            self.note_strike("Stopped", number)?;
            kill_process(pid, Signal::STOP)?;
            // What it did before is noted before, and all that it does afterwards is late.
            wait_for(pid, WaitIdOptions::STOPPED | WaitIdOptions::EXITED)?;
            self.witness.append(&Line::Process { process: number, turn: Turn::Stopped })?;
            stopped = Some(number);
            Ok(())
        })?;
        Ok(stopped)
    }

    /// Lets the member go on, if it is still this one.
    pub(crate) fn go_on(&self, slot: usize, stopped: u32) -> anyhow::Result<()> {
        self.with_running(slot, |pid, number| {
            if number == stopped {
                self.witness.append(&Line::Process { process: number, turn: Turn::Continued })?;
                kill_process(pid, Signal::CONT)?;
            }
            Ok(())
        })?;
        Ok(())
    }

    /// Does something to the process of a slot, which does not become another meanwhile. Says whether there was one.
    pub(crate) fn with_running(
        &self,
        slot: usize,
        act: impl FnOnce(Pid, u32) -> anyhow::Result<()>,
    ) -> anyhow::Result<bool> {
        match &self.lock(slot).running {
            None => Ok(false),
            Some(running) => act(Pid::from_child(&running.process), running.number).map(|()| true),
        }
    }

    /// Does something while no member starts.
    pub(crate) fn while_none_starts<T>(&self, act: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
        let _places: Vec<_> = (0..self.len()).map(|slot| self.lock(slot)).collect();
        act()
    }

    /// Kills all members at the same moment, and does something before any of them is followed.
    pub(crate) fn while_all_are_dead<T>(&self, act: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
        let places: Vec<_> = (0..self.len()).map(|slot| self.lock(slot)).collect();
        let running = || places.iter().filter_map(|place| place.running.as_ref());
        for member in running() {
            kill_process(Pid::from_child(&member.process), Signal::KILL)?;
        }
        for member in running() {
            wait_for(Pid::from_child(&member.process), WaitIdOptions::EXITED)?;
        }
        act()
    }

    /// Ends members that do not end by themselves, without a word to the witness: their calls have not returned.
    pub(crate) fn give_up(&self) {
        self.is_given_up.store(true, Ordering::Relaxed);
        for slot in 0..self.len() {
            // One that has ended need not be ended.
            let _ = self.with_running(slot, |pid, _| Ok(kill_process(pid, Signal::KILL)?));
        }
    }

    /// A fault is in force from here on, for the members that are there and for those that follow them.
    pub(crate) fn begin(&'a self, name: &str, whom: Whom) -> anyhow::Result<InForce<'a>> {
        let number = match whom {
            Whom::All => self.note_fault(name, None)?,
            Whom::Slot(slot) => {
                let mut place = self.lock(slot);
                let number = self.fault_numbers.fetch_add(1, Ordering::Relaxed);
                let process = place.running.as_ref().map(|running| running.number);
                let noted = process.map(|process| self.note_fault(name, Some(process))).transpose()?;
                place.faults.push((number, name.to_owned(), noted.into_iter().collect()));
                number
            }
        };
        Ok(InForce { crew: self, number, whom })
    }

    fn note_fault(&self, kind: &str, process: Option<u32>) -> anyhow::Result<u32> {
        let number = self.fault_numbers.fetch_add(1, Ordering::Relaxed);
        let scope = Scope { process, key: None };
        self.witness.append(&Line::FaultBegins { number, scope, kind: kind.to_owned() })?;
        Ok(number)
    }

    fn note_strike(&self, kind: &str, process: u32) -> anyhow::Result<()> {
        let scope = Scope { process: Some(process), key: None };
        Ok(self.witness.append(&Line::FaultStrikes { scope, kind: kind.to_owned() })?)
    }

    fn lock(&self, slot: usize) -> MutexGuard<'_, Slot> {
        self.slots[slot].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for InForce<'_> {
    fn drop(&mut self) {
        let numbers = match self.whom {
            Whom::All => vec![self.number],
            Whom::Slot(slot) => {
                let mut place = self.crew.lock(slot);
                let at = place.faults.iter().position(|(number, ..)| *number == self.number);
                at.map(|at| place.faults.remove(at).2).unwrap_or_default()
            }
        };
        for number in numbers {
            // What is missing in the history is found out by its checker.
            let _ = self.crew.witness.append(&Line::FaultEnds { number });
        }
    }
}

impl Drop for Crew<'_> {
    fn drop(&mut self) {
        for slot in 0..self.len() {
            if let Some(mut running) = self.lock(slot).running.take() {
                // It may have ended by itself.
                let _ = running.process.kill();
                let _ = running.process.wait();
            }
        }
    }
}

/// Waits for what becomes of a process, which it still is afterwards.
fn wait_for(pid: Pid, what: WaitIdOptions) -> anyhow::Result<()> {
    while let Err(error) = waitid(WaitId::Pid(pid), what | WaitIdOptions::NOWAIT) {
        if error != rustix::io::Errno::INTR {
            return Err(error.into());
        }
    }
    Ok(())
}
