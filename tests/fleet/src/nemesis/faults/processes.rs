//! Faults of the members themselves: killed, and stopped for longer than any lease. Knows no store.

use std::thread;

use crate::crew::Crew;
use crate::faults::{Lot, Seen, Track};

#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Killed,
    Stopped,
}

pub(crate) struct Processes<'a>(pub(crate) &'a Crew<'a>);

impl Track for Processes<'_> {
    type Kind = Kind;
    const KINDS: &'static [Kind] = &[Kind::Killed, Kind::Stopped];

    fn strike(&self, kind: Kind, lot: Lot) -> anyhow::Result<Seen> {
        let Self(crew) = self;
        let slot = lot.slot(crew.len());
        match kind {
            Kind::Killed => {
                let is_done = crew.kill(slot)?;
                thread::sleep(lot.lasting(300, 1500));
                Ok(Seen::bit(u64::from(is_done)))
            }
            Kind::Stopped => {
                let Some(stopped) = crew.stop(slot)? else { return Ok(Seen::Nothing) };
                thread::sleep(lot.lasting(600, 3000));
                crew.go_on(slot, stopped)?;
                Ok(Seen::bit(1))
            }
        }
    }
}
