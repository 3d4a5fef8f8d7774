//! Faults of the networks between members and their server. Knows no server.

use std::thread;
use std::time::Duration;

use lockwork_test_support::proxy::{Direction, Fault, Proxy, Then};

use crate::crew::{Crew, Whom};
use crate::faults::{Lot, Seen, Track};

#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Delayed,
    Stalled,
    Blackhole,
    Held,
    OneByOne,
    ClosedAfterBytes,
    Reset,
    HalfOpen,
    ReplySwallowedAndReset,
    ReplySwallowedAndSilent,
}

/// The networks of some slots.
pub(crate) struct Network<'a> {
    pub(crate) crew: &'a Crew<'a>,
    pub(crate) proxies: &'a [Proxy],
    /// The slots.
    pub(crate) slots: Vec<usize>,
}

impl Track for Network<'_> {
    type Kind = Kind;
    const KINDS: &'static [Kind] = &[
        Kind::Delayed,
        Kind::Stalled,
        Kind::Blackhole,
        Kind::Held,
        Kind::OneByOne,
        Kind::ClosedAfterBytes,
        Kind::Reset,
        Kind::HalfOpen,
        Kind::ReplySwallowedAndReset,
        Kind::ReplySwallowedAndSilent,
    ];

    fn strike(&self, kind: Kind, lot: Lot) -> anyhow::Result<Seen> {
        let slot = self.slots[lot.slot(self.slots.len())];
        let proxy = &self.proxies[slot];
        let _in_force = self.crew.begin(&format!("{kind:?}"), Whom::Slot(slot))?;
        let direction = [Direction::Requests, Direction::Replies][usize::from(lot.below(2, "direction") == 0)];
        let before = (proxy.accepted(), proxy.swallowed());
        match kind {
            Kind::Delayed => {
                let [fixed, jitter] = ["fixed", "jitter"].map(|name| Duration::from_millis(lot.below(400, name)));
                for direction in [Direction::Requests, Direction::Replies] {
                    proxy.set(direction, Fault::Delay { fixed, jitter });
                }
            }
            Kind::Stalled => proxy.set(direction, Fault::Stall),
            Kind::Blackhole => proxy.set(direction, Fault::Blackhole),
            Kind::Held => proxy.set(direction, Fault::Hold),
            Kind::OneByOne => proxy.set(direction, Fault::OneByOne),
            Kind::ClosedAfterBytes => proxy.set(direction, Fault::CloseAfter(1 + lot.below(3000, "bytes"))),
            Kind::Reset => proxy.reset(),
            Kind::HalfOpen => proxy.half_open(),
            Kind::ReplySwallowedAndReset => proxy.swallow_reply(1 + lot.below(20, "reply"), Then::Reset),
            Kind::ReplySwallowedAndSilent => proxy.swallow_reply(1 + lot.below(20, "reply"), Then::Silence),
        }
        thread::sleep(lot.lasting(300, 2500));
        proxy.heal();
        let is_lasting = matches!(kind, Kind::Blackhole | Kind::HalfOpen | Kind::ReplySwallowedAndSilent);
        if is_lasting {
            // What was lost leaves a gap that no connection goes on after, so here it ends at the latest.
            proxy.reset();
        }
        Ok(match kind {
            Kind::ReplySwallowedAndReset | Kind::ReplySwallowedAndSilent => Seen::bit(proxy.swallowed() - before.1),
            Kind::ClosedAfterBytes => Seen::bit((proxy.accepted() - before.0) as u64),
            _ => Seen::InForce(1),
        })
    }
}
