//! Calls from many executors, threads and runtimes of one process.

use lockwork::{Attempt, Error, Job, Outcome, Worker, global_once, install};
use lockwork_test_support::RedisServer;
use tokio::runtime::Runtime;
use tokio::sync::OnceCell;

use crate::scene::Scene;

#[global_once(worker = worker, key = "{key}", retain = "1h")]
async fn length(worker: &Worker, key: String) -> Result<usize, Error> {
    tokio::task::yield_now().await;
    Ok(key.len())
}

/// As two tests do, each of which has a runtime of its own.
pub(crate) fn two_runtimes_share_a_worker_one_after_the_other(scene: &Scene) {
    let runtime = || Runtime::new().expect("the system has threads");
    let first = runtime();
    let worker = first.block_on(scene.worker());
    assert_eq!(first.block_on(length(&worker, "one".to_owned())), Ok(3));
    drop(first);
    let second = runtime();
    assert_eq!(second.block_on(length(&worker, "three".to_owned())), Ok(5));
    assert_eq!(second.block_on(length(&worker, "one".to_owned())), Ok(3));
}

pub(crate) fn a_call_needs_no_tokio(scene: &Scene) {
    pollster::block_on(async {
        let worker = scene.worker().await;
        assert_eq!(length(&worker, "four".to_owned()).await, Ok(4));
        let body = async |attempt: Attempt| Ok::<_, Error>(attempt.number());
        let outcome = worker.run(&Job::new("job"), body).await.expect("the body returns `Ok`");
        assert_eq!((outcome.value, outcome.ran_here), (1, true));
    });
}

pub(crate) fn calls_go_to_other_threads(scene: &Scene) {
    let runtime = Runtime::new().expect("the system has threads");
    runtime.block_on(async {
        let worker = scene.worker().await;
        let annotated = tokio::spawn({
            let worker = worker.clone();
            async move { length(&worker, "four".to_owned()).await }
        });
        let run = tokio::spawn(async move {
            let body = |attempt: Attempt| async move { Ok::<_, Error>(attempt.number()) };
            worker.run(&Job::new("job"), body).await
        });
        assert_eq!(annotated.await.expect("it does not panic"), Ok(4));
        let outcome: Outcome<u32> = run.await.expect("it does not panic").expect("the body returns `Ok`");
        assert_eq!(outcome.value, 1);
    });
}

#[global_once(key = "{key}", retain = "1h")]
async fn installed_length(key: &str) -> Result<usize, Error> {
    tokio::task::yield_now().await;
    Ok(key.len())
}

async fn install_once() {
    static INSTALLED: OnceCell<()> = OnceCell::const_new();
    let installed = async || {
        let worker = Worker::connect(RedisServer::shared().url()).await.expect("the server is there");
        install(worker).expect("nobody else installs one");
    };
    INSTALLED.get_or_init(installed).await;
}

#[tokio::test]
async fn one_test_uses_the_installed_worker() {
    install_once().await;
    assert_eq!(installed_length("one").await, Ok(3));
    assert_eq!(installed_length("both").await, Ok(4));
}

#[tokio::test]
async fn another_test_uses_the_installed_worker() {
    install_once().await;
    assert_eq!(installed_length("both").await, Ok(4));
    assert_eq!(installed_length("another").await, Ok(7));
}
