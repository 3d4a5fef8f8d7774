//! One process's way to a memory store that several share. Knows no process.

use std::future::pending;
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
                self.pause(delay).await;
                answer.await
            }
            Some(Fault::DelayReply(delay)) => {
                let answer = answer.await;
                self.pause(delay).await;
                answer
            }
            Some(Fault::Refuse) => Err(StoreError::Refused("the store refuses".to_owned())),
            Some(Fault::Swallow) => pending().await,
        }
    }

    /// Lets this time pass. When the process was killed meanwhile, it never ends.
    async fn pause(&self, delay: Duration) {
        sleep(delay).await;
        if self.faults.is_killed() {
            pending::<()>().await;
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
        Box::pin(self.through(Request::Scan, self.memory.scan(scan)))
    }

    fn remove<'a>(&'a self, key: &'a str, expected: &'a [u8]) -> Answer<'a, bool> {
        Box::pin(self.through(Request::Remove, self.memory.remove(key, expected)))
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures_util::poll;
    use tokio::time::timeout;

    use super::*;
    use crate::store::Wake;

    const DELAY: Duration = Duration::from_secs(1);

    fn write(store: &FaultStore) -> Answer<'_, Swapped> {
        store.swap(Swap { key: "job", expected: None, next: b"1", keep: None, wake: Wake::Nobody })
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_under_way_when_the_process_is_killed_does_not_arrive() {
        for (fault, arrives) in [(Fault::DelayRequest(DELAY), false), (Fault::DelayReply(DELAY), true)] {
            let (memory, faults) = (MemoryStore::new(), Arc::<Faults>::default());
            let store = FaultStore::new(&memory, &faults);
            faults.next(Request::Swap, fault);
            let mut answer = pin!(write(&store));
            assert!(poll!(&mut answer).is_pending());
            faults.kill();
            assert!(timeout(DELAY * 2, answer).await.is_err(), "{fault:?}: nobody hears of it");
            let written = memory.load("job").await.expect("memory does not fail").is_some();
            assert_eq!(written, arrives, "{fault:?}");
        }
    }
}
