//! A user whose own names are those that the expansion might use.

use lockwork::global_once;

use crate::{fail_once, worker};

mod ours {
    pub(crate) mod core {}
    pub(crate) mod std {}
    pub(crate) mod lockwork {}
}

#[allow(unused_imports)]
use ours::{core, lockwork as _, std as alloc};

type Result<T> = ::std::result::Result<T, anyhow::Error>;

const SPEC: u64 = 1;
const RETRIES: u32 = 1;
const POLICY: u64 = 1000;
const TIMEOUT: ::std::time::Duration = ::std::time::Duration::from_secs(2);

#[allow(dead_code)]
enum Option {
    Some,
    None,
}

#[global_once(
    key = "names::theirs",
    timeout = TIMEOUT,
    backoff_ms = POLICY - 1000,
    max_attempts = 1 + RETRIES,
    worker = worker().await
)]
async fn theirs(call: u32, attempt: u32, body: u32, key: u32, lockwork: u32) -> Result<u32> {
    fail_once("names::theirs")?;
    let driven = call + attempt + body;
    Ok(driven + key + lockwork + u32::from(POLICY == 1000) + 1)
}

#[tokio::test]
async fn no_name_of_the_users_gets_in_the_way() {
    let _ = (Option::Some, Option::None);
    assert_eq!(theirs(1, 2, 3, 4, 5).await.unwrap(), 17);
}

use ::lockwork as renamed;

#[global_once(key = "names::renamed:{day}", retain_ms = SPEC * 9000, backoff_ms = 0, worker = worker().await, crate = renamed)]
async fn renamed_facade(day: u32, #[attempt] attempt: &renamed::Attempt) -> Result<u32> {
    fail_once("names::renamed")?;
    Ok(day + attempt.number())
}

#[tokio::test]
async fn the_facade_may_have_another_name() {
    assert_eq!(renamed_facade(2).await.unwrap(), 4);
}

#[global_once(key = "names::nested", backoff_ms = 0, worker = worker().await)]
async fn nested(depth: u32) -> Result<u32> {
    #[global_once(key = "names::inner", backoff_ms = 0, worker = worker().await)]
    async fn inner(depth: u32) -> Result<u32> {
        fail_once("names::inner")?;
        Ok(depth * 2)
    }
    fail_once("names::nested")?;
    inner(depth).await
}

#[tokio::test]
async fn a_job_in_a_job() {
    assert_eq!(nested(2).await.unwrap(), 4);
}
