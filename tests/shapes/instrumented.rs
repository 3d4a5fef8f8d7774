//! Other attributes on the same function.

use lockwork::global_once;
use tracing::instrument;

use crate::{fail_once, worker};

#[global_once(key = "instrumented::above", backoff_ms = 0, worker = worker().await)]
#[instrument(skip(secret))]
async fn above(day: u32, secret: String) -> anyhow::Result<usize> {
    fail_once("instrumented::above")?;
    Ok(secret.len() + day as usize)
}

#[instrument(skip(secret), err)]
#[global_once(key = "instrumented::below", backoff_ms = 0, worker = worker().await)]
async fn below(day: u32, secret: String) -> anyhow::Result<usize> {
    fail_once("instrumented::below")?;
    Ok(secret.len() + day as usize)
}

#[derive(Debug)]
pub(crate) struct Service(u32);

impl Service {
    #[instrument]
    #[global_once(key = "instrumented::method_below", backoff_ms = 0, worker = worker().await)]
    async fn below(&mut self) -> anyhow::Result<u32> {
        self.0 += 1;
        fail_once("instrumented::method_below")?;
        Ok(self.0)
    }

    #[global_once(key = "instrumented::method_above", backoff_ms = 0, worker = worker().await)]
    #[instrument(ret)]
    async fn above(&mut self) -> anyhow::Result<u32> {
        self.0 += 1;
        fail_once("instrumented::method_above")?;
        Ok(self.0)
    }
}

#[tokio::test]
async fn one_span_for_the_call() {
    assert_eq!(above(1, "ab".to_owned()).await.unwrap(), 3);
    assert_eq!(Service(0).above().await.unwrap(), 2);
}

#[tokio::test]
async fn one_span_for_each_attempt() {
    assert_eq!(below(1, "ab".to_owned()).await.unwrap(), 3);
    assert_eq!(Service(0).below().await.unwrap(), 2);
}

#[global_once(key = "instrumented::test", backoff_ms = 0, worker = worker().await)]
#[tokio::test]
async fn the_attribute_stands_above_a_test() -> anyhow::Result<()> {
    fail_once("instrumented::test")
}

/// Has docs, and attributes of the compiler's own.
#[must_use = "it is a job"]
#[inline]
#[global_once(key = "instrumented::plain", backoff_ms = 0, worker = worker().await)]
#[doc(alias = "documented")]
#[allow(clippy::unreadable_literal)]
async fn plain() -> anyhow::Result<u32> {
    #![allow(non_snake_case)]
    fail_once("instrumented::plain")?;
    let Number = 1000000;
    Ok(Number)
}

#[tokio::test]
async fn attributes_of_the_function_cover_its_body() {
    assert_eq!(plain().await.unwrap(), 1_000_000);
}
