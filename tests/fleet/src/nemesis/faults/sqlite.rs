//! Faults of a SQLite file: others who write to it, a power cut, a disk that takes no more. Knows no networks.

use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::Context;
use lockwork_test_support::wal;
use rustix::process::{Pid, Signal, kill_process};

use crate::crew::{Crew, Whom};
use crate::faults::{Lot, Seen, Track};
use crate::writer::Writer;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    LockedAMoment,
    LockedLong,
    WriterStopped,
    WriterKilled,
    ReadLong,
    MovedAway,
    PowerCut,
}

/// What happens to the file.
pub(crate) struct SharedFile<'a> {
    pub(crate) crew: &'a Crew<'a>,
    pub(crate) file: &'a Path,
}

impl Track for SharedFile<'_> {
    type Kind = Kind;
    const KINDS: &'static [Kind] = &[
        Kind::LockedAMoment,
        Kind::LockedLong,
        Kind::WriterStopped,
        Kind::WriterKilled,
        Kind::ReadLong,
        Kind::MovedAway,
        Kind::PowerCut,
    ];

    fn strike(&self, kind: Kind, lot: Lot) -> anyhow::Result<Seen> {
        let _in_force = self.crew.begin(&format!("{kind:?}"), Whom::All)?;
        match kind {
            // Shorter and longer than lockwork waits for its turn.
            Kind::LockedAMoment => self.others("write", lot.lasting(100, 400)),
            Kind::LockedLong => self.others("write", lot.lasting(700, 2000)),
            Kind::ReadLong => self.others("read", lot.lasting(500, 2000)),
            Kind::WriterStopped => {
                let mut other = Writer::start(self.file)?;
                other.order("write")?;
                kill_process(other.pid(), Signal::STOP)?;
                thread::sleep(lot.lasting(600, 1800));
                kill_process(other.pid(), Signal::CONT)?;
                other.order("end")?;
                Ok(Seen::InForce(1))
            }
            Kind::WriterKilled => {
                let mut other = Writer::start(self.file)?;
                other.order("write")?;
                thread::sleep(lot.lasting(50, 400));
                drop(other);
                Ok(Seen::InForce(1))
            }
            Kind::MovedAway => self.move_away(lot),
            Kind::PowerCut => self.cut_power(),
        }
    }
}

impl SharedFile<'_> {
    /// Lets another process be in a transaction for so long.
    fn others(&self, order: &str, lasting: Duration) -> anyhow::Result<Seen> {
        let mut other = Writer::start(self.file)?;
        other.order(order)?;
        thread::sleep(lasting);
        other.order("end")?;
        Ok(Seen::InForce(1))
    }

    /// Lets the file be elsewhere for a while. Whoever starts meanwhile would make a new one, so nobody does.
    fn move_away(&self, lot: Lot) -> anyhow::Result<Seen> {
        let elsewhere = self.file.with_extension("elsewhere");
        self.crew.while_none_starts(|| {
            std::fs::rename(self.file, &elsewhere)?;
            thread::sleep(lot.lasting(100, 500));
            std::fs::rename(&elsewhere, self.file)?;
            Ok(Seen::InForce(1))
        })
    }

    /// Kills everybody at once, and leaves what a power cut leaves of a write that nobody was told of.
    fn cut_power(&self) -> anyhow::Result<Seen> {
        let mut log = self.file.as_os_str().to_owned();
        log.push("-wal");
        let torn = self.crew.while_all_are_dead(|| Ok(wal::tear(Path::new(&log))?))?;
        Ok(Seen::bit(u64::from(torn.is_some())))
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum DiskKind {
    TakesNoMore,
}

/// What happens to the disk, as one member sees it.
pub(crate) struct Disk<'a>(pub(crate) &'a Crew<'a>);

impl Track for Disk<'_> {
    type Kind = DiskKind;
    const KINDS: &'static [DiskKind] = &[DiskKind::TakesNoMore];

    fn strike(&self, kind: DiskKind, lot: Lot) -> anyhow::Result<Seen> {
        let Self(crew) = self;
        let slot = lot.slot(crew.len());
        let _in_force = crew.begin(&format!("{kind:?}"), Whom::Slot(slot))?;
        let mut limited = None;
        // Every write to the log fails; what bodies write to is shorter.
        crew.with_running(slot, |pid, number| {
            limited = limit(pid, "4096")?.then_some(number);
            Ok(())
        })?;
        thread::sleep(lot.lasting(300, 1500));
        crew.with_running(slot, |pid, number| {
            if limited == Some(number) {
                limit(pid, "unlimited")?;
            }
            Ok(())
        })?;
        Ok(if limited.is_some() { Seen::InForce(1) } else { Seen::Nothing })
    }
}

/// Lets no file of a process grow beyond so many bytes. Says whether the process is still there to feel it.
fn limit(pid: Pid, bytes: &str) -> anyhow::Result<bool> {
    let pid = pid.as_raw_nonzero().to_string();
    let mut command = Command::new("prlimit");
    command.args(["--pid", &pid, &format!("--fsize={bytes}:")]).stderr(Stdio::null());
    Ok(command.status().context("there is no `prlimit`")?.success())
}
