//! A command on its way, from the caller to the answer. Knows no command, and nothing of how a connection is made.

use std::pin::Pin;
use std::task::{Context, Poll};

use redis::{RedisResult, Value};

use crate::store::StoreError;
use crate::store::redis::batch::{Answer, Asking};
use crate::store::redis::connection::Link;

/// A command that was sent over the connection of this number.
pub(super) struct Sent {
    pub(super) number: u64,
    pub(super) answer: Answer,
}

/// What came of it.
pub(super) struct Answered {
    pub(super) number: u64,
    pub(super) answer: RedisResult<Value>,
}

/// A command on its way, which is what `A` adds.
pub(super) enum Sending<'a, A> {
    /// It is sent when it is first polled: then it is known whom the answer wakes.
    New(&'a Link, &'a A),
    Sent(Sent),
    /// There was no connection. Boxed, as it is rare: no command need have room for it.
    Waiting(Pin<Box<dyn Future<Output = Result<Answered, StoreError>> + Send + 'a>>),
}

impl Future for Sent {
    type Output = Answered;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Answered> {
        let number = self.number;
        Pin::new(&mut self.answer).poll(context).map(|answer| Answered { number, answer })
    }
}

impl<A: Fn(Asking<'_>) -> Answer + Sync> Future for Sending<'_, A> {
    type Output = Result<Answered, StoreError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        match this {
            &mut Self::New(link, add) => match link.ask(Some(context.waker()), add) {
                Ok(sent) => {
                    *this = Self::Sent(sent);
                    Poll::Pending
                }
                // That connection is given up by now.
                Err(_) => {
                    let mut waiting = Box::pin(link.send_later(add));
                    let polled = waiting.as_mut().poll(context);
                    *this = Self::Waiting(waiting);
                    polled
                }
            },
            Self::Sent(sent) => Pin::new(sent).poll(context).map(Ok),
            Self::Waiting(waiting) => waiting.as_mut().poll(context),
        }
    }
}
