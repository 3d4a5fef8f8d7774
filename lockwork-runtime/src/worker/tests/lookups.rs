//! What people ask of records, whatever happens meanwhile.

use std::time::Duration;

use tokio::time::sleep;

use crate::clock::now;
use crate::store::memory::MemoryStore;
use crate::store::{Store as _, Swap, Wake};
use crate::testing::{Fault, Process, Request, TestResult, lockwork_error};
use crate::{ErrorKind, Job};

const LEASE: Duration = Duration::from_secs(3);

#[tokio::test(start_paused = true)]
async fn a_record_that_changes_while_it_is_forgotten_is_forgotten() {
    let memory = MemoryStore::new();
    let [holder, other] = [Process::on(&memory).await, Process::on(&memory).await];
    let job = Job::new("job").timeout(LEASE);
    let hold = holder.worker().run(&job, async |_| std::future::pending::<TestResult<u32>>().await);
    let forget = async {
        sleep(LEASE / 9).await;
        // A sign of life comes between the reading and the removal.
        other.faults().next(Request::Remove, Fault::DelayRequest(LEASE / 2));
        other.worker().forget("job").await
    };
    let forgotten = tokio::select! { _ = hold => panic!("it never ends"), forgotten = forget => forgotten };
    assert!(forgotten.expect("the store is well"), "it was there all the time");
}

#[tokio::test(start_paused = true)]
async fn thousands_of_records_are_listed_and_what_others_wrote_between_them_is_not() {
    let memory = MemoryStore::new();
    let process = Process::on(&memory).await;
    let record = br#"1 {"revision":1,"attempts":1,"holder":"host/1 00112233445566778899aabbccddeeff","done":7}"#;
    let write = async |name: &str| {
        let swap = Swap { key: name, expected: None, next: record, keep: None, wake: Wake::Nobody };
        memory.swap(swap).await.expect("memory does not fail");
    };
    let keys: Vec<_> = (0..4500).map(|number| format!("{number:04}")).collect();
    for key in &keys {
        write(&format!("lockwork:{key}")).await;
    }
    write("lockwork:0000\u{1b}").await;
    let listed = process.worker().records("").await.expect("the store is well");
    assert!(listed.iter().map(|(key, _)| key).eq(&keys), "{} are listed", listed.len());
}

#[tokio::test(start_paused = true)]
async fn a_list_that_never_comes_is_waited_for_no_longer_than_the_patience() {
    let process = Process::alone().await;
    process.faults().always(Fault::Swallow);
    let start = now();
    let list = tokio::time::timeout(Duration::from_secs(100), process.worker().records(""));
    let error = list.await.expect("it is told").expect_err("there is no answer");
    assert_eq!((error.kind(), now() - start), (ErrorKind::Store, Duration::from_secs(10)));
    let error = process.worker().record("job").await.expect_err("there is no answer");
    assert_eq!((error.kind(), error.key()), (ErrorKind::Store, Some("job")));
}

#[tokio::test(start_paused = true)]
async fn what_was_settled_last_is_recorded_though_its_worker_is_dropped() {
    let memory = MemoryStore::new();
    let [one, other] = [Process::on(&memory).await, Process::on(&memory).await];
    let job = Job::new("job").timeout(LEASE).max_attempts(1);
    let failed = one.worker().run(&job, async |_| {
        one.faults().next(Request::Swap, Fault::DelayRequest(LEASE / 3));
        TestResult::<u32>::Err("no luck".into())
    });
    assert!(failed.await.is_err());
    drop(one);
    sleep(LEASE / 2).await;
    let error = other.worker().run(&job, async |_| TestResult::Ok(7)).await.expect_err("its only attempt has failed");
    assert_eq!(lockwork_error(&*error).kind(), ErrorKind::Exhausted);
    assert!(error.to_string().contains("no luck"), "{error}");
}
