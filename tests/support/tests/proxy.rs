//! What the fault proxy does to connections, before a server that is written by hand and before a real one.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use lockwork_test_support::proxy::{Direction, Fault, Proxy, Then};
use lockwork_test_support::{RedisServer, Reply};

/// How long something may take that is to happen. Nothing waits this long unless it fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// A proxy, and both ends of a connection through it.
struct Scene {
    proxy: Proxy,
    server: TcpListener,
    client: End,
    served: End,
}

struct End(TcpStream);

impl End {
    fn new(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(PATIENCE)).expect("it is open");
        Self(stream)
    }

    fn write(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).expect("the other end takes it");
    }

    fn reads(&mut self, text: &str) {
        let mut bytes = vec![0; text.len()];
        self.0.read_exact(&mut bytes).expect("it comes");
        assert_eq!(String::from_utf8_lossy(&bytes), text);
    }

    /// Reads up to the end, or the reset, and gives what came before.
    fn rest(&mut self) -> (String, Option<ErrorKind>) {
        let mut bytes = Vec::new();
        let error = self.0.read_to_end(&mut bytes).err().map(|error| error.kind());
        (String::from_utf8(bytes).expect("it is text"), error)
    }

    /// Whether there is nothing to read just now, and no end either.
    fn has_nothing(&mut self) -> bool {
        self.0.set_nonblocking(true).expect("it is open");
        let read = self.0.read(&mut [0]);
        self.0.set_nonblocking(false).expect("it is open");
        matches!(read, Err(error) if error.kind() == ErrorKind::WouldBlock)
    }
}

impl Scene {
    fn new() -> Self {
        let server = TcpListener::bind(("127.0.0.1", 0)).expect("a free port can be had");
        let proxy = Proxy::start(server.local_addr().expect("it is bound").port(), 1);
        let (client, served) = connect(&proxy, &server);
        Self { proxy, server, client, served }
    }

    /// Bytes go round through another connection, so that the proxy has had its time for the first one.
    fn let_others_pass(&self) {
        drop(connect(&self.proxy, &self.server));
    }
}

fn connect(proxy: &Proxy, server: &TcpListener) -> (End, End) {
    let client = TcpStream::connect(("127.0.0.1", proxy.port())).expect("the proxy listens");
    let (served, _) = server.accept().expect("the proxy connects");
    let (mut client, mut served) = (End::new(client), End::new(served));
    // When something has gone round, the proxy has both ends and carries.
    client.write("+\r\n");
    served.reads("+\r\n");
    served.write("+\r\n");
    client.reads("+\r\n");
    (client, served)
}

#[test]
fn bytes_pass_both_ways_and_so_do_ends() {
    let Scene { proxy, mut client, mut served, .. } = Scene::new();
    client.write("hello");
    served.reads("hello");
    served.write("world");
    client.reads("world");
    drop(client);
    assert_eq!(served.rest(), (String::new(), None));
    assert_eq!((proxy.accepted(), proxy.swallowed()), (1, 0));
}

#[test]
fn delayed_bytes_are_late_and_in_order() {
    #[expect(clippy::disallowed_methods, reason = "what is tested is that they do not come before their time")]
    let now = Instant::now;
    let Scene { proxy, mut client, mut served, .. } = Scene::new();
    let [fixed, jitter] = [50, 20].map(Duration::from_millis);
    proxy.set(Direction::Replies, Fault::Delay { fixed, jitter });
    let sent = now();
    served.write("one ");
    client.reads("one ");
    assert!(fixed <= now() - sent);
    served.write("two ");
    served.write("three");
    client.reads("two three");
}

#[test]
fn stalled_bytes_come_when_the_stall_ends() {
    let mut scene = Scene::new();
    scene.proxy.set_one(0, Direction::Replies, Fault::Stall);
    scene.served.write("late");
    scene.let_others_pass();
    assert!(scene.client.has_nothing());
    // The other direction goes on.
    scene.client.write("hello");
    scene.served.reads("hello");
    scene.proxy.heal();
    scene.client.reads("late");
}

#[test]
fn bytes_in_a_blackhole_are_gone() {
    let Scene { proxy, mut client, mut served, .. } = Scene::new();
    proxy.set(Direction::Requests, Fault::Blackhole);
    client.write("lost");
    drop(client);
    assert_eq!(served.rest(), (String::new(), None));
}

#[test]
fn held_bytes_come_late_though_nobody_waits_for_an_answer_any_more() {
    let mut scene = Scene::new();
    scene.proxy.set_one(0, Direction::Requests, Fault::Hold);
    scene.client.write("late");
    let (client, _) = connect(&scene.proxy, &scene.server);
    drop(std::mem::replace(&mut scene.client, client));
    scene.let_others_pass();
    assert!(scene.served.has_nothing());
    scene.proxy.heal();
    assert_eq!(scene.served.rest(), ("late".to_owned(), None));
}

