//! The ways in which a program may make a call, and end. Knows what jobs there are, and no store.

use std::fs::OpenOptions;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use lockwork::{Attempt, Event, Job, Worker, install};
use lockwork_fleet::moment;
use lockwork_fleet::talk::say;

use crate::jobs;
use crate::tell::{say_error, say_event, say_returned};

async fn install_worker(url: &str, namespace: &str, listener: fn(&Event)) -> anyhow::Result<()> {
    // A stopped process may hold up a file for all others for as long as it is stopped.
    let builder = Worker::builder(url).namespace(namespace).patience(Duration::from_secs(60)).on_event(listener);
    Ok(install(builder.connect().await?)?)
}

/// Calls the job under the installed worker.
async fn call(url: &str, namespace: &str, job: &str) -> anyhow::Result<u64> {
    install_worker(url, namespace, say_event).await?;
    call_installed(job).await
}

async fn call_installed(job: &str) -> anyhow::Result<u64> {
    let returned = match job {
        "once" => jobs::once().await,
        "brief" => jobs::brief().await,
        "brief-once" => jobs::brief_once().await,
        _ => anyhow::bail!("no such job: {job}"),
    };
    say_returned(&returned);
    returned
}

/// Returns from `main` right after.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn current_thread(url: &str, namespace: &str, job: &str) -> anyhow::Result<()> {
    call(url, namespace, job).await?;
    Ok(())
}

/// Returns from `main` right after.
#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
pub(crate) async fn multi_thread(url: &str, namespace: &str, job: &str) -> anyhow::Result<()> {
    call(url, namespace, job).await?;
    Ok(())
}

/// Makes the call on a thread of the runtime, and returns from `main` right after.
#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
pub(crate) async fn spawned(url: &str, namespace: &str, job: &str) -> anyhow::Result<()> {
    let (url, namespace, job) = (url.to_owned(), namespace.to_owned(), job.to_owned());
    tokio::spawn(async move { call(&url, &namespace, &job).await }).await??;
    Ok(())
}

/// Ends the process from inside, right after.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn exit(url: &str, namespace: &str, job: &str) -> anyhow::Result<()> {
    let returned = call(url, namespace, job).await;
    std::process::exit(i32::from(returned.is_err()))
}

/// Makes the call on a thread of the runtime, and ends the process from another one right after.
#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
pub(crate) async fn exit_elsewhere(url: &str, namespace: &str, job: &str) -> anyhow::Result<()> {
    let (url, namespace, job) = (url.to_owned(), namespace.to_owned(), job.to_owned());
    let returned = tokio::spawn(async move { call(&url, &namespace, &job).await }).await?;
    std::process::exit(i32::from(returned.is_err()))
}

/// Panics in `main` right after.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn panic(url: &str, namespace: &str, job: &str) -> anyhow::Result<()> {
    call(url, namespace, job).await.expect("the job is done");
    Ok(())
}

/// Drops the call when its body says so, and lives on.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn select(url: &str, namespace: &str, job: &str) -> anyhow::Result<()> {
    tokio::select! {
        returned = call(url, namespace, job) => returned.map(drop),
        () = jobs::DROP.notified() => {
            say("dropped");
            std::future::pending().await
        }
    }
}

/// Drops the call by ending its task, and lives on.
#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
pub(crate) async fn abort(url: &str, namespace: &str, job: &str) -> anyhow::Result<()> {
    install_worker(url, namespace, say_event).await?;
    let job = job.to_owned();
    let task = tokio::spawn(async move { call_installed(&job).await });
    jobs::DROP.notified().await;
    task.abort();
    say("dropped");
    std::future::pending().await
}

/// Does a job of `work` milliseconds in each second, with a lease of `timeout` milliseconds. Notes in a file each slot
/// before and after, and each of which it hears that it is done.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn slots(url: &str, namespace: &str, notes: &str, timeout: u64, work: u64) -> anyhow::Result<()> {
    let [timeout, work] = [timeout, work].map(Duration::from_millis);
    let job = Job::new("slots").per(Duration::from_secs(1)).timeout(timeout);
    let notes = Arc::new(OpenOptions::new().append(true).create(true).open(notes)?);
    // One write for each line, as others write to the file too.
    let note = move |what: &str, key: &str| {
        let line = format!("{what} {key} {}\n", std::process::id());
        (&*notes).write_all(line.as_bytes())
    };
    let saw = note.clone();
    let builder = Worker::builder(url).namespace(namespace).on_event(move |event| {
        if let Event::Completed { key, .. } = event {
            // What is missing is found out by who reads the notes.
            let _ = saw("saw", key);
        }
    });
    let worker = builder.connect().await?;
    say(&format!("ready {}", moment::now()));
    let body = async |attempt: Attempt| {
        note("begin", attempt.key())?;
        tokio::time::sleep(work).await;
        note("end", attempt.key())?;
        anyhow::Ok(())
    };
    lockwork::schedule(|| worker.run(&job, body)).await?;
    Ok(())
}

/// Calls without a worker of its own making.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn uninstalled() -> anyhow::Result<()> {
    call_installed("once").await?;
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn install_twice(url: &str) -> anyhow::Result<()> {
    install(Worker::connect(url).await?)?;
    say_install(install(Worker::connect(url).await?));
    Ok(())
}

/// Installs a worker after a call has opened one.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn install_late(url: &str) -> anyhow::Result<()> {
    call_installed("once").await?;
    say_install(install(Worker::connect(url).await?));
    Ok(())
}

fn say_install(installed: Result<(), lockwork::Error>) {
    match installed {
        Ok(()) => say("installed"),
        Err(error) => say_error(error.kind(), &error.to_string()),
    }
}
