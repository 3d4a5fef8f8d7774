//! Who gets in, what it may do there, and that nobody sees its password.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join;
use lockwork_runtime::store::redis::RedisStore;
use lockwork_runtime::store::{ConnectError, Scan, Store, StoreError, Swap, Swapped, Wake};
use lockwork_test_support::{RedisServer, Reply};

use crate::seats::Sitters;
use crate::{connect, connect_error, first, refused, until, woken, write};

/// A password that must not be seen. In a URL its characters need no escape.
const CANARY: &str = "c4n4ry-S3cret";

/// The rights that the documentation asks for, word for word.
const RIGHTS: [&str; 18] = [
    "resetkeys",
    "~lockwork:*",
    "resetchannels",
    "&lockwork:*",
    "-@all",
    "+get",
    "+pttl",
    "+set",
    "+del",
    "+evalsha",
    "+script|load",
    "+publish",
    TO_COUNT,
    "+subscribe",
    "+unsubscribe",
    "+time",
    "+scan",
    "on",
];

/// The right without which all works, if not as well.
const TO_COUNT: &str = "+pubsub|numsub";

fn let_in(server: &RedisServer, rights: &[&str]) -> String {
    let password = format!(">{CANARY}");
    let command = [&["ACL", "SETUSER", "lw", "reset", &password], rights].concat();
    assert_eq!(server.command(&command), Reply::Status("OK".into()));
    server.url().replace("redis://", &format!("redis://lw:{CANARY}@"))
}

#[test]
fn the_rights_are_those_of_the_documentation() {
    let source = include_str!("../../src/store/redis.rs");
    let documented = source.split("ACL SETUSER lockwork").nth(1).and_then(|rest| rest.split("```").next());
    let documented = documented.expect("the documentation has them").replace("//!", "");
    let documented: BTreeSet<_> = documented.split_whitespace().filter(|word| *word != ">PASSWORD").collect();
    assert_eq!(documented, BTreeSet::from(RIGHTS));
}

/// Everything that a store does, on a key of the namespace; the first error of it.
async fn everything(server: &RedisServer, store: &RedisStore) -> Result<(), StoreError> {
    let key = "lockwork:k";
    server.command(&["DEL", key]);
    let mut watch = store.watch(key).await?;
    assert_eq!(store.swap(first(key, b"one")).await?, Swapped::Written);
    let swap = Swap { expected: Some(b"one"), wake: Wake::All, ..first(key, b"two") };
    assert_eq!(store.swap(swap).await?, Swapped::Written);
    woken(&mut watch).await;
    assert_eq!(store.load(key).await?.map(|seen| seen.bytes), Some(b"two".to_vec()));
    assert_eq!(store.scan(Scan::of("lockwork:", 10)).await?.len(), 1);
    store.clock().await?;
    assert!(store.remove(key, b"two").await?);
    woken(&mut watch).await;
    Ok(())
}

#[tokio::test]
async fn the_documented_rights_are_enough() {
    let server = RedisServer::start();
    let store = connect(&let_in(&server, &RIGHTS)).await;
    assert_eq!(everything(&server, &store).await, Ok(()));
    server.command(&["SCRIPT", "FLUSH"]);
    assert_eq!(everything(&server, &store).await, Ok(()));
    let watch = store.watch("lockwork:other").await.expect("it watches");
    drop(watch);
    let unsubscribed = async || server.calls().iter().any(|(call, count)| call == "unsubscribe" && *count > 0);
    until("it unsubscribed", unsubscribed).await;
    assert_eq!(server.command(&["ACL", "LOG"]), Reply::List(Vec::new()));
}

#[tokio::test]
async fn each_of_the_rights_is_needed() {
    let server = RedisServer::start();
    // Without the right to unsubscribe, or to count, nobody's command fails.
    let others = ["+unsubscribe", TO_COUNT, "resetkeys", "resetchannels", "-@all", "on"];
    for right in RIGHTS.iter().filter(|right| !others.contains(right)) {
        let rights: Vec<_> = RIGHTS.iter().copied().filter(|other| other != right).collect();
        server.command(&["SCRIPT", "FLUSH"]);
        let store = connect(&let_in(&server, &rights)).await;
        let text = refused(everything(&server, &store).await);
        assert!(text.contains("lacks a right"), "without {right}: {text}");
        assert!(!text.contains(CANARY), "{text}");
    }
}

