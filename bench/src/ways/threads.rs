//! What a call that is decided on another thread costs at least: questions to it, and its answers.

use std::collections::HashMap;
use std::thread;

use anyhow::Context;
use tokio::runtime::Builder;
use tokio::sync::{mpsc, oneshot};

use crate::load::{Way, way};

/// A key, and whom to answer.
type Question = (String, oneshot::Sender<usize>);

/// A thread with a map, which is asked so often for each job.
pub(crate) fn questions(count: usize) -> anyhow::Result<Way> {
    let (ask, mut asked) = mpsc::unbounded_channel::<Question>();
    let runtime = Builder::new_current_thread().build().context("a runtime can be made")?;
    thread::spawn(move || {
        runtime.block_on(async move {
            let mut jobs: HashMap<String, usize> = HashMap::new();
            while let Some((key, answer)) = asked.recv().await {
                let asked = jobs.entry(key).or_default();
                *asked += 1;
                // Who has gone needs no answer.
                let _ = answer.send(*asked);
            }
        });
    });
    Ok(way(move |key| {
        let ask = ask.clone();
        async move {
            for before in 0..count {
                let (answer, answered) = oneshot::channel();
                ask.send((key.clone(), answer)).context("the thread listens")?;
                anyhow::ensure!(answered.await? > before);
            }
            Ok(())
        }
    }))
}
