//! A member of a large fleet: calls its jobs until each has its fate, and notes all that it does. Knows no store.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use lockwork::{Attempt, ErrorKind, Event, Worker};
use lockwork_fleet::talk;
use lockwork_fleet::workload::{Ending, Workload};
use lockwork_test_support::history::{BodyEnd, CallEnd, Deed};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::notes::Notes;
use crate::resource::Resource;
use crate::trouble;

/// How many calls a member has open at a time.
const OPEN: usize = 64;

/// The pause before a call is made again that has failed, or that was dropped.
const AGAIN: Duration = Duration::from_millis(50);

/// How long a member puts up with its store; short, so that some calls fail of it.
const PATIENCE: Duration = Duration::from_secs(4);

/// What a member is told when it starts.
pub(crate) struct Post<'a> {
    pub(crate) url: &'a str,
    pub(crate) namespace: &'a str,
    /// The directory with the witness and the resource.
    pub(crate) directory: &'a Path,
    pub(crate) workload: Workload,
    /// Its place in the fleet, which says what jobs it calls.
    pub(crate) slot: u64,
    /// Its number, which no other process of the fleet has.
    pub(crate) process: u32,
    /// The first job that it calls.
    pub(crate) from: u64,
}

struct Member {
    worker: Worker,
    workload: Workload,
    slot: u64,
    notes: Notes,
    resource: Resource,
    calls: AtomicU32,
}

/// How far a member may go: up to this job, and whether there will be no more.
#[derive(Clone, Copy, Default)]
struct Bounds {
    up_to: u64,
    is_last: bool,
}

/// Calls jobs as far as it is told to: `up-to N`, then `last N`. Ends when all of them have their fate.
///
/// One thread runs all bodies, so that all of them stand still when one blocks it.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn work(post: Post<'_>) -> anyhow::Result<()> {
    // Bodies panic by the hundreds here, and each is noted.
    std::panic::set_hook(Box::new(|_| {}));
    let witness = post.directory.join("witness");
    let worker = connect(&post, Notes::open(&witness, post.process)?).await?;
    let member = Arc::new(Member {
        worker,
        workload: post.workload,
        slot: post.slot,
        notes: Notes::open(&witness, post.process)?,
        resource: Resource::new(post.directory.join("resource")),
        calls: AtomicU32::new(0),
    });
    let mut bounds = bounds();
    let open = Arc::new(Semaphore::new(OPEN));
    let mut settling = JoinSet::new();
    for index in post.workload.called_by(post.slot, post.from) {
        let reached = bounds.wait_for(|bounds| index < bounds.up_to || bounds.is_last).await?;
        if reached.up_to <= index {
            break;
        }
        drop(reached);
        let permit = Arc::clone(&open).acquire_owned().await?;
        let member = Arc::clone(&member);
        settling.spawn(async move {
            let _permit = permit;
            member.settle(index).await
        });
        while let Some(settled) = settling.try_join_next() {
            settled??;
        }
    }
    while let Some(settled) = settling.join_next().await {
        settled??;
    }
    Ok(())
}

/// Connects, however long that takes: what is not there yet, or refuses, may be another in a moment.
async fn connect(post: &Post<'_>, notes: Notes) -> anyhow::Result<Worker> {
    let notes = Arc::new(notes);
    loop {
        let notes = Arc::clone(&notes);
        let builder = Worker::builder(post.url).namespace(post.namespace).patience(PATIENCE);
        let connecting = builder.on_event(move |event| {
            if let Event::Completed { key, attempt, ran_here: true, .. } = event {
                // What is missing in the history is found out by its checker.
                let _ = notes.note(key, Deed::Accepted { attempt: *attempt });
            }
        });
        match connecting.connect().await {
            Err(error) if error.kind() == ErrorKind::Store => sleep(AGAIN).await,
            connected => return Ok(connected?),
        }
    }
}