#[tokio::test]
async fn without_the_right_to_count_who_waits_all_are_woken() {
    let server = RedisServer::start();
    let source = include_str!("../../src/store/redis.rs");
    assert!(source.contains(&format!("Without `{TO_COUNT}`")), "the documentation has it");
    let mut sitters = Sitters::on(&server, "lockwork:k", 0..10);
    for (may_count, told, refused) in [(false, 10, 1), (true, 3, 0)] {
        let rights: Vec<_> = RIGHTS.iter().copied().filter(|right| may_count || *right != TO_COUNT).collect();
        let store = connect(&let_in(&server, &rights)).await;
        server.command(&["DEL", "lockwork:k"]);
        server.command(&["ACL", "LOG", "RESET"]);
        let swap = Swap { wake: Wake::Few, ..first("lockwork:k", b"one") };
        assert_eq!(store.swap(swap).await, Ok(Swapped::Written));
        assert_eq!(sitters.told(b"one").len(), told, "{may_count}");
        assert_eq!(server.command(&["ACL", "LOG"]).list().len(), refused, "{may_count}");
        server.command(&["SET", "lockwork:other", "one"]);
        let [one, other] = ["lockwork:k", "lockwork:other"]
            .map(|key| store.swap(Swap { expected: Some(b"one"), wake: Wake::All, ..first(key, b"two") }));
        let swapped = join(one, other).await;
        assert_eq!(swapped, (Ok(Swapped::Written), Ok(Swapped::Written)));
        assert_eq!(sitters.told(b"two").len(), 10, "{may_count}");
    }
}

#[tokio::test]
async fn a_swap_without_the_right_to_publish_writes_nothing() {
    let server = RedisServer::start();
    let rights: Vec<_> = RIGHTS.iter().copied().filter(|right| *right != "&lockwork:*").collect();
    let store = connect(&let_in(&server, &rights)).await;
    refused(store.swap(Swap { wake: Wake::All, ..first("lockwork:k", b"x") }).await);
    assert_eq!(server.command(&["EXISTS", "lockwork:k"]), Reply::Number(0));
}

#[tokio::test]
async fn passwords() {
    let server = RedisServer::start();
    let good = let_in(&server, &RIGHTS);
    assert!(connect(&good).await.clock().await.is_ok());
    let address = good.rsplit('@').next().expect("there is a host").to_owned();
    server.command(&["ACL", "SETUSER", "off", "off", &format!(">{CANARY}")]);
    let wrong = [format!("lw:not-{CANARY}"), format!("off:{CANARY}"), format!("nobody:{CANARY}")];
    for credentials in wrong {
        let url = format!("redis://{credentials}@{address}");
        let error = tokio::time::timeout(Duration::from_secs(1), connect_error(&url, CANARY));
        let text = refused::<()>(Err(error.await.expect("it is told at once")));
        assert!(text.contains("WRONGPASS") && text.contains(&address), "{text}");
    }
    server.command(&["CONFIG", "SET", "requirepass", CANARY]);
    let text = refused::<()>(Err(connect_error(&server.url(), CANARY).await));
    assert!(text.contains("NOAUTH") && text.contains("URL"), "{text}");
    connect(&format!("redis://:{CANARY}@{address}")).await;
    connect(&format!("redis://default:{}@{address}", CANARY.replace('-', "%2D"))).await;
    connect(&format!("{}?user=lw&pass={CANARY}", server.unix_url())).await;
    let text = refused::<()>(Err(connect_error(&format!("{}?pass=x{CANARY}", server.unix_url()), CANARY).await));
    assert!(text.contains("WRONGPASS"), "{text}");
    let text = refused::<()>(Err(connect_error(&format!("redis://:{CANARY}@{address}/99"), CANARY).await));
    assert!(text.contains("database"), "{text}");
    let text = refused::<()>(Err(connect_error(&format!("{good}/1"), CANARY).await));
    assert!(text.contains("lacks a right"), "{text}");
}

