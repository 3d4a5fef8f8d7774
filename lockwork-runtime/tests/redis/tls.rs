//! TLS: whose certificates are trusted.

use std::path::PathBuf;
use std::process::Command;

use lockwork_runtime::store::redis::RedisStore;
use lockwork_runtime::store::{ConnectError, Store, Swap, Swapped, Wake};
use lockwork_test_support::RedisServer;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tempfile::TempDir;

use crate::strangers::{CANARY, stranger};
use crate::{connect, connect_error, first, refused, subscribers, woken};

/// An authority of our own, and a server with a certificate of it for 127.0.0.1.
struct Secured {
    dir: TempDir,
    server: RedisServer,
}

impl Secured {
    fn start() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory can be made");
        let mut params = CertificateParams::new([]).expect("no name is a good list of names");
        params.distinguished_name.push(DnType::CommonName, "an authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key can be made");
        let authority = params.self_signed(&key).expect("the authority signs itself");
        std::fs::write(dir.path().join("ca.pem"), authority.pem()).expect("the directory is ours");
        let issuer = Issuer::new(params, key);

        let key = KeyPair::generate().expect("a key can be made");
        let params = CertificateParams::new(["127.0.0.1".to_owned()]).expect("the address is good");
        let certificate = params.signed_by(&key, &issuer).expect("the authority signs");
        let [certificate_file, key_file] = ["server.pem", "server.key"].map(|name| dir.path().join(name));
        std::fs::write(&certificate_file, certificate.pem()).expect("the directory is ours");
        std::fs::write(&key_file, key.serialize_pem()).expect("the directory is ours");
        Self { server: RedisServer::start_tls(&certificate_file, &key_file), dir }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn url(&self, ca: &str) -> String {
        format!("{}?ca={}", self.server.tls_url(), self.file(ca).display())
    }

    fn with_certificate(&self, cert: &str, key: &str) -> String {
        format!("{}&cert={}&key={}", self.url("ca.pem"), self.file(cert).display(), self.file(key).display())
    }
}

#[tokio::test]
async fn an_authority_of_ones_own_can_be_named() {
    let secured = Secured::start();
    let store = connect(&secured.url("ca.pem")).await;
    let mut watch = store.watch("k").await.expect("it watches");
    assert_eq!(subscribers(&secured.server, "k"), 1);
    assert_eq!(store.swap(Swap { wake: Wake::All, ..first("k", b"one") }).await, Ok(Swapped::Written));
    woken(&mut watch).await;
    secured.server.command(&["CLIENT", "KILL", "TYPE", "pubsub"]);
    woken(&mut watch).await;
    assert_eq!(store.load("k").await.expect("it loads").expect("it is there").bytes, b"one");
}

/// Set where this program has been started by itself, with an environment of its own.
const URL_FOR_CHILD: &str = "LOCKWORK_TEST_TLS_URL";

#[tokio::test]
async fn the_authorities_of_the_host_are_trusted() {
    if let Ok(url) = std::env::var(URL_FOR_CHILD) {
        assert!(connect(&url).await.clock().await.is_ok());
        return;
    }
    let secured = Secured::start();
    let child = Command::new(std::env::current_exe().expect("it knows its own file"))
        .args(["--exact", "tls::the_authorities_of_the_host_are_trusted"])
        .env(URL_FOR_CHILD, secured.server.tls_url())
        .env("SSL_CERT_FILE", secured.file("ca.pem"))
        .output()
        .expect("it can be started again");
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stdout));
}

#[tokio::test]
async fn a_server_that_wants_a_certificate_is_shown_one() {
    let secured = Secured::start();
    let ca = secured.file("ca.pem");
    secured.server.command(&["CONFIG", "SET", "tls-ca-cert-file", ca.to_str().expect("it is text")]);
    secured.server.command(&["CONFIG", "SET", "tls-auth-clients", "yes"]);
    let text = refused::<()>(Err(connect_error(&secured.url("ca.pem"), CANARY).await));
    assert!(text.contains("cert=FILE&key=FILE"), "{text}");
    let store = connect(&secured.with_certificate("server.pem", "server.key")).await;
    assert!(store.clock().await.is_ok());
}

#[tokio::test]
async fn a_certificate_of_nobody_known_is_refused() {
    let secured = Secured::start();
    let another = Secured::start();
    for url in
        [secured.server.tls_url(), format!("{}?ca={}", secured.server.tls_url(), another.file("ca.pem").display())]
    {
        let text = refused::<()>(Err(connect_error(&url, "no password").await));
        assert!(text.contains("not trusted") && text.contains("?ca="), "{text}");
    }
    let other_name = secured.url("ca.pem").replace("127.0.0.1", "localhost");
    let text = refused::<()>(Err(connect_error(&other_name, "no password").await));
    assert!(text.contains("not trusted"), "{text}");
}

#[tokio::test]
async fn a_server_without_tls_is_refused() {
    let url = stranger(&["-ERR what is that?\r\n"]).replace("redis://", "rediss://");
    let text = refused::<()>(Err(connect_error(&url, CANARY).await));
    assert!(text.contains("does not speak TLS"), "{text}");
}

#[tokio::test]
async fn what_is_wrong_with_an_authority_is_told() {
    let secured = Secured::start();
    for (url, why) in [
        (secured.url("missing.pem"), "cannot be read"),
        (secured.url("server.key"), "holds no CERTIFICATE"),
        (format!("{}&cert={}", secured.url("ca.pem"), secured.file("server.pem").display()), "only one of"),
        (secured.with_certificate("ca.pem", "ca.pem"), "holds no PRIVATE KEY"),
        (secured.with_certificate("missing.pem", "server.key"), "cannot be read"),
        (format!("{}#insecure", secured.server.tls_url()), "`#`"),
    ] {
        let error = RedisStore::connect(&url).await.expect_err("the URL is bad");
        assert!(matches!(&error, ConnectError::BadUrl(text) if text.contains(why)), "{error:?}");
    }
}
