//! Arguments by reference, by `&mut`, and by value.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Mutex};

use lockwork::{Attempt, global_once};

use crate::{fail_once, worker};

#[global_once(key = "references::by_value", backoff_ms = 0, worker = worker().await)]
async fn by_value(names: Vec<String>) -> anyhow::Result<usize> {
    fail_once("references::by_value")?;
    let taken = names.into_iter().collect::<String>();
    Ok(taken.len())
}

#[tokio::test]
async fn a_value_is_there_for_the_second_attempt_too() {
    assert_eq!(by_value(vec!["ab".to_owned(), "c".to_owned()]).await.unwrap(), 3);
}

#[global_once(key = "references::by_mut", backoff_ms = 0, worker = worker().await)]
async fn by_mut(log: &mut Vec<u32>, counter: &mut u32, #[attempt] attempt: &Attempt) -> anyhow::Result<u32> {
    log.push(attempt.number());
    *counter += 1;
    if attempt.number() == 1 {
        anyhow::bail!("the first attempt fails");
    }
    Ok(*counter)
}

#[tokio::test]
async fn each_attempt_sees_what_the_last_one_wrote() {
    let (mut log, mut counter) = (Vec::new(), 0);
    assert_eq!(by_mut(&mut log, &mut counter).await.unwrap(), 2);
    assert_eq!((log, counter), (vec![1, 2], 2));
}

#[global_once(key = "references::mutable", backoff_ms = 0, worker = worker().await)]
async fn mutable(mut day: u32, mut rest: &str, mut log: &mut Vec<u32>) -> anyhow::Result<(u32, String)> {
    day += 1;
    rest = &rest[1..];
    log.push(day);
    let mut other = Vec::new();
    if rest.is_empty() {
        log = &mut other;
    }
    log.push(day);
    fail_once("references::mutable")?;
    Ok((day, rest.to_owned()))
}

#[tokio::test]
async fn mut_arguments_begin_anew_with_each_attempt() {
    let mut log = Vec::new();
    assert_eq!(mutable(1, "abc", &mut log).await.unwrap(), (2, "bc".to_owned()));
    assert_eq!(log, [2, 2, 2, 2]);
}

#[global_once(key = "references::dynamic", backoff_ms = 0, worker = worker().await)]
async fn dynamic(out: &mut dyn Write, read: &(dyn Fn() -> u8 + Sync)) -> anyhow::Result<()> {
    out.write_all(&[read()])?;
    fail_once("references::dynamic")
}

#[tokio::test]
async fn trait_objects() {
    let mut out = Vec::new();
    dynamic(&mut out, &|| 7).await.unwrap();
    assert_eq!(out, [7, 7]);
}

#[global_once(key = "references::cells", backoff_ms = 0, worker = worker().await)]
async fn cells(cell: Cell<u8>) -> anyhow::Result<u8> {
    cell.set(cell.get() + 1);
    fail_once("references::cells")?;
    Ok(cell.get())
}

#[tokio::test]
async fn an_argument_need_not_be_sync() {
    assert_eq!(tokio::spawn(cells(Cell::new(1))).await.unwrap().unwrap(), 2);
}

#[global_once(key = "references::tail_of_own", backoff_ms = 0, worker = worker().await)]
async fn tail_of_own(mut own: Arc<Mutex<u8>>, other: Arc<Mutex<u8>>) -> anyhow::Result<u8> {
    fail_once("references::tail_of_own")?;
    if *own.lock().unwrap() == 0 {
        own = other;
    }
    Ok(*own.lock().unwrap())
}

#[tokio::test]
async fn temporaries_that_borrow_from_a_mut_argument() {
    assert_eq!(tail_of_own(Arc::default(), Arc::new(Mutex::new(2))).await.unwrap(), 2);
}

#[global_once(key = "references::tail_temporaries", backoff_ms = 0, worker = worker().await)]
async fn tail_temporaries(number: &Mutex<u8>, map: BTreeMap<u8, Box<u8>>) -> anyhow::Result<u8> {
    fail_once("references::tail_temporaries")?;
    let own = Mutex::new(map.len());
    anyhow::ensure!(*own.lock().unwrap() == 0, "it is empty");
    Ok(*number.lock().unwrap())
}

#[tokio::test]
async fn temporaries_in_the_tail_expression() {
    assert_eq!(tail_temporaries(&Mutex::new(3), BTreeMap::new()).await.unwrap(), 3);
}
