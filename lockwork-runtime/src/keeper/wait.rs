//! The keeper while somebody else's attempt or pause has time to go. Knows no driver and no body.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::callers::Verdict;
use crate::error::{Error, ErrorKind};
use crate::event::Event;
use crate::keeper::{Keeper, Next};
use crate::record::{Record, State};
use crate::store::Watch;

impl Keeper {
    /// Waits for somebody else's attempt or pause, which has `left` to go at most.
    ///
    /// What ends sooner it need not hear of: the next attempt is for one alone, so a few are woken for it, and these may be
    /// dead. When the time is over it looks, and finds what is there by then.
    pub(super) async fn wait(&mut self, left: Duration) -> Next {
        let until = self.post.setting().clock.now() + left;
        let Some(record) = self.register.record().cloned() else { return Next::Look };
        let (State::Running { series, .. } | State::Waiting { series, .. }) = &record.state else { return Next::Look };
        self.awaited = Some(*series);
        self.tell_busy(&record, left);
        self.answer_due(&record, until);
        if self.callers.is_empty() {
            return Next::Claim;
        }
        if self.watch.is_none() {
            // Something may have happened before the watch stood, so it is read again.
            return Next::Look;
        }
        loop {
            let next = self.callers.next_deadline().map_or(until, |deadline| deadline.min(until));
            let watch = self.watch.as_mut().expect("it stands, see above");
            tokio::select! {
                biased;
                message = self.post.inbox().next() => self.receive(message),
                () = watch.changed() => return self.woken(),
                () = sleep_until(next) => {}
            }
            if until <= self.post.setting().clock.now() || !self.late.is_empty() {
                return Next::Look;
            }
            self.answer_due(&record, until);
            if self.callers.is_empty() {
                return Next::Look;
            }
        }
    }

    /// What follows on a wake-up: a claim of what it told of, if that can be claimed, else a look.
    fn woken(&mut self) -> Next {
        let Some(record) = self.watch.as_ref().and_then(Watch::told) else { return Next::Look };
        self.register.guess(&record);
        Next::Claim
    }

    /// Answers those who do not want to wait longer for `record`'s attempt.
    pub(super) fn answer_due(&mut self, record: &Record, until: Instant) {
        let now = self.post.setting().clock.now();
        let left = until.saturating_duration_since(now);
        let (key, holder, attempt) = (self.post.key(), record.holder.label(), record.attempts);
        self.callers.answer_due(now, || {
            let text = match &record.state {
                State::Waiting { error, .. } => {
                    format!("busy: the pause after attempt {attempt} ({error}) has {left:?} to go; call again then")
                }
                _ => format!(
                    "busy: {holder} was seen at attempt {attempt}, with {left:?} of its lease to go; call again later"
                ),
            };
            let error = Error::new(ErrorKind::Busy, text).with_key(key).with_attempts(attempt).with_retry_in(left);
            Verdict::Failed(error)
        });
    }

    /// Told once for each attempt and once for each pause, however often it is looked at.
    fn tell_busy(&mut self, record: &Record, retry_in: Duration) {
        let is_pause = matches!(record.state, State::Waiting { .. });
        let waited_for = (record.holder.nonce, is_pause);
        if self.told_busy.replace(waited_for) != Some(waited_for) {
            self.post.setting().listener.tell(|| Event::Busy {
                key: self.post.key().as_str().to_owned(),
                attempt: record.attempts,
                holder: record.holder.label().to_owned(),
                retry_in,
                is_pause,
            });
        }
    }
}
