//! A process in which callers do so many jobs and nothing else, for somebody who looks where its time goes.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, bail};
use tokio::task::JoinSet;

use crate::load::{Flavour, SETTLED, Way, key};
use crate::redis_server::client;
use crate::ways::{limits, lockwork};

/// Does so many jobs by so many callers, and says what processor time they took, in its own code and in the kernel, in
/// hundredths of a second.
pub(crate) fn run(kind: &str, url: &str, callers: &str, jobs: &str) -> anyhow::Result<()> {
    let (callers, jobs): (usize, u64) = (callers.parse()?, jobs.parse()?);
    Flavour::CurrentThread.runtime()?.block_on(async {
        let (way, keys) = way(kind, url).await?;
        let before = spent()?;
        let begun = Arc::new(AtomicU64::new(0));
        let mut all = JoinSet::new();
        for _ in 0..callers {
            let (way, begun) = (Arc::clone(&way), Arc::clone(&begun));
            all.spawn(async move {
                loop {
                    let number = begun.fetch_add(1, Ordering::Relaxed);
                    if jobs <= number {
                        return anyhow::Ok(());
                    }
                    way(key(number % keys)).await?;
                }
            });
        }
        all.join_all().await.into_iter().collect::<anyhow::Result<()>>()?;
        let after = spent()?;
        println!("{} {}", after.0 - before.0, after.1 - before.1);
        Ok(())
    })
}

/// A way, and for how many keys.
async fn way(kind: &str, url: &str) -> anyhow::Result<(Way, u64)> {
    let connection = async || anyhow::Ok(client(url)?.get_multiplexed_async_connection().await?);
    let way = match kind {
        "pairs" => return Ok((limits::pair(&connection().await?), u64::MAX)),
        "lockwork" => return Ok((lockwork::run(&lockwork::worker(url).await?), u64::MAX)),
        "get" => limits::get(&connection().await?),
        "done" => lockwork::run(&lockwork::worker(url).await?),
        _ => bail!("there is no way called {kind:?}"),
    };
    let first = lockwork::run(&lockwork::worker(url).await?);
    for number in 0..SETTLED {
        first(key(number)).await?;
    }
    Ok((way, SETTLED))
}

/// In its own code, and in the kernel.
fn spent() -> anyhow::Result<(u64, u64)> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    // Behind the name, which may hold anything, the first field is the third.
    let (_, fields) = stat.rsplit_once(')').context("the kernel says it so")?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    Ok((fields[11].parse()?, fields[12].parse()?))
}
