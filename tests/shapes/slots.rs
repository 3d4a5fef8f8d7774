//! Jobs with slots, on every kind of function. The slots are so long that no test sees two.

use std::fmt::Display;
use std::time::{Duration, SystemTime};

use lockwork::{Attempt, global_once};

use crate::{fail_once, worker};

const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);
const YEAR_MS: u64 = 365 * 24 * 60 * 60 * 1000;

#[global_once(key = "slots::period", per = "365d", backoff_ms = 0, worker = worker().await)]
async fn period(#[attempt] attempt: &Attempt) -> anyhow::Result<Option<SystemTime>> {
    fail_once("slots::period")?;
    Ok(attempt.slot())
}

#[global_once(key = "slots::constant:{day}", per = YEAR, retain = YEAR.saturating_mul(2), backoff_ms = 0, worker = worker().await)]
async fn constant(day: u32, mut log: Vec<u32>) -> anyhow::Result<Vec<u32>> {
    log.push(day);
    fail_once("slots::constant")?;
    Ok(log)
}

#[global_once(key = format!("slots::computed:{name}"), per_ms = YEAR_MS, retain = "forever", backoff_ms = 0, worker = worker().await)]
async fn computed<T: Display>(name: &T) -> anyhow::Result<String> {
    fail_once("slots::computed")?;
    Ok(name.to_string())
}

#[tokio::test]
async fn periods() {
    assert!(period().await.unwrap().is_some());
    assert_eq!(constant(1, vec![2]).await.unwrap(), [2, 1]);
    assert_eq!(computed(&5).await.unwrap(), "5");
}

#[global_once(
    key = "slots::expression",
    cron = "0 0 1 jan ?",
    tz = "Europe/Berlin",
    timeout_ms = 5000,
    max_attempts = 3,
    backoff_ms = 0,
    worker = worker().await
)]
async fn expression(#[attempt] attempt: &Attempt) -> anyhow::Result<Option<SystemTime>> {
    fail_once("slots::expression")?;
    Ok(attempt.slot())
}

macro_rules! yearly {
    ($name:ident, $cron:literal, $tz:literal, $per:expr) => {
        #[global_once(key = "slots::yearly:{day}", cron = $cron, tz = $tz, backoff_ms = 0, worker = worker().await)]
        async fn $name(day: u32) -> anyhow::Result<u32> {
            fail_once("slots::yearly")?;
            every(day).await
        }

        #[global_once(key = "slots::every", per = $per, backoff_ms = 0, worker = worker().await)]
        async fn every(day: u32) -> anyhow::Result<u32> {
            fail_once("slots::every")?;
            Ok(day)
        }
    };
}

yearly!(yearly, "0 0 LW dec *", "America/New_York", YEAR);

#[tokio::test]
async fn cron_expressions() {
    assert!(expression().await.unwrap().is_some());
    assert_eq!(yearly(5).await.unwrap(), 5);
}

pub(crate) struct Report<const DAYS: u64> {
    runs: u32,
}

impl<const DAYS: u64> Report<DAYS> {
    const DAY_MS: u64 = 24 * 60 * 60 * 1000;
    const PERIOD: Duration = Duration::from_millis(DAYS * Self::DAY_MS);

    #[global_once(key = "slots::method", per = Self::PERIOD, retain = Self::PERIOD, backoff_ms = 0, worker = worker().await)]
    async fn run(&mut self) -> anyhow::Result<u32> {
        self.runs += 1;
        fail_once("slots::method")?;
        Ok(self.runs)
    }

    #[global_once(key = "slots::parameter:{N}", per_ms = N * Self::DAY_MS, backoff_ms = 0, worker = worker().await)]
    async fn of_parameter<const N: u64>(self) -> anyhow::Result<u32> {
        fail_once("slots::parameter")?;
        Ok(self.runs)
    }
}

impl<const DAYS: u64> Clone for Report<DAYS> {
    fn clone(&self) -> Self {
        Self { runs: self.runs + 1 }
    }
}

#[async_trait::async_trait]
pub(crate) trait Task: Sync {
    #[global_once(key = "slots::inherited", cron = "0 0 1 1 *", backoff_ms = 0, worker = worker().await)]
    async fn inherited(&self, name: &str) -> anyhow::Result<String> {
        fail_once("slots::inherited")?;
        Ok(name.to_owned())
    }

    async fn boxed(&self) -> anyhow::Result<u64>;
}

#[async_trait::async_trait]
impl<const DAYS: u64> Task for Report<DAYS> {
    #[global_once(key = "slots::boxed", per = "365d", backoff_ms = 0, worker = worker().await)]
    async fn boxed(&self) -> anyhow::Result<u64> {
        fail_once("slots::boxed")?;
        Ok(DAYS)
    }
}

#[tokio::test]
async fn methods() {
    let mut report = Report::<365> { runs: 0 };
    assert_eq!(report.run().await.unwrap(), 2);
    assert_eq!(report.inherited("a").await.unwrap(), "a");
    assert_eq!(report.boxed().await.unwrap(), 365);
    assert_eq!(report.of_parameter::<300>().await.unwrap(), 3);
}