#[tokio::test]
async fn a_password_that_changes_is_told_at_once_and_healed() {
    let server = RedisServer::start();
    let store = connect(&let_in(&server, &RIGHTS)).await;
    write(&store, "lockwork:k", b"one").await;
    server.command(&["ACL", "SETUSER", "lw", "resetpass", ">another"]);
    server.command(&["CLIENT", "KILL", "TYPE", "normal"]);
    let told = async || matches!(store.clock().await, Err(StoreError::Refused(text)) if text.contains("WRONGPASS"));
    until("it is told", told).await;
    let asked = async { (refused(store.clock().await), refused(store.watch("lockwork:k").await)) };
    let (clock, watch) = tokio::time::timeout(Duration::from_millis(900), asked).await.expect("it is told at once");
    for text in [clock, watch, format!("{store:?}")] {
        assert!(!text.contains(CANARY), "{text}");
    }
    server.command(&["ACL", "SETUSER", "lw", &format!(">{CANARY}")]);
    until("it is healed", async || store.clock().await.is_ok()).await;
}

#[tokio::test]
async fn nothing_shows_the_password() {
    let server = RedisServer::start();
    let store = connect(&let_in(&server, &RIGHTS)).await;
    assert!(format!("{store:?}").contains(&server.port().to_string()));
    assert!(!format!("{store:?} {store:#?}").contains(CANARY));
    let refusal = refused(store.load("elsewhere:k").await);
    server.kill();
    let texts = [
        refusal,
        crate::unavailable(store.clock().await),
        crate::unavailable(store.watch("lockwork:k").await),
        connect_error(&format!("redis://lw:{CANARY}@127.0.0.1:{}", server.port()), CANARY).await.to_string(),
        connect_error(&format!("redis://lw:{CANARY}@no-such-host.invalid"), CANARY).await.to_string(),
        connect_error(&format!("redis+unix:///no/such/socket?pass={CANARY}"), CANARY).await.to_string(),
    ];
    for text in texts {
        assert!(!text.contains(CANARY), "{text}");
        assert!(text.starts_with("Redis at "), "{text}");
    }
}

#[tokio::test]
async fn malformed_urls_are_told_without_any_part_of_them() {
    let urls = [
        format!("redis://:{CANARY}"),
        format!("redis://lw:{CANARY}@"),
        format!("redis://:{CANARY}@host:port"),
        format!("redis://:{CANARY}@host/database"),
        format!("redis://:{CANARY}@host/0?{CANARY}=1"),
        format!("redis://:{CANARY}@host/0?db={CANARY}"),
        format!("redis://:1#{CANARY}@host"),
        format!("redis://lw:1/{CANARY}@host"),
        format!("redis://lw:1?{CANARY}@host"),
        format!("redis://lw:a/{CANARY}@host"),
        format!("redis://{CANARY}@host"),
        format!("redis://:{CANARY}@0.0.0.0"),
        format!("redis://:{CANARY}%ff@host"),
        format!("redis+unix:///socket?pass={CANARY}#rest"),
        format!("redis+unix:///socket?user={CANARY}"),
        format!("redis+unix:///socket?pass={CANARY}&db=x"),
        format!("redis+unix:///socket?password={CANARY}"),
        format!("redis+unix:///so%1bcket?pass={CANARY}"),
        format!("redis:{CANARY}"),
        format!("redis:///{CANARY}"),
        format!("http://:{CANARY}@host"),
        CANARY.to_owned(),
    ];
    for url in urls {
        let error = RedisStore::connect(&url).await.expect_err(&url);
        let ConnectError::BadUrl(text) = error else { panic!("{url}: not a bad URL but {error:?}") };
        assert!(!text.contains(CANARY) && !text.contains(char::is_control), "{url}: {text}");
        assert!(text.contains("redis://[USER:PASSWORD@]HOST"), "{url}: {text}");
    }
}
