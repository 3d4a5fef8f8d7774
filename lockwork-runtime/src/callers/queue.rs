//! Those who wait, by their tickets. Knows nothing of what they wait for.

use std::collections::BTreeMap;

use crate::callers::{Ticket, Waiting};

/// Any of them can leave at any time, at little cost however many there are.
#[derive(Debug, Default)]
pub(super) struct Queue {
    /// The one with the lowest ticket. It has a place of its own, as most keys never have two callers at a time.
    first: Option<Waiting>,
    /// Those behind it.
    others: BTreeMap<Ticket, Waiting>,
}

impl Queue {
    pub(super) fn insert(&mut self, waiting: Waiting) {
        let behind = match &mut self.first {
            // Who drew its ticket first need not come first.
            Some(first) if waiting.caller.ticket < first.caller.ticket => std::mem::replace(first, waiting),
            Some(_) => waiting,
            first => {
                *first = Some(waiting);
                return;
            }
        };
        self.others.insert(behind.caller.ticket, behind);
    }

    pub(super) fn remove(&mut self, ticket: Ticket) -> Option<Waiting> {
        match &self.first {
            Some(first) if first.caller.ticket == ticket => self.pop_first(),
            _ => self.others.remove(&ticket),
        }
    }

    pub(super) fn first(&self) -> Option<&Waiting> {
        self.first.as_ref()
    }

    pub(super) fn pop_first(&mut self) -> Option<Waiting> {
        let next = self.others.pop_first().map(|(_, next)| next);
        std::mem::replace(&mut self.first, next)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Waiting> {
        self.first.iter().chain(self.others.values())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    pub(super) fn len(&self) -> usize {
        self.first.iter().len() + self.others.len()
    }
}
