//! What a member of a fleet notes of its doings, under the number that the fleet gave it. Knows no jobs.

use std::io;
use std::path::Path;

use lockwork_test_support::history::{Deed, Line, Turn, Witness};

/// The member's way to the witness.
pub(crate) struct Notes {
    witness: Witness,
    /// Unlike the system's, this number is no other process's, however many there are.
    process: u32,
}

impl Notes {
    pub(crate) fn open(witness: &Path, process: u32) -> io::Result<Self> {
        Ok(Self { witness: Witness::open(witness)?, process })
    }

    pub(crate) fn note(&self, key: &str, deed: Deed) -> io::Result<()> {
        self.witness.append(&Line::Job { process: self.process, key: key.to_owned(), deed })
    }

    /// Does something for which all bodies of this process stand still.
    pub(crate) fn while_all_stand_still(&self, act: impl FnOnce()) -> io::Result<()> {
        self.witness.append(&Line::Process { process: self.process, turn: Turn::Stopped })?;
        act();
        self.witness.append(&Line::Process { process: self.process, turn: Turn::Continued })
    }
}
