//! Traits: native `async fn`, default methods, futures in the trait, `#[async_trait]`.

use std::future::Future;
use std::pin::Pin;

use lockwork::{Attempt, global_once};

use crate::{fail_once, worker};

pub(crate) trait Native {
    fn name(&self) -> String;

    async fn required(&mut self, day: u32) -> anyhow::Result<u32>;

    fn with_send(&self) -> impl Future<Output = anyhow::Result<u32>> + Send;

    #[global_once(key = "traits::provided", backoff_ms = 0, worker = worker().await)]
    async fn provided(&self) -> anyhow::Result<String> {
        fail_once("traits::provided")?;
        Ok(self.name())
    }
}

pub(crate) struct Job(u32);

impl Native for Job {
    fn name(&self) -> String {
        format!("job {}", self.0)
    }

    #[global_once(key = "traits::required:{day}", retain = "1h", backoff_ms = 0, worker = worker().await)]
    async fn required(&mut self, day: u32, #[attempt] attempt: &Attempt) -> anyhow::Result<u32> {
        self.0 += day;
        fail_once("traits::required")?;
        Ok(self.0 + attempt.number())
    }

    #[global_once(key = "traits::with_send", backoff_ms = 0, worker = worker().await)]
    async fn with_send(&self) -> anyhow::Result<u32> {
        fail_once("traits::with_send")?;
        Ok(self.0)
    }
}

#[tokio::test]
async fn native_methods() {
    let mut job = Job(1);
    assert_eq!(job.required(2).await.unwrap(), 7);
    assert_eq!(job.provided().await.unwrap(), "job 5");
    assert_eq!(tokio::spawn(async move { job.with_send().await }).await.unwrap().unwrap(), 5);
}

#[async_trait::async_trait]
pub(crate) trait Dynamic: Send + Sync {
    async fn by_ref(&self, name: &str, parts: (u8, u8)) -> anyhow::Result<String>;
    async fn by_mut(&mut self, log: &mut Vec<String>, day: u32) -> anyhow::Result<u32>;

    #[global_once(key = "traits::dynamic_default", backoff_ms = 0, worker = worker().await)]
    async fn inherited(&self) -> anyhow::Result<String> {
        fail_once("traits::dynamic_default")?;
        self.by_ref("x", (1, 2)).await
    }
}

#[async_trait::async_trait]
pub(crate) trait Traced {
    async fn one(&self, name: String) -> anyhow::Result<String>;
    async fn each(&mut self, name: String) -> anyhow::Result<String>;
}

#[async_trait::async_trait]
impl Traced for Job {
    #[global_once(key = "traits::one_span", backoff_ms = 0, worker = worker().await)]
    #[tracing::instrument(skip_all)]
    async fn one(&self, name: String) -> anyhow::Result<String> {
        fail_once("traits::one_span")?;
        Ok(name)
    }

    #[tracing::instrument(skip_all, fields(name))]
    #[global_once(key = "traits::each_span", backoff_ms = 0, worker = worker().await)]
    async fn each(&mut self, name: String) -> anyhow::Result<String> {
        self.0 += 1;
        fail_once("traits::each_span")?;
        Ok(format!("{name}{}", self.0))
    }
}

#[tokio::test]
async fn dynamic_methods_with_spans() {
    assert_eq!(Job(1).one("x".to_owned()).await.unwrap(), "x");
    assert_eq!(Job(1).each("x".to_owned()).await.unwrap(), "x3");
}

#[async_trait::async_trait]
impl Dynamic for Job {
    #[global_once(key = "traits::by_ref:{name}", retain = "1h", backoff_ms = 0, worker = worker().await)]
    async fn by_ref(&self, name: &str, (left, mut right): (u8, u8)) -> anyhow::Result<String> {
        right += left;
        fail_once("traits::by_ref")?;
        Ok(format!("{name} {} {right}", self.0))
    }

    #[global_once(key = "traits::by_mut", backoff_ms = 0, worker = worker().await)]
    async fn by_mut(&mut self, log: &mut Vec<String>, mut day: u32) -> anyhow::Result<u32> {
        day += 1;
        self.0 += day;
        log.push(format!("{}", self.0));
        fail_once("traits::by_mut")?;
        Ok(self.0)
    }
}

#[tokio::test]
async fn dynamic_methods() {
    let mut job: Box<dyn Dynamic> = Box::new(Job(1));
    assert_eq!(job.inherited().await.unwrap(), "x 1 3");
    let mut log = Vec::new();
    assert_eq!(job.by_mut(&mut log, 1).await.unwrap(), 5);
    assert_eq!(log, ["3", "5"]);
}

#[global_once(key = "traits::boxed_by_hand", backoff_ms = 0, worker = worker().await)]
fn boxed_by_hand(name: &str) -> Pin<Box<dyn Future<Output = anyhow::Result<usize>> + Send + '_>> {
    Box::pin(async move {
        fail_once("traits::boxed_by_hand")?;
        Ok(name.len())
    })
}

#[tokio::test]
async fn a_function_that_returns_a_boxed_future() {
    assert_eq!(tokio::spawn(boxed_by_hand("abc")).await.unwrap().unwrap(), 3);
}
