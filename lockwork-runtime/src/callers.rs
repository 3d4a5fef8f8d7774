//! Who waits in this process for one key, in the order of arrival. Knows no store.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::attempt::Attempt;
use crate::callers::queue::Queue;
use crate::error::Error;
use crate::policy::SharedPolicy;
use crate::record::Record;

mod queue;

/// One wait of one caller for its next step.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) ticket: Ticket,
    pub(crate) policy: SharedPolicy,
    pub(crate) reply: oneshot::Sender<Verdict>,
}

/// Names a wait. Later ones are higher.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ticket(u64);

impl Ticket {
    pub(crate) fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// What a caller is told.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// Run the body.
    Run(Attempt),
    /// The job is done, and this is its record.
    Done(Arc<Record>),
    /// There is no value.
    Failed(Error),
}

/// The callers of one key.
#[derive(Debug, Default)]
pub(crate) struct Callers {
    waiting: Queue,
    deadlines: BTreeSet<(Instant, Ticket)>,
}

#[derive(Debug)]
struct Waiting {
    caller: Caller,
    since: Instant,
    deadline: Option<Instant>,
}

impl Callers {
    /// Lets a caller wait. Its `wait` begins to count at `from`.
    pub(crate) fn join(&mut self, caller: Caller, now: Instant, from: Instant) {
        let deadline = caller.policy.wait.and_then(|wait| from.checked_add(wait));
        if let Some(deadline) = deadline {
            self.deadlines.insert((deadline, caller.ticket));
        }
        self.waiting.insert(Waiting { caller, since: now, deadline });
    }

    pub(crate) fn leave(&mut self, ticket: Ticket) -> Option<Caller> {
        let Waiting { caller, deadline, .. } = self.waiting.remove(ticket)?;
        if let Some(deadline) = deadline {
            self.deadlines.remove(&(deadline, ticket));
        }
        Some(caller)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The policy of the one who is next, those who have silently gone struck off.
    pub(crate) fn first_policy(&mut self) -> Option<SharedPolicy> {
        while let Some(Waiting { caller, .. }) = self.waiting.first() {
            if !caller.reply.is_closed() {
                return Some(caller.policy.clone());
            }
            self.leave(caller.ticket);
        }
        None
    }

    /// Gives the attempt to the first who takes it. Says whether somebody did.
    pub(crate) fn hand_out(&mut self, attempt: &Attempt) -> bool {
        while let Some(first) = self.waiting.first() {
            let taken = self.leave(first.caller.ticket).map(|caller| caller.reply.send(Verdict::Run(attempt.clone())));
            if let Some(Ok(())) = taken {
                return true;
            }
        }
        false
    }

    /// When the first of them has waited long enough.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.deadlines.first().map(|(deadline, _)| *deadline)
    }

    /// Whether all of them have waited long enough, so that nobody is left to wait with.
    pub(crate) fn are_all_due(&self, now: Instant) -> bool {
        self.deadlines.len() == self.waiting.len() && self.deadlines.last().is_none_or(|(last, _)| *last <= now)
    }

    /// Answers those who have waited long enough.
    pub(crate) fn answer_due(&mut self, now: Instant, answer: impl Fn() -> Verdict) {
        while let Some(&(deadline, ticket)) = self.deadlines.first()
            && deadline <= now
        {
            self.answer(ticket, answer());
        }
    }

    /// Answers those who have put up with trouble that began at `start` for `patience`.
    pub(crate) fn answer_impatient(
        &mut self,
        start: Instant,
        patience: Duration,
        now: Instant,
        answer: impl Fn() -> Verdict,
    ) {
        let has_enough = |waiting: &Waiting| waiting.since.max(start) + patience <= now;
        let impatient = self.waiting.iter().filter(|waiting| has_enough(waiting));
        let tickets: Vec<_> = impatient.map(|waiting| waiting.caller.ticket).collect();
        for ticket in tickets {
            self.answer(ticket, answer());
        }
    }

    /// Answers everybody.
    pub(crate) fn answer_all(&mut self, answer: impl Fn() -> Verdict) {
        self.deadlines.clear();
        while let Some(Waiting { caller, .. }) = self.waiting.pop_first() {
            // One who has gone needs no answer.
            let _ = caller.reply.send(answer());
        }
    }

    fn answer(&mut self, ticket: Ticket, verdict: Verdict) {
        if let Some(caller) = self.leave(ticket) {
            // One who has gone needs no answer.
            let _ = caller.reply.send(verdict);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::now;
    use crate::policy::Policy;

    #[test]
    fn nothing_is_left_of_those_who_were_answered_or_have_gone() {
        let mut callers = Callers::default();
        let mut join = || {
            let (reply, verdict) = oneshot::channel();
            let policy = Policy::new().wait(Duration::from_secs(1)).into();
            callers.join(Caller { ticket: Ticket::next(), policy, reply }, now(), now());
            verdict
        };
        let verdicts = [join(), join()];
        drop(verdicts);
        assert!(callers.first_policy().is_none(), "nobody listens any more");
        assert_eq!((callers.is_empty(), callers.next_deadline()), (true, None));
        let (reply, _verdict) = oneshot::channel();
        let policy = Policy::new().wait(Duration::from_secs(1)).into();
        callers.join(Caller { ticket: Ticket::next(), policy, reply }, now(), now());
        callers.answer_all(|| Verdict::Failed(Error::new(crate::ErrorKind::Busy, "busy")));
        assert_eq!((callers.is_empty(), callers.next_deadline()), (true, None));
    }
}
