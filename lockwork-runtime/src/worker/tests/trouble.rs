//! A store that does not answer, or refuses.

use std::time::Duration;

use tokio::time::sleep;

use crate::clock::now;
use crate::store::memory::MemoryStore;
use crate::store::{Store, Swap, Wake};
use crate::testing::{Fault, Process, Request, TestResult, lockwork_error};
use crate::{ErrorKind, Job, Outcome};

const PATIENCE: Duration = Duration::from_secs(10);

#[tokio::test(start_paused = true)]
async fn a_call_puts_up_with_trouble_for_the_patience() {
    for fault in [Fault::LoseRequest, Fault::DelayRequest(PATIENCE * 100)] {
        let process = Process::alone().await;
        process.faults().always(fault);
        let start = now();
        let outcome: TestResult<Outcome<u32>> = process.worker().run(&Job::new("job"), async |_| Ok(7)).await;
        assert_eq!(lockwork_error(&*outcome.expect_err("there is no store")).kind(), ErrorKind::Store);
        let took = now() - start;
        assert!(PATIENCE <= took && took < PATIENCE + Duration::from_secs(2), "{took:?}");
        assert_eq!(process.take_event_names(), ["StoreTrouble"], "told once");
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_answers_questions_but_takes_no_writes_is_put_up_with_for_the_patience() {
    let process = Process::alone().await;
    process.faults().each(Request::Swap, Fault::LoseRequest);
    let job = Job::new("job");
    let start = now();
    let run = process.worker().run(&job, async |_| TestResult::Ok(7));
    let outcome = tokio::time::timeout(PATIENCE * 3, run).await.expect("it is told when the patience is over");
    assert_eq!(lockwork_error(&*outcome.expect_err("nothing can be claimed")).kind(), ErrorKind::Store);
    assert!(PATIENCE <= now() - start && now() - start < PATIENCE + Duration::from_secs(2));
    assert_eq!(process.take_event_names().first().map(String::as_str), Some("StoreTrouble"));
}

#[tokio::test(start_paused = true)]
async fn a_completion_that_the_store_does_not_take_is_unrecorded_when_the_patience_is_over() {
    let process = Process::alone().await;
    let job = Job::new("job");
    let start = now();
    let run = process.worker().run(&job, async |_| {
        process.faults().each(Request::Swap, Fault::LoseRequest);
        TestResult::Ok(7)
    });
    let outcome = tokio::time::timeout(PATIENCE * 3, run).await.expect("it is told when the patience is over");
    assert_eq!(lockwork_error(&*outcome.expect_err("it is not recorded")).kind(), ErrorKind::Unrecorded);
    assert!(PATIENCE <= now() - start && now() - start < PATIENCE + Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn a_claim_whose_reply_was_lost_takes_over_from_nobody() {
    let process = Process::alone().await;
    process.faults().next(Request::Swap, Fault::LoseReply);
    let outcome = process.worker().run(&Job::new("job"), async |_| TestResult::Ok(7)).await;
    assert_eq!(outcome.expect("it succeeds").attempt, 1);
    assert_eq!(process.take_event_names(), ["StoreTrouble", "StoreRecovered", "Claimed", "Completed"]);
}

#[tokio::test(start_paused = true)]
async fn a_completion_has_the_whole_patience_however_long_the_store_was_silent_before() {
    let process = Process::alone().await;
    let lease = PATIENCE * 10;
    let job = Job::new("job").timeout(lease);
    let recover = async {
        sleep(lease / 3 + PATIENCE * 3).await;
        process.faults().clear();
    };
    let run = process.worker().run(&job, async |_| {
        process.faults().always(Fault::LoseRequest);
        sleep(lease / 3 + PATIENCE * 5 / 2).await;
        TestResult::Ok(7)
    });
    let (outcome, ()) = tokio::join!(run, recover);
    assert_eq!(outcome.expect("the store answers again in time").value, 7);
}

#[tokio::test(start_paused = true)]
async fn a_patience_without_end_is_one() {
    let worker = crate::Worker::builder("memory:").patience(Duration::MAX).connect().await.expect("memory is there");
    let outcome = worker.run(&Job::new("job"), async |_| TestResult::Ok(7)).await;
    assert_eq!(outcome.expect("it succeeds").value, 7);
}

#[tokio::test(start_paused = true)]
async fn a_call_goes_on_when_the_store_answers_again() {
    let process = Process::alone().await;
    process.faults().always(Fault::LoseRequest);
    let recover = async {
        sleep(PATIENCE / 2).await;
        process.faults().clear();
    };
    let job = Job::new("job");
    let (outcome, ()) = tokio::join!(process.worker().run(&job, async |_| TestResult::Ok(7)), recover);
    assert_eq!(outcome.expect("it succeeds").value, 7);
    assert_eq!(process.take_event_names(), ["StoreTrouble", "StoreRecovered", "Claimed", "Completed"]);
}

#[tokio::test(start_paused = true)]
async fn trouble_of_the_past_does_not_use_up_the_patience_of_a_later_call() {
    let process = Process::alone().await;
    let job = Job::new("job");
    process.faults().always(Fault::LoseRequest);
    let first = process.worker().run(&job, async |_| TestResult::Ok(7));
    let second = async {
        sleep(PATIENCE - Duration::from_millis(1)).await;
        let start = now();
        let outcome = process.worker().run(&job, async |_| TestResult::Ok(8)).await;
        (outcome.is_err(), now() - start)
    };
    let (first, (failed, took)) = tokio::join!(first, second);
    assert!(first.is_err() && failed);
    assert!(PATIENCE <= took, "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_told_at_once() {
    let process = Process::alone().await;
    process.faults().next(Request::Swap, Fault::Refuse);
    let start = now();
    let outcome: TestResult<Outcome<u32>> = process.worker().run(&Job::new("job"), async |_| Ok(7)).await;
    let error = outcome.expect_err("it is refused");
    assert_eq!((lockwork_error(&*error).kind(), lockwork_error(&*error).key()), (ErrorKind::Store, Some("job")));
    assert_eq!(now(), start);
}

#[tokio::test(start_paused = true)]
async fn a_record_that_is_none_is_refused_and_left_as_it_is() {
    for (bytes, why) in [(&b"2 {}"[..], "format \"2\""), (b"1 {\"revision\"", "mangled"), (b"\xff\xfe", "mangled")] {
        let memory = MemoryStore::new();
        let process = Process::on(&memory).await;
        let key = "lockwork:job";
        let swap = Swap { key, expected: None, next: bytes, keep: None, wake: Wake::Nobody };
        memory.swap(swap).await.expect("memory does not fail");
        let outcome: TestResult<Outcome<u32>> = process.worker().run(&Job::new("job"), async |_| Ok(7)).await;
        let error = outcome.expect_err("it is no record");
        assert_eq!(lockwork_error(&*error).kind(), ErrorKind::Store);
        assert!(error.to_string().contains(why), "{error}");
        assert!(process.worker().record("job").await.is_err());
        let seen = memory.load(key).await.expect("memory does not fail").expect("it is there");
        assert_eq!(seen.bytes, bytes);
    }
}

#[tokio::test]
async fn a_forged_revision_is_told_and_not_counted_on() {
    let id = "00112233445566778899aabbccddeeff";
    for (revision, why) in [((1_u64 << 53) - 1, None), (1 << 53, Some("9007199254740993")), (u64::MAX, Some("mangled"))]
    {
        let name = format!("forged-{revision}");
        let memory = MemoryStore::named(&name);
        let worker = crate::Worker::connect(format!("memory:{name}")).await.expect("memory is there");
        let record = format!(
            r#"1 {{"revision":{revision},"attempts":1,"holder":"host/1 {id}","keep":60000,"waiting":{{"series":"{id}","pause":0,"error":""}}}}"#
        );
        let keep = Some(Duration::from_secs(60));
        let swap = Swap { key: "lockwork:job", expected: None, next: record.as_bytes(), keep, wake: Wake::Nobody };
        memory.swap(swap).await.expect("memory does not fail");
        let outcome: TestResult<Outcome<u64>> = worker.run(&Job::new("job"), async |attempt| Ok(attempt.fence())).await;
        let error = outcome.expect_err("the claim or the completion is beyond the largest revision");
        let kind = if why.is_some() { ErrorKind::Store } else { ErrorKind::Unrecorded };
        assert_eq!(lockwork_error(&*error).kind(), kind, "{error}");
        assert!(error.to_string().contains(why.unwrap_or("forget the record")), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_a_job_is_told_before_the_store_is_asked() {
    let process = Process::alone().await;
    let wrong = [
        (Job::new(""), ErrorKind::BadKey),
        (Job::new("x".repeat(513)), ErrorKind::BadKey),
        (Job::new("a\nb"), ErrorKind::BadKey),
        (Job::new("job").max_attempts(0), ErrorKind::BadJob),
        (Job::new("job").timeout(Duration::from_millis(99)), ErrorKind::BadJob),
    ];
    for (job, kind) in wrong {
        let outcome: TestResult<Outcome<u32>> = process.worker().run(&job, async |_| Ok(7)).await;
        assert_eq!(lockwork_error(&*outcome.expect_err("it cannot be")).kind(), kind);
    }
    assert_eq!(process.take_counts(), (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn records_are_listed_and_namespaces_are_apart() {
    let memory = MemoryStore::new();
    let process = Process::on(&memory).await;
    let foreign = Swap { key: "test:a\u{1b}[2J", expected: None, next: b"not ours", keep: None, wake: Wake::Nobody };
    memory.swap(foreign).await.expect("memory does not fail");
    for key in ["a1", "a2", "b1"] {
        let outcome = process.worker().run(&Job::new(key), async |_| TestResult::Ok(key.to_owned())).await;
        assert!(outcome.is_ok());
    }
    let keys = async |prefix| {
        let records = process.worker().records(prefix).await.expect("the store is well");
        records.into_iter().map(|(key, _)| key).collect::<Vec<_>>()
    };
    assert_eq!(keys("a").await, ["a1", "a2"]);
    assert_eq!(keys("").await, ["a1", "a2", "b1"]);
    for namespace in ["", "a:b", "a b", &"x".repeat(65)] {
        let error = crate::Worker::builder("memory:").namespace(namespace).connect().await.expect_err("it is none");
        assert_eq!(error.kind(), ErrorKind::BadKey);
    }
}
