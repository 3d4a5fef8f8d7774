//! The keeper when it claims: looks, asks for the next attempt, and sees what came of it. Knows no body.

use tokio::time::Instant;

use crate::event::Event;
use crate::keeper::hold::local_deadline;
use crate::keeper::{Keeper, Next};
use crate::policy::{Policy, SharedPolicy};
use crate::random;
use crate::record::{Decision, Nonce, Series, State, Transition};
use crate::register::{Applied, Glimpse};
use crate::store::StoreError;

impl Keeper {
    /// Claims what is believed to be there.
    #[expect(clippy::manual_async_fn, reason = "an async function would have room for its arguments twice")]
    pub(super) fn claim(&mut self, policy: SharedPolicy) -> impl Future<Output = Result<Next, StoreError>> + Send {
        async move {
            let mut now = self.post.setting().round();
            // A claim that was not answered is made again under its nonce, so that it is known when it was applied.
            let (nonce, _) = *self.claiming.get_or_insert_with(|| (Nonce(random::bits()), policy.clone()));
            let transition = Transition::Claim { fresh: Series(random::bits()), awaited: self.awaited };
            let mut applied = self.apply(&transition, nonce, &policy, now).await?;
            self.recover(applied.sent);
            if applied.decision == Some(Decision::Look) {
                return Ok(Next::Look);
            }
            // Nobody else's attempt needs to know what time it is.
            if matches!(applied.decision, None | Some(Decision::Mine)) {
                self.note_begun(&applied, nonce);
                now = self.post.setting().round();
                if self.needs_sign_of_life(&applied, &policy, now) {
                    // Boxed, as it is rare: no keeper need have room for it.
                    applied = Box::pin(self.apply(&Transition::Renew, nonce, &policy, now)).await?;
                    now = self.post.setting().clock.now();
                }
            }
            self.claiming = None;
            Ok(match applied.decision {
                None => match self.register.record().map(|record| (record, &record.state)) {
                    Some((record, State::Running { series, .. })) => {
                        Next::Hold(self.held(applied.sent, now, record, *series, policy))
                    }
                    // It has found out that the last attempt was spent.
                    _ => self.give_up(policy.cooldown_or_default()),
                },
                Some(Decision::Busy(left)) => Next::Wait(left),
                Some(Decision::GivenUp(left)) => self.give_up(left),
                Some(Decision::Done) => self.announce(),
                // Somebody took over between the claim and its sign of life.
                Some(_) => Next::Look,
            })
        }
    }

    /// Asks whether the job is still done, as it was seen to be.
    pub(super) async fn confirm(&mut self, earlier: Glimpse) -> Next {
        self.read_inbox();
        if !self.late.is_empty() || self.callers.is_empty() {
            return Next::Look;
        }
        let sent = self.post.setting().round();
        match self.register.confirm(earlier, sent).await {
            Ok(true) => {
                self.recover(sent);
                self.announce()
            }
            Ok(false) => Next::Claim,
            Err(error) => Next::PutUpWith(error),
        }
    }

    /// Reads the record. If somebody here is going to wait, a watch stands before: what happens after the reading
    /// then wakes.
    pub(super) async fn look(&mut self) -> Result<(), StoreError> {
        if self.watch.is_none() && !self.callers.are_all_due(self.post.setting().clock.now()) {
            self.watch = Some(self.register.watch().await?);
        }
        self.register.load().await
    }

    /// A claim was written: whose fate is waited for from here on, and whose attempt it ended.
    fn note_begun(&mut self, applied: &Applied, nonce: Nonce) {
        self.tell_of_takeover(applied, nonce);
        if let Some(State::Running { series, .. }) = self.register.record().map(|record| &record.state) {
            self.awaited = Some(*series);
            self.told_busy = None;
        }
    }

    /// Gives back what a claim that was never answered may have got, as nobody is left to run it. One try: if the
    /// store does not answer this either, the lease ends by itself.
    pub(super) async fn take_back_claim(&mut self, nonce: Nonce, policy: &Policy) {
        if self.register.load().await.is_ok() {
            let now = self.post.setting().clock.now();
            let _ = self.apply(&Transition::HandBack, nonce, policy, now).await;
        }
    }

    fn tell_of_takeover(&self, applied: &Applied, nonce: Nonce) {
        let Some(before) = &applied.before else { return };
        // What was there may be this very attempt, whose claim was applied but not answered.
        if matches!(before.state, State::Running { .. }) && before.holder.nonce != nonce {
            self.post.setting().listener.tell(|| Event::TakenOver {
                key: self.post.key().as_str().to_owned(),
                attempt: before.attempts,
                holder: before.holder.label().to_owned(),
            });
        }
    }

    /// Whether a lease that was just claimed has to be counted anew: it is not known when it was applied, or the answer
    /// was on its way for a whole lease, so that the attempt would be spent before its body has begun.
    fn needs_sign_of_life(&self, applied: &Applied, policy: &Policy, now: Instant) -> bool {
        let is_running = self.register.record().is_some_and(|record| matches!(record.state, State::Running { .. }));
        applied.decision == Some(Decision::Mine) || is_running && local_deadline(applied.sent, policy) <= now
    }
}
