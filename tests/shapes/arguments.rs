//! Every argument of the attribute, as a literal and as a constant.

use std::time::Duration;

use lockwork::global_once;

use crate::{fail_once, worker};

const LEASE_MS: u64 = 2 * SECOND;
const SECOND: u64 = 1000;
const MINUTE: Duration = Duration::from_secs(60);
const ATTEMPTS: u32 = 3;
const NAME: &str = "arguments::named";

#[global_once(
    key = "arguments::numbers",
    timeout_ms = 5_000,
    max_attempts = 3u32,
    backoff_ms = 0,
    retain_ms = 3_600_000u64,
    cooldown_ms = 0x10,
    wait_ms = 0,
    max_run_ms = 60_000,
    worker = worker().await,
    crate = ::lockwork,
)]
async fn numbers() -> anyhow::Result<()> {
    fail_once("arguments::numbers")
}

#[global_once(
    key = "arguments::words",
    timeout = "1.5s",
    backoff = "0ms",
    retain = "30d",
    cooldown = "1h 30min",
    wait = "2 minutes",
    max_run = "1day",
    worker = worker().await
)]
async fn words() -> anyhow::Result<()> {
    fail_once("arguments::words")
}

#[global_once(
    key = "arguments::constants",
    timeout_ms = LEASE_MS,
    max_attempts = ATTEMPTS,
    backoff_ms = LEASE_MS - 2 * SECOND,
    retain = MINUTE,
    cooldown = Duration::from_secs(5),
    wait = MINUTE,
    max_run_ms = if LEASE_MS == 0 { 1 } else { LEASE_MS },
    worker = worker().await
)]
async fn constants<T: Clone>(value: &T) -> anyhow::Result<()> {
    let _ = value.clone();
    fail_once("arguments::constants")
}

#[global_once(key = NAME, retain = "forever", backoff_ms = 0, worker = worker().await)]
async fn named() -> anyhow::Result<()> {
    fail_once(NAME)
}

#[global_once(key = format!("arguments::computed:{}", day * 2), retain = "1h", backoff_ms = 0, worker = worker().await)]
async fn computed(day: u32, #[cfg(any())] month: u32) -> anyhow::Result<()> {
    fail_once("arguments::computed")
}

#[global_once(key = owned(day, "x"), retain = "1h", backoff_ms = 0, worker = worker().await)]
async fn called(day: u32) -> anyhow::Result<u32> {
    fail_once("arguments::called")?;
    Ok(day)
}

fn owned(day: u32, name: &str) -> String {
    format!("arguments::called:{day}:{name}")
}

#[global_once(
    key = r"arguments::{{braced}}:{day:>width$}:{price:.1}",
    retain = "1h",
    backoff_ms = 0,
    worker = worker().await
)]
async fn formatted(day: u32, width: usize, price: f64) -> anyhow::Result<()> {
    fail_once("arguments::formatted")
}

#[tokio::test]
async fn literals() {
    numbers().await.unwrap();
    words().await.unwrap();
}

#[tokio::test]
async fn constant_expressions() {
    constants(&1_u8).await.unwrap();
}

#[tokio::test]
async fn keys() {
    named().await.unwrap();
    computed(1).await.unwrap();
    assert_eq!(called(1).await.unwrap(), 1);
    formatted(1, 4, 0.5).await.unwrap();
}
