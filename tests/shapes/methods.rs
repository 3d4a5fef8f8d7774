//! Associated functions and methods with every receiver.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use lockwork::{Attempt, Worker, global_once};

use crate::{fail_once, worker};

#[derive(Clone, Debug, Default)]
pub(crate) struct Service {
    id: u32,
    names: Vec<String>,
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "service {}", self.id)
    }
}

impl Service {
    const LEASE_MS: u64 = 1000;

    #[global_once(key = "methods::associated", timeout_ms = Self::LEASE_MS, backoff_ms = 0, worker = worker().await)]
    async fn associated(id: u32) -> anyhow::Result<u32> {
        fail_once("methods::associated")?;
        Ok(Self { id, ..Self::default() }.id)
    }

    #[global_once(key = "methods::by_ref:{self}", retain = "1h", backoff_ms = 0, worker = worker().await)]
    async fn by_ref(&self, plus: u32) -> anyhow::Result<String> {
        fail_once("methods::by_ref")?;
        Ok(format!("{self}+{plus}"))
    }

    #[global_once(key = "methods::by_mut:{self}", retain = "1h", backoff_ms = 0, worker = worker().await)]
    async fn by_mut(&mut self, #[attempt] attempt: &Attempt) -> anyhow::Result<String> {
        self.names.push(format!("{self} {self:?} {}", attempt.number()));
        let me = &mut *self;
        me.id += 1;
        self.bump();
        fail_once("methods::by_mut")?;
        let inner = async { self.names.len() };
        Ok(format!("{} {self}", inner.await))
    }

    fn bump(&mut self) {
        self.id += 1;
    }

    #[global_once(key = "methods::by_value", backoff_ms = 0, worker = worker().await)]
    async fn by_value(self) -> anyhow::Result<Vec<String>> {
        fail_once("methods::by_value")?;
        Ok(self.names)
    }

    #[global_once(key = "methods::mutable", backoff_ms = 0, worker = worker().await)]
    async fn mutable(mut self) -> anyhow::Result<u32> {
        self.id += 1;
        fail_once("methods::mutable")?;
        Ok(self.id)
    }

    #[global_once(key = "methods::shared", backoff_ms = 0, worker = worker().await)]
    async fn shared(self: Arc<Self>) -> anyhow::Result<u32> {
        fail_once("methods::shared")?;
        let me = Arc::clone(&self);
        Ok(tokio::spawn(async move { me.id }).await?)
    }

    #[allow(clippy::needless_arbitrary_self_type)]
    #[global_once(key = "methods::explicit", backoff_ms = 0, worker = worker().await)]
    async fn explicit(self: &mut Self) -> anyhow::Result<u32> {
        self.id += 1;
        fail_once("methods::explicit")?;
        Ok(self.id)
    }

    #[global_once(key = "methods::pinned", backoff_ms = 0, worker = worker().await)]
    async fn pinned(self: Pin<&mut Self>, mut log: Pin<&mut Vec<u32>>) -> anyhow::Result<u32> {
        let me = self.get_mut();
        me.id += 1;
        log.push(me.id);
        fail_once("methods::pinned")?;
        Ok(me.id)
    }

    #[global_once(key = "methods::boxed", backoff_ms = 0, worker = worker().await)]
    async fn boxed(self: Box<Self>) -> anyhow::Result<u32> {
        fail_once("methods::boxed")?;
        Ok(self.id)
    }

    #[global_once(key = "methods::nested_items", backoff_ms = 0, worker = worker().await)]
    async fn nested_items(&mut self) -> anyhow::Result<u32> {
        struct Inner(u32);
        impl Inner {
            fn double(&self) -> u32 {
                self.0 * 2
            }
        }
        self.id += 1;
        fail_once("methods::nested_items")?;
        Ok(Inner(self.id).double())
    }
}

fn service() -> Service {
    Service { id: 1, names: vec!["a".to_owned()] }
}

#[tokio::test]
async fn an_associated_function() {
    assert_eq!(Service::associated(3).await.unwrap(), 3);
}

#[tokio::test]
async fn a_shared_self() {
    assert_eq!(service().by_ref(2).await.unwrap(), "service 1+2");
}

#[tokio::test]
async fn a_mutable_self() {
    let mut service = service();
    assert_eq!(service.by_mut().await.unwrap(), "3 service 5");
    assert!(service.names[1].starts_with("service 1 Service { id: 1,"));
    assert!(service.names[2].ends_with('2'));
}

#[tokio::test]
async fn a_self_by_value() {
    assert_eq!(service().by_value().await.unwrap(), ["a"]);
    assert_eq!(service().mutable().await.unwrap(), 2);
}

#[tokio::test]
async fn a_self_of_another_type() {
    assert_eq!(tokio::spawn(Arc::new(service()).shared()).await.unwrap().unwrap(), 1);
    assert_eq!(service().explicit().await.unwrap(), 3);
    let mut log = Vec::new();
    assert_eq!(Pin::new(&mut service()).pinned(Pin::new(&mut log)).await.unwrap(), 3);
    assert_eq!(log, [2, 3]);
    assert_eq!(Box::new(service()).boxed().await.unwrap(), 1);
}

#[tokio::test]
async fn items_in_the_body_have_a_self_of_their_own() {
    assert_eq!(service().nested_items().await.unwrap(), 6);
}

#[derive(Debug)]
struct Holder {
    worker: Worker,
    runs: AtomicU32,
}

impl Holder {
    #[global_once(key = "methods::own_worker", backoff_ms = 0, worker = &self.worker)]
    pub(crate) async fn run(&self) -> anyhow::Result<u32> {
        let runs = self.runs.fetch_add(1, Ordering::Relaxed);
        anyhow::ensure!(0 < runs, "the first attempt fails");
        Ok(runs)
    }
}

#[tokio::test]
async fn a_worker_in_self() {
    let holder = Holder { worker: worker().await.clone(), runs: AtomicU32::new(0) };
    assert_eq!(holder.run().await.unwrap(), 1);
}
