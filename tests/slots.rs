//! Functions with slots: each slot's calls are one job, of which the key names the slot.

use std::time::Duration;

use lockwork::{Attempt, Worker, global_once, slot_of};

/// Longer than a test, and still no year.
const PERIOD: Duration = Duration::from_secs(364 * 24 * 60 * 60);

#[global_once(key = "literal", per = "364d", worker = worker)]
async fn literal(worker: &Worker, #[attempt] attempt: &Attempt) -> anyhow::Result<String> {
    Ok(attempt.key().to_owned())
}

#[global_once(key = "constant:{name}", per = PERIOD, worker = worker)]
async fn constant(worker: &Worker, name: &str, #[attempt] attempt: &Attempt) -> anyhow::Result<String> {
    Ok(attempt.key().to_owned())
}

#[global_once(key = "generic", per_ms = N, retain = "forever", worker = worker)]
async fn generic<const N: u64>(worker: &Worker, #[attempt] attempt: &Attempt) -> anyhow::Result<String> {
    Ok(attempt.key().to_owned())
}

#[tokio::test]
async fn calls_in_a_slot_are_one_job_whose_key_names_it() -> anyhow::Result<()> {
    let worker = Worker::connect("memory:").await?;
    let first = literal(&worker).await?;
    assert!(first.starts_with("literal@") && slot_of(&first).is_some(), "{first}");
    assert_eq!(literal(&worker).await?, first);
    for name in ["a", "b"] {
        let key = constant(&worker, name).await?;
        assert!(key.starts_with(&format!("constant:{name}@")), "{key}");
    }
    generic::<{ 364 * 24 * 60 * 60 * 1000 }>(&worker).await?;
    let keep = async |prefix: &str| {
        worker.records(prefix).await.map(|found| found.into_iter().map(|(_, record)| record.keep).next())
    };
    assert_eq!(keep("literal@").await?, Some(Some(PERIOD * 2)), "two periods, which is more than a week");
    assert_eq!(
        keep("generic@").await?,
        Some(Some(Duration::from_secs(36_500 * 24 * 60 * 60))),
        "for ever is 100 years"
    );
    Ok(())
}

#[cfg(feature = "cron")]
#[tokio::test]
async fn a_cron_expression_names_the_slot_too() -> anyhow::Result<()> {
    #[global_once(key = "report", cron = "0 3 1 1 *", tz = "Europe/Berlin", worker = worker)]
    async fn report(worker: &Worker, #[attempt] attempt: &Attempt) -> anyhow::Result<String> {
        Ok(attempt.key().to_owned())
    }

    let worker = Worker::connect("memory:").await?;
    let key = report(&worker).await?;
    assert!(key.starts_with("report@") && key.ends_with("-01-01T02:00:00Z"), "{key}");
    Ok(())
}