#[test]
fn held_bytes_come_without_others_to_follow() {
    let Scene { proxy, mut client, mut served, .. } = Scene::new();
    proxy.set(Direction::Requests, Fault::Hold);
    client.write("late");
    proxy.heal();
    served.reads("late");
}

#[test]
fn a_reset_is_told_to_both_ends() {
    let Scene { proxy, mut client, mut served, .. } = Scene::new();
    proxy.reset();
    let reset = (String::new(), Some(ErrorKind::ConnectionReset));
    assert_eq!(client.rest(), reset);
    assert_eq!(served.rest(), reset);
}

#[test]
fn the_client_of_a_half_open_connection_is_told_nothing() {
    let mut scene = Scene::new();
    scene.proxy.half_open();
    assert_eq!(scene.served.rest(), (String::new(), None));
    scene.client.write("is anybody there?");
    // New connections are whole.
    scene.let_others_pass();
    assert!(scene.client.has_nothing());
}

#[test]
fn a_connection_is_closed_after_so_many_bytes() {
    let Scene { proxy, mut client, mut served, .. } = Scene::new();
    proxy.set(Direction::Replies, Fault::CloseAfter(6));
    served.write("hel");
    client.reads("hel");
    served.write("lo world");
    assert_eq!(client.rest(), ("lo ".to_owned(), None));
}

#[test]
fn bytes_one_by_one_are_all_there() {
    let Scene { proxy, mut client, mut served, .. } = Scene::new();
    proxy.set(Direction::Requests, Fault::OneByOne);
    let text = "one by one, ".repeat(100);
    client.write(&text);
    served.reads(&text);
}

#[test]
fn without_a_server_a_connection_is_reset() {
    let Scene { proxy, server, .. } = Scene::new();
    drop(server);
    let client = TcpStream::connect(("127.0.0.1", proxy.port())).expect("the proxy listens");
    assert_eq!(End::new(client).rest(), (String::new(), Some(ErrorKind::ConnectionReset)));
}

const PUSH: &str = ">2\r\n$7\r\nmessage\r\n$1\r\nk\r\n";

#[test]
fn the_kth_reply_and_what_follows_is_swallowed() {
    let Scene { proxy, mut client, mut served, .. } = Scene::new();
    served.write("+zero\r\n");
    client.reads("+zero\r\n");
    proxy.swallow_reply(2, Then::Reset);
    // In pieces, and with pushes, which are no replies.
    for piece in [PUSH, "*2\r\n:1", "\r\n:1\r\n", PUSH, "$3\r\nt", "wo\r\n"] {
        served.write(piece);
    }
    let before = format!("{PUSH}*2\r\n:1\r\n:1\r\n{PUSH}");
    assert_eq!(client.rest(), (before, Some(ErrorKind::ConnectionReset)));
    assert_eq!(proxy.swallowed(), 1);
}

#[test]
fn after_a_silent_loss_no_more_is_heard_and_others_are_spared() {
    let mut scene = Scene::new();
    scene.proxy.swallow_reply(1, Then::Silence);
    scene.served.write("+one\r\n+two\r\n");
    // Only then: it would be the reply of another connection, if that were faster.
    while scene.proxy.swallowed() == 0 {
        std::thread::yield_now();
    }
    // The end of it is not heard either.
    drop(std::mem::replace(&mut scene.served, connect(&scene.proxy, &scene.server).1));
    scene.let_others_pass();
    assert!(scene.client.has_nothing());
}

#[test]
fn a_command_whose_reply_is_swallowed_was_carried_out() {
    let redis = RedisServer::start();
    let proxy = Proxy::start(redis.port(), 1);
    let connect = || End::new(TcpStream::connect(("127.0.0.1", proxy.port())).expect("the proxy listens"));
    let mut client = connect();
    proxy.swallow_reply_to("set", Then::Reset);
    // `SUBSCRIBE` has no reply in RESP3, but a push.
    client.write("*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n*2\r\n$9\r\nSUBSCRIBE\r\n$1\r\nk\r\n*1\r\n$4\r\nPING\r\n");
    client.write("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n*1\r\n$4\r\nPING\r\n");
    let (heard, how) = client.rest();
    assert!(heard.starts_with('%') && heard.ends_with("+PONG\r\n"), "{heard:?}");
    assert_eq!((heard.matches("PONG").count(), how), (1, Some(ErrorKind::ConnectionReset)));
    assert_eq!(redis.command(&["GET", "k"]), Reply::Bytes(Some(b"v".to_vec())));
    // Once.
    let mut client = connect();
    client.write("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nw\r\n");
    client.reads("+OK\r\n");
}
