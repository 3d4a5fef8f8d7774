//! Bodies that return in every way: `?`, early, from a loop, never.

use std::error::Error;

use lockwork::{Attempt, global_once};

use crate::{fail_once, worker};

#[global_once(key = "arms::early", backoff_ms = 0, worker = worker().await)]
async fn early(limit: u32, #[attempt] attempt: &Attempt) -> anyhow::Result<u32> {
    if attempt.number() == 1 {
        return Err(anyhow::anyhow!("the first attempt fails"));
    }
    for number in 0.. {
        if number == limit {
            return Ok(number);
        }
        tokio::task::yield_now().await;
    }
    unreachable!("the loop ends by returning")
}

#[tokio::test]
async fn an_early_return() {
    assert_eq!(early(3).await.unwrap(), 3);
}

#[global_once(key = "arms::boxed_errors", backoff_ms = 0, worker = worker().await)]
async fn boxed_errors(text: &str) -> Result<u32, Box<dyn Error>> {
    fail_once("arms::boxed_errors")?;
    let failed: Result<u32, Box<dyn Error>> = Err("not a number".into());
    Ok(text.parse().or(failed)?)
}

#[tokio::test]
async fn an_error_need_not_be_send() {
    let value = tokio::spawn(async { boxed_errors("5").await.map_err(|error| error.to_string()) });
    assert_eq!(value.await.unwrap().unwrap(), 5);
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("first")]
    First,
    #[error(transparent)]
    Job(#[from] lockwork::Error),
}

#[global_once(key = "arms::own_errors", max_attempts = 1, worker = worker().await)]
async fn own_errors() -> Result<(), Failure> {
    Err(Failure::First)
}

#[tokio::test]
async fn the_last_attempts_error_is_returned_as_it_is() {
    assert!(matches!(own_errors().await, Err(Failure::First)));
}

#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Report {
    rows: Vec<(u8, String)>,
    total: f64,
}

#[global_once(key = "arms::structured", backoff_ms = 0, worker = worker().await)]
async fn structured(report: &Report) -> anyhow::Result<Option<Report>> {
    fail_once("arms::structured")?;
    Ok(Some(report.clone()))
}

#[tokio::test]
async fn a_structured_value() {
    let report = Report { rows: vec![(1, "a".to_owned())], total: 0.1 };
    assert_eq!(structured(&report).await.unwrap(), Some(report));
}

#[global_once(key = "arms::recursive:{depth}", retain = "1h", backoff_ms = 0, worker = worker().await)]
async fn recursive(depth: u32) -> anyhow::Result<u32> {
    fail_once(&format!("arms::recursive:{depth}"))?;
    if depth == 0 {
        return Ok(0);
    }
    Ok(Box::pin(recursive(depth - 1)).await? + 1)
}

#[tokio::test]
async fn recursion_through_a_box() {
    assert_eq!(recursive(2).await.unwrap(), 2);
    assert_eq!(tokio::spawn(recursive(3)).await.unwrap().unwrap(), 3);
}

#[allow(dead_code, clippy::unimplemented)]
#[global_once(key = "arms::unfinished")]
async fn unfinished(_day: u32) -> anyhow::Result<String> {
    unimplemented!()
}

#[global_once(key = "arms::diverging", max_attempts = 1, worker = worker().await)]
async fn diverging(never: bool) -> anyhow::Result<u32> {
    if never {
        std::future::pending::<()>().await;
    }
    panic!("on purpose")
}

#[tokio::test]
#[should_panic(expected = "on purpose")]
async fn a_panic_goes_on_to_the_caller() {
    let _ = diverging(false).await;
}
