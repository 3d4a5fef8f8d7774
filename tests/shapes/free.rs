//! Free functions.

use lockwork::{Attempt, Error, Worker, global_once};

async fn memory() -> Worker {
    Worker::connect("memory:").await.expect("memory is always there")
}

#[global_once(key = "free", backoff_ms = 0, worker = worker)]
async fn free(worker: &Worker, mut day: u32, #[attempt] attempt: &Attempt) -> anyhow::Result<u32> {
    day += 1;
    if attempt.number() == 1 {
        anyhow::bail!("the first attempt fails");
    }
    Ok(day)
}

#[tokio::test]
async fn a_free_function() {
    assert_eq!(free(&memory().await, 6).await.expect("the second attempt succeeds"), 7);
}

#[global_once(key = "free:{name}", retain = "1h")]
async fn literal(name: &str) -> Result<(), Error> {
    let _ = name;
    Ok(())
}

#[tokio::test]
async fn b() {
    literal("x").await.expect("done");
}
