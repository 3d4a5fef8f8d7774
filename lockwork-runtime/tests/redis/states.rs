//! States in which a server answers, but not with what was asked for.

use std::net::TcpListener;

use lockwork_runtime::store::redis::RedisStore;
use lockwork_runtime::store::{Store, Swap, Swapped, Wake};
use lockwork_test_support::RedisServer;

use crate::{connect, first, unavailable, until, write};

/// Both kinds of swap must fail with `code` and write nothing.
async fn writes_fail(server: &RedisServer, store: &RedisStore, code: &str) {
    let swap = first("fresh", b"x");
    for swap in [swap, Swap { wake: Wake::All, ..swap }] {
        let text = unavailable(store.swap(swap).await);
        assert!(text.contains(code) && text.contains(&server.port().to_string()), "{text}");
    }
}

async fn writes_succeed(store: &RedisStore) {
    for wake in [Wake::Nobody, Wake::Few, Wake::All] {
        let swap = Swap { wake, ..first("fresh", b"x") };
        assert_eq!(store.swap(swap).await, Ok(Swapped::Written));
        assert_eq!(store.remove("fresh", b"x").await, Ok(true));
    }
}

fn connections(server: &RedisServer) -> u64 {
    let stats = server.command(&["INFO", "stats"]).text();
    let line = stats.lines().find_map(|line| line.strip_prefix("total_connections_received:"));
    line.and_then(|count| count.parse().ok()).expect("the server counts connections")
}

#[tokio::test]
async fn read_only() {
    let server = RedisServer::start();
    let store = connect(&server.url()).await;
    server.command(&["REPLICAOF", "127.0.0.1", "1"]);
    let before = connections(&server);
    writes_fail(&server, &store, "READONLY").await;
    // The master may be elsewhere by now, so each time the way to it is found anew.
    until("it connected again", async || connections(&server) >= before + 2).await;
    server.command(&["REPLICAOF", "NO", "ONE"]);
    writes_succeed(&store).await;
}

#[tokio::test]
async fn master_down() {
    let server = RedisServer::start_with(&["--replica-serve-stale-data", "no"]);
    let store = connect(&server.url()).await;
    server.command(&["REPLICAOF", "127.0.0.1", "1"]);
    let text = unavailable(store.load("k").await);
    assert!(text.contains("MASTERDOWN"), "{text}");
    server.command(&["REPLICAOF", "NO", "ONE"]);
    writes_succeed(&store).await;
}

#[tokio::test]
async fn too_few_replicas() {
    let server = RedisServer::start();
    let store = connect(&server.url()).await;
    server.command(&["CONFIG", "SET", "min-replicas-to-write", "1"]);
    writes_fail(&server, &store, "NOREPLICAS").await;
    server.command(&["CONFIG", "SET", "min-replicas-to-write", "0"]);
    writes_succeed(&store).await;
}

#[tokio::test]
async fn out_of_memory() {
    let server = RedisServer::start();
    let store = connect(&server.url()).await;
    server.command(&["CONFIG", "SET", "maxmemory", "1"]);
    writes_fail(&server, &store, "OOM").await;
    server.command(&["CONFIG", "SET", "maxmemory", "0"]);
    writes_succeed(&store).await;
}

#[tokio::test]
async fn cannot_save() {
    let server = RedisServer::start();
    let store = connect(&server.url()).await;
    std::fs::create_dir(server.dir().join("dump.rdb")).expect("the directory is ours");
    server.command(&["CONFIG", "SET", "save", "3600 1000000"]);
    server.command(&["BGSAVE"]);
    let failed = async || server.command(&["INFO", "persistence"]).text().contains("rdb_last_bgsave_status:err");
    until("saving has failed", failed).await;
    writes_fail(&server, &store, "MISCONF").await;
    server.command(&["CONFIG", "SET", "stop-writes-on-bgsave-error", "no"]);
    writes_succeed(&store).await;
}

#[tokio::test]
async fn busy() {
    let server = RedisServer::start_with(&["--busy-reply-threshold", "50"]);
    let store = connect(&server.url()).await;
    write(&store, "k", b"one").await;
    let mut other = server.client();
    other.send(&["EVAL", "while true do end", "0"]).expect("it is sent");
    until("it is busy", async || server.command(&["GET", "k"]).is_error("BUSY")).await;
    let text = unavailable(store.load("k").await);
    assert!(text.contains("BUSY"), "{text}");
    writes_fail(&server, &store, "BUSY").await;
    let text = unavailable(store.watch("k").await);
    assert!(text.contains("BUSY"), "{text}");
    server.command(&["SCRIPT", "KILL"]);
    other.reply().expect("the script has ended");
    writes_succeed(&store).await;
}

#[tokio::test]
async fn loading() {
    let server = RedisServer::start_with(&[
        "--enable-debug-command",
        "local",
        "--key-load-delay",
        "300",
        "--loading-process-events-interval-bytes",
        "1024",
    ]);
    let store = connect(&server.url()).await;
    server.command(&["DEBUG", "POPULATE", "10000"]);
    let mut other = server.client();
    other.send(&["DEBUG", "RELOAD"]).expect("it is sent");
    until("it is loading", async || server.command(&["GET", "k"]).is_error("LOADING")).await;
    let text = unavailable(store.load("k").await);
    assert!(text.contains("LOADING"), "{text}");
    writes_fail(&server, &store, "LOADING").await;
    assert!(RedisStore::connect(&server.url()).await.is_ok(), "one can connect meanwhile");
    other.reply().expect("it has loaded");
    writes_succeed(&store).await;
}

#[tokio::test]
async fn cluster_down() {
    let bus =
        TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("there is a free port");
    let server = RedisServer::start_with(&["--cluster-enabled", "yes", "--cluster-port", &bus.port().to_string()]);
    let store = connect(&server.url()).await;
    writes_fail(&server, &store, "CLUSTERDOWN").await;
    let text = unavailable(store.load("k").await);
    assert!(text.contains("CLUSTERDOWN"), "{text}");
}