/// What this member was told of how far it may go.
fn bounds() -> watch::Receiver<Bounds> {
    let (sender, bounds) = watch::channel(Bounds::default());
    tokio::spawn(async move {
        loop {
            let order = talk::order().await;
            let Some((word, Ok(up_to))) = order.split_once(' ').map(|(word, number)| (word, number.parse())) else {
                continue;
            };
            sender.send_replace(Bounds { up_to, is_last: word == "last" });
        }
    });
    bounds
}

impl Member {
    /// Calls a job until it is known to be done, or given up.
    async fn settle(self: Arc<Self>, index: u64) -> anyhow::Result<()> {
        let key = Workload::key(index);
        let mut drops_after = self.workload.drops_after(index, self.slot);
        loop {
            let call = self.calls.fetch_add(1, Ordering::Relaxed);
            self.notes.note(&key, Deed::Call { call })?;
            let end = Arc::clone(&self).call(index, call, drops_after.take()).await;
            let is_settled = match &end {
                CallEnd::Ok(_) => true,
                CallEnd::Error(kind) => kind == "Exhausted",
                CallEnd::Dropped => false,
            };
            self.notes.note(&key, Deed::Return { call, end })?;
            if is_settled {
                return Ok(());
            }
            sleep(AGAIN).await;
        }
    }

    /// Calls a job once.
    async fn call(self: Arc<Self>, index: u64, call: u32, drops_after: Option<Duration>) -> CallEnd {
        let job = self.workload.job(index);
        // In a task of its own, as a body that panics ends it.
        let mut calling = tokio::spawn(async move {
            let member = Arc::clone(&self);
            let body = move |attempt| Arc::clone(&member).body(index, call, attempt);
            self.worker.run(&job, body).await
        });
        let joined = match drops_after {
            None => calling.await,
            Some(delay) => match timeout(delay, &mut calling).await {
                Ok(joined) => joined,
                Err(_) => {
                    calling.abort();
                    calling.await
                }
            },
        };
        match joined {
            Ok(Ok(outcome)) => CallEnd::Ok(outcome.value.to_string()),
            Ok(Err(error)) => CallEnd::Error(kind(&error)),
            Err(error) if error.is_cancelled() => CallEnd::Dropped,
            Err(_) => CallEnd::Error("Panic".to_owned()),
        }
    }

    async fn body(self: Arc<Self>, index: u64, call: u32, attempt: Attempt) -> anyhow::Result<u64> {
        let (key, fence) = (Workload::key(index), attempt.fence());
        self.notes.note(&key, Deed::Begin { call, attempt: attempt.number(), fence })?;
        let mut running = Running { notes: &self.notes, key: &key, call, fence, end: BodyEnd::Cut };
        let act = self.workload.act(index, attempt.number());
        sleep(act.work / 2).await;
        self.resource.write(&key, fence, &self.notes).await?;
        sleep(act.work / 2).await;
        match act.ending {
            Ending::Work => {}
            Ending::Block => {
                let block = self.workload.block(index);
                self.notes.while_all_stand_still(|| std::thread::sleep(block))?;
            }
            Ending::Die => trouble::die(),
            Ending::Fail => {
                running.end = BodyEnd::Failed;
                anyhow::bail!("no luck");
            }
            Ending::Panic => {
                running.end = BodyEnd::Failed;
                panic!("no luck at all");
            }
        }
        running.end = BodyEnd::Ok(fence.to_string());
        Ok(fence)
    }
}

/// What kind of error a call returned; its body's own is none of lockwork's.
fn kind(error: &anyhow::Error) -> String {
    error.downcast_ref::<lockwork::Error>().map_or_else(|| "Failed".to_owned(), |error| format!("{:?}", error.kind()))
}

/// Notes the end of a body, however it comes.
struct Running<'a> {
    notes: &'a Notes,
    key: &'a str,
    call: u32,
    fence: u64,
    end: BodyEnd,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let Self { notes, key, call, fence, ref mut end } = *self;
        let end = std::mem::replace(end, BodyEnd::Cut);
        // What is missing in the history is found out by its checker.
        let _ = notes.note(key, Deed::End { call, fence, end });
    }
}
