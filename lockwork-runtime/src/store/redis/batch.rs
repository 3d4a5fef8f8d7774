//! Commands that are sent in one go, and the answers to them. Knows no connection.

use std::fmt;
use std::io::ErrorKind;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use redis::{Cmd, Pipeline, RedisError, RedisResult, Value};

use crate::store::redis::fault::of_connection;

/// Commands that wait to be sent.
#[derive(Default)]
pub(super) struct Unsent {
    pub(super) commands: Pipeline,
    pub(super) answers: Arc<Answers>,
}

impl Unsent {
    /// None, with room for so many.
    pub(super) fn with_room(count: usize) -> Self {
        let answers = Answers(Mutex::new(Vec::with_capacity(count)));
        Self { commands: Pipeline::with_capacity(count), answers: Arc::new(answers) }
    }

    pub(super) fn len(&self) -> usize {
        self.commands.len()
    }

    /// Adds a command, and gives its answer to come.
    pub(super) fn add(&mut self, command: Cmd) -> Answer {
        self.commands.add_command(command);
        Answer { of: Arc::clone(&self.answers), place: self.answers.add() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.commands.is_empty()
    }
}

/// The answers to the commands of one sending, in their order.
#[derive(Default)]
pub(super) struct Answers(Mutex<Vec<Slot>>);

enum Slot {
    /// Not answered yet; who is to be woken then.
    Awaited(Option<Waker>),
    Answered(RedisResult<Value>),
    Taken,
}

impl Answers {
    fn add(&self) -> usize {
        let mut slots = self.slots();
        slots.push(Slot::Awaited(None));
        slots.len() - 1
    }

    /// All are answered. Where the sending as a whole failed, each of them has. Who waits is woken;
    /// `awaiting` is room for that, and is left empty.
    pub(super) fn are(&self, answered: RedisResult<Vec<Value>>, awaiting: &mut Vec<Waker>) {
        let mut slots = self.slots();
        let mut answers = answered.map(Vec::into_iter);
        for slot in slots.iter_mut() {
            let answer = match &mut answers {
                Ok(answers) => answers.next().map_or_else(|| Err(missing()), Ok),
                Err(error) => Err(error.clone()),
            };
            if let Slot::Awaited(Some(waker)) = std::mem::replace(slot, Slot::Answered(answer)) {
                awaiting.push(waker);
            }
        }
        drop(slots);
        awaiting.drain(..).for_each(Waker::wake);
    }

    fn slots(&self) -> MutexGuard<'_, Vec<Slot>> {
        // Nothing under the lock can leave it half done, so a panic elsewhere does not spoil it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The answer to one command; an error anywhere in it is the answer's. To be awaited once.
pub(super) struct Answer {
    of: Arc<Answers>,
    place: usize,
}

impl Future for Answer {
    type Output = RedisResult<Value>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut slots = self.of.slots();
        let slot = &mut slots[self.place];
        match slot {
            Slot::Awaited(Some(waker)) => {
                waker.clone_from(context.waker());
                Poll::Pending
            }
            Slot::Awaited(none) => {
                *none = Some(context.waker().clone());
                Poll::Pending
            }
            Slot::Answered(_) | Slot::Taken => match std::mem::replace(slot, Slot::Taken) {
                Slot::Answered(answer) => Poll::Ready(answer),
                _ => Poll::Ready(Err(missing())),
            },
        }
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("place", &self.place).finish_non_exhaustive()
    }
}

/// There are fewer answers than commands, which no server does.
fn missing() -> RedisError {
    of_connection(ErrorKind::UnexpectedEof)
}

#[cfg(test)]
mod tests {
    use futures_util::poll;

    use super::*;

    fn unsent(count: usize) -> (Unsent, Vec<Answer>) {
        let mut unsent = Unsent::default();
        let answers = (0..count).map(|_| unsent.add(redis::cmd("PING"))).collect();
        (unsent, answers)
    }

    #[tokio::test]
    async fn everybody_has_the_answer_to_their_own_command() {
        let (unsent, mut answers) = unsent(3);
        for answer in &mut answers {
            assert!(poll!(answer).is_pending());
        }
        // One does not wait any more.
        drop(answers.remove(1));
        unsent.answers.are(Ok(vec![Value::Int(0), Value::Int(1), Value::Int(2)]), &mut Vec::new());
        let got: Vec<_> = futures_util::future::join_all(answers).await.into_iter().filter_map(Result::ok).collect();
        assert_eq!(got, [Value::Int(0), Value::Int(2)]);
    }

    #[tokio::test]
    async fn what_was_not_answered_is_an_error_for_each() {
        let (too_few, answers) = unsent(2);
        too_few.answers.are(Ok(vec![Value::Okay]), &mut Vec::new());
        let [first, second] = <[Answer; 2]>::try_from(answers).expect("there are two");
        assert!(first.await.is_ok() && second.await.is_err());
        let (broken, answers) = unsent(2);
        broken.answers.are(Err(missing()), &mut Vec::new());
        assert!(futures_util::future::join_all(answers).await.iter().all(Result::is_err));
    }
}
