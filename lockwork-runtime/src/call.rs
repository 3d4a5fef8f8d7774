//! Call stub: runs the body here until it succeeds.
use std::future::Future;
use std::marker::PhantomData;

use crate::attempt::Attempt;
use crate::bounds::{FromError, Returned, Shared};
use crate::policy::Policy;
use crate::worker::Worker;

/// One call.
#[derive(Debug)]
pub struct Call<R> {
    number: u32,
    max: u32,
    done: PhantomData<fn() -> R>,
}
/// What a call does next.
#[derive(Debug)]
pub enum Step<R> {
    /// Run the body.
    Run(Attempt),
    /// Return this.
    Return(R),
}
/// What became of the body.
#[derive(Debug)]
pub enum Driven<R> {
    /// It returned.
    Returned(R),
    /// It was dropped.
    Cut,
}
/// Begins a call.
pub fn begin<R>(policy: &'static Policy, _worker: Option<&Worker>, _key: &str) -> Call<R>
where
    R: Returned,
    R::Value: Shared,
    R::Error: FromError,
{
    Call { number: 0, max: policy.max_attempts, done: PhantomData }
}
impl<R> Call<R> {
    /// Waits for the next step.
    pub async fn next(&mut self) -> Step<R> {
        self.number += 1;
        Step::Run(Attempt { number: self.number })
    }
    /// Settles.
    pub fn settle(&mut self, driven: Driven<R>) -> Option<R> {
        match driven {
            // The stub cannot look inside: it retries once, then returns whatever came.
            Driven::Returned(r) => {
                if self.number >= 2 || self.max == 1 {
                    Some(r)
                } else {
                    None
                }
            }
            Driven::Cut => None,
        }
    }
}
pin_project_lite::pin_project! {
    /// A body at work.
    pub struct Drive<F> {
        #[pin]
        body: F,
        attempt: Attempt,
    }
}
impl<F: Future> Future for Drive<F> {
    type Output = Driven<F::Output>;
    fn poll(self: std::pin::Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> std::task::Poll<Self::Output> {
        self.project().body.poll(cx).map(Driven::Returned)
    }
}
/// Drives the body.
pub fn drive<F: Future>(attempt: &Attempt, body: F) -> Drive<F> {
    Drive { body, attempt: attempt.clone() }
}
