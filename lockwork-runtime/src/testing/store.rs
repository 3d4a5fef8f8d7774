//! One process's way to a memory store that several share. Knows no process.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use crate::store::memory::MemoryStore;
use crate::store::{Answer, Scan, Seen, Store, StoreError, Swap, Swapped, Watch};
use crate::testing::{Fault, Faults, Request};

#[derive(Debug)]
pub(crate) struct FaultStore {
    memory: Arc<MemoryStore>,
    faults: Arc<Faults>,
}

impl FaultStore {
    pub(crate) fn new(memory: &Arc<MemoryStore>, faults: &Arc<Faults>) -> Arc<Self> {
        Arc::new(Self { memory: Arc::clone(memory), faults: Arc::clone(faults) })
    }

    async fn through<T>(&self, request: Request, answer: Answer<'_, T>) -> Result<T, StoreError> {
        let lost = |what: &str| Err(StoreError::Unavailable(format!("the {what} was lost")));
        match self.faults.fault(request) {
            None => answer.await,
            Some(Fault::LoseRequest) => lost("request"),
            Some(Fault::LoseReply) => {
                answer.await?;
                lost("reply")
            }
            Some(Fault::DelayRequest(delay)) => {
                sleep(delay).await;
                answer.await
            }
            Some(Fault::DelayReply(delay)) => {
                let answer = answer.await;
                sleep(delay).await;
                answer
            }
            Some(Fault::Refuse) => Err(StoreError::Refused("the store refuses".to_owned())),
            Some(Fault::Swallow) => std::future::pending().await,
        }
    }
}

impl Store for FaultStore {
    fn load<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Seen>> {
        Box::pin(self.through(Request::Load, self.memory.load(key)))
    }

    fn swap<'a>(&'a self, swap: Swap<'a>) -> Answer<'a, Swapped> {
        Box::pin(self.through(Request::Swap, self.memory.swap(swap)))
    }

    fn watch<'a>(&'a self, key: &'a str) -> Answer<'a, Watch> {
        Box::pin(self.through(Request::Watch, self.memory.watch(key)))
    }

    fn clock(&self) -> Answer<'_, Duration> {
        Box::pin(self.through(Request::Clock, self.memory.clock()))
    }

    fn scan<'a>(&'a self, scan: Scan<'a>) -> Answer<'a, Vec<(String, Seen)>> {
        Box::pin(self.through(Request::Other, self.memory.scan(scan)))
    }

    fn remove<'a>(&'a self, key: &'a str, expected: &'a [u8]) -> Answer<'a, bool> {
        Box::pin(self.through(Request::Other, self.memory.remove(key, expected)))
    }
}
