//! The future of an annotated function beside the plain one's: as much `Send`, and not much larger.

use std::error::Error;
use std::future::Future;
use std::mem::size_of_val;
use std::rc::Rc;

use lockwork::{Worker, global_once};

use crate::worker;

fn is_send<F: Future + Send>(future: F) -> F {
    future
}

async fn plain(worker: &Worker, name: &str) -> Result<u64, Box<dyn Error>> {
    let _ = worker;
    let buffer = [0_u8; 4096];
    tokio::task::yield_now().await;
    Ok(buffer.len() as u64 + name.len() as u64)
}

#[global_once(key = "futures::once:{name}", retain = "1h", worker = worker)]
async fn once(worker: &Worker, name: &str) -> Result<u64, Box<dyn Error>> {
    let buffer = [0_u8; 4096];
    tokio::task::yield_now().await;
    Ok(buffer.len() as u64 + name.len() as u64)
}

#[allow(clippy::large_types_passed_by_value)]
#[global_once(key = "futures::large", worker = worker)]
async fn large(worker: &Worker, bytes: [u8; 1024]) -> Result<u64, Box<dyn Error>> {
    tokio::task::yield_now().await;
    Ok(bytes.len() as u64)
}

#[allow(clippy::large_types_passed_by_value)]
async fn plain_large(worker: &Worker, bytes: [u8; 1024]) -> Result<u64, Box<dyn Error>> {
    let _ = worker;
    tokio::task::yield_now().await;
    Ok(bytes.len() as u64)
}

#[global_once(key = "futures::empty", worker = worker)]
async fn empty(worker: &Worker) -> Result<(), Box<dyn Error>> {
    Ok(())
}

#[allow(clippy::unused_async)]
async fn plain_empty(worker: &Worker) -> Result<(), Box<dyn Error>> {
    let _ = worker;
    Ok(())
}

#[tokio::test]
async fn a_future_is_as_large_as_the_plain_one_and_256_bytes() {
    let worker = worker().await;
    let (own, once) = (size_of_val(&plain(worker, "x")), size_of_val(&is_send(once(worker, "x"))));
    (own + 256).checked_sub(once).ok_or((own, once)).unwrap();
    let (own, once) = (size_of_val(&plain_large(worker, [0; 1024])), size_of_val(&large(worker, [0; 1024])));
    (own + 1024 + 256).checked_sub(once).ok_or((own, once)).unwrap();
    let (own, once) = (size_of_val(&plain_empty(worker)), size_of_val(&empty(worker)));
    (own + 256).checked_sub(once).ok_or((own, once)).unwrap();
}

struct NotSync(std::cell::Cell<u8>);

impl NotSync {
    #[global_once(key = "futures::not_sync", worker = worker().await)]
    async fn run(&mut self) -> Result<u8, Box<dyn Error>> {
        tokio::task::yield_now().await;
        Ok(self.0.get())
    }
}

#[tokio::test]
async fn a_mutable_self_need_not_be_sync() {
    let mut receiver = NotSync(std::cell::Cell::new(1));
    assert_eq!(is_send(receiver.run()).await.unwrap(), 1);
}

#[global_once(key = "futures::local", worker = worker().await)]
async fn local(name: Rc<str>) -> anyhow::Result<usize> {
    tokio::task::yield_now().await;
    Ok(name.len())
}

#[tokio::test]
async fn a_future_that_is_not_send_runs_too() {
    assert_eq!(local(Rc::from("abc")).await.unwrap(), 3);
}
