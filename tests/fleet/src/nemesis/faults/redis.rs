//! Faults of a Redis server. Knows no members and no networks.

use std::thread;
use std::time::Duration;

use anyhow::{Context, bail};
use lockwork_test_support::{RedisServer, Reply};

use crate::crew::{Crew, Whom};
use crate::faults::{Lot, Seen, Track};
use crate::stage::NAMESPACE;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Restarted,
    Frozen,
    ScriptsFlushed,
    ConnectionsKilled,
    SubscribersKilled,
    SubscribersOverflowed,
    Paused,
    ReadOnly,
    Loading,
    OutOfMemory,
    Busy,
    Misconfigured,
    WithPassword,
    WithoutRights,
}

pub(crate) struct Server<'a> {
    pub(crate) crew: &'a Crew<'a>,
    pub(crate) server: &'a RedisServer,
}

/// A message that is longer than what a subscriber may have waiting for it then.
const LONG_MESSAGE: usize = 1 << 20;
const SHORT_BUFFER: &str = "pubsub 65536 0 0";
const USUAL_BUFFER: &str = "pubsub 33554432 8388608 60";

/// How often a server that loads its data is asked whether it is through, or told again what it could not do yet.
const AGAIN: Duration = Duration::from_millis(5);

/// How often it is told again at most.
const TIMES: usize = 4000;

impl Track for Server<'_> {
    type Kind = Kind;
    const KINDS: &'static [Kind] = &[
        Kind::Restarted,
        Kind::Frozen,
        Kind::ScriptsFlushed,
        Kind::ConnectionsKilled,
        Kind::SubscribersKilled,
        Kind::SubscribersOverflowed,
        Kind::Paused,
        Kind::ReadOnly,
        Kind::Loading,
        Kind::OutOfMemory,
        Kind::Busy,
        Kind::Misconfigured,
        Kind::WithPassword,
        Kind::WithoutRights,
    ];

    fn strike(&self, kind: Kind, lot: Lot) -> anyhow::Result<Seen> {
        let _in_force = self.crew.begin(&format!("{kind:?}"), Whom::All)?;
        let server = self.server;
        let lasting = lot.lasting(300, 1200);
        // Longer than lockwork waits for an answer, or not.
        let silent = lot.lasting(300, 2500);
        match kind {
            Kind::Restarted => {
                server.kill();
                thread::sleep(lasting / 2);
                server.restart();
                self.wait_until_loaded();
                Ok(Seen::InForce(1))
            }
            Kind::Frozen => {
                server.freeze();
                thread::sleep(silent);
                server.thaw();
                Ok(Seen::InForce(1))
            }
            Kind::Paused => {
                let millis = silent.as_millis().to_string();
                self.tell(&["CLIENT", "PAUSE", &millis, "ALL"])?;
                thread::sleep(silent);
                Ok(Seen::InForce(1))
            }
            Kind::ScriptsFlushed => self.refusals("NOSCRIPT", || {
                for _ in 0..5 {
                    self.tell(&["SCRIPT", "FLUSH"])?;
                    thread::sleep(lasting / 5);
                }
                Ok(())
            }),
            Kind::ConnectionsKilled => self.kill_connections(&["normal", "pubsub"], lasting),
            Kind::SubscribersKilled => self.kill_connections(&["pubsub"], lasting),
            Kind::SubscribersOverflowed => self.overflow(lasting),
            Kind::ReadOnly => self.refusals("READONLY", || {
                // A master that nobody can reach, so that nothing is taken from it.
                self.tell(&["REPLICAOF", "127.0.0.1", "1"])?;
                thread::sleep(lasting);
                self.tell(&["REPLICAOF", "NO", "ONE"])?;
                Ok(())
            }),
            Kind::Loading => self.refusals("LOADING", || self.load(lasting)),
            Kind::OutOfMemory => self.refusals("OOM", || {
                self.tell(&["CONFIG", "SET", "maxmemory", "1"])?;
                thread::sleep(lasting);
                self.tell(&["CONFIG", "SET", "maxmemory", "0"])?;
                Ok(())
            }),
            Kind::Busy => self.refusals("BUSY", || {
                let mut other = server.client();
                other.send(&["EVAL", "while true do end", "0"])?;
                thread::sleep(lasting);
                // On a slow machine the script may still be to begin.
                self.tell_until_taken(&["SCRIPT", "KILL"], "NOTBUSY")?;
                other.reply()?;
                Ok(())
            }),
            Kind::Misconfigured => self.refusals("MISCONF", || self.fail_to_save(lasting)),
            Kind::WithPassword => self.refusals("NOAUTH", || {
                self.tell(&["CONFIG", "SET", "requirepass", "a password"])?;
                // Who is in stays in, unless it must come anew.
                self.tell(&["CLIENT", "KILL", "TYPE", "normal"])?;
                self.tell(&["CLIENT", "KILL", "TYPE", "pubsub"])?;
                thread::sleep(lasting);
                self.tell(&["CONFIG", "SET", "requirepass", ""])?;
                Ok(())
            }),
            Kind::WithoutRights => self.refusals("NOPERM", || {
                let right = ["-evalsha", "-set", "-subscribe", "-get"][lot.slot(4)];
                self.tell(&["ACL", "SETUSER", "default", right])?;
                thread::sleep(lasting);
                self.tell(&["ACL", "SETUSER", "default", "+@all"])?;
                Ok(())
            }),
        }
    }
}

impl Server<'_> {
    /// Has the server do something. What it refuses would be no fault.
    fn tell(&self, command: &[&str]) -> anyhow::Result<Reply> {
        match self.server.command(command) {
            Reply::Error(why) => bail!("the server refuses {command:?}: {why}"),
            reply => Ok(reply),
        }
    }

    /// Has the server do something once it does not refuse it like this any more, which is soon.
    fn tell_until_taken(&self, command: &[&str], refusal: &str) -> anyhow::Result<()> {
        for _ in 0..TIMES {
            match self.server.command(command) {
                Reply::Error(why) if why.starts_with(refusal) => thread::sleep(AGAIN),
                Reply::Error(why) => bail!("the server refuses {command:?}: {why}"),
                _ => return Ok(()),
            }
        }
        bail!("the server goes on to refuse {command:?}: {refusal}")
    }

    fn wait_until_loaded(&self) {
        while self.server.command(&["PING"]).is_error("LOADING") {
            thread::sleep(AGAIN);
        }
    }

    /// How many commands the server refuses with this code while something is done.
    fn refusals(&self, code: &str, act: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<Seen> {
        let name = format!("errorstat_{code}:count=");
        let before = self.stat("errorstats", &name)?;
        act()?;
        Ok(Seen::bit(self.stat("errorstats", &name)? - before))
    }

    /// What the server counts under this name.
    fn stat(&self, section: &str, name: &str) -> anyhow::Result<u64> {
        let info = self.tell(&["INFO", section])?.text();
        Ok(info.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok()).unwrap_or(0))
    }

    /// Kills the connections of these types a few times. Says how many these were.
    fn kill_connections(&self, types: &[&str], lasting: Duration) -> anyhow::Result<Seen> {
        let mut killed = 0;
        for _ in 0..3 {
            for kind in types {
                if let Reply::Number(number) = self.tell(&["CLIENT", "KILL", "TYPE", kind])? {
                    killed += u64::try_from(number)?;
                }
            }
            thread::sleep(lasting / 3);
        }
        Ok(Seen::bit(killed))
    }

    /// Sends subscribers more than their buffers may hold.
    fn overflow(&self, lasting: Duration) -> anyhow::Result<Seen> {
        let message = "x".repeat(LONG_MESSAGE);
        self.tell(&["CONFIG", "SET", "client-output-buffer-limit", SHORT_BUFFER])?;
        let before = self.overflows()?;
        for _ in 0..5 {
            let channels = self.tell(&["PUBSUB", "CHANNELS", &format!("{NAMESPACE}:*")])?;
            for channel in channels.list().iter().take(3) {
                self.tell(&["PUBLISH", &channel.text(), &message])?;
            }
            thread::sleep(lasting / 5);
        }
        self.tell(&["CONFIG", "SET", "client-output-buffer-limit", USUAL_BUFFER])?;
        Ok(Seen::bit(self.overflows()? - before))
    }

    /// How many connections the server has closed because too much was waiting for them. It has no count of these.
    fn overflows(&self) -> anyhow::Result<u64> {
        let log = std::fs::read_to_string(self.server.dir().join("log"))?;
        Ok(log.matches("for overcoming of output buffer limits").count() as u64)
    }

    /// Lets the server load its data anew, which takes about so long.
    fn load(&self, lasting: Duration) -> anyhow::Result<()> {
        let Reply::Number(keys) = self.tell(&["DBSIZE"])? else { bail!("it does not count its keys") };
        let micros = i64::try_from(lasting.as_micros())?;
        // Below a microsecond a key, it is the number of keys a microsecond.
        let delay = if keys < micros { micros / keys.max(1) } else { -(keys / micros) };
        self.tell(&["CONFIG", "SET", "key-load-delay", &delay.to_string()])?;
        let mut other = self.server.client();
        other.ask(&["DEBUG", "RELOAD"]).context("the server does not come back from loading")?;
        self.tell(&["CONFIG", "SET", "key-load-delay", "0"])?;
        Ok(())
    }

    /// Lets the server fail to save its data.
    fn fail_to_save(&self, lasting: Duration) -> anyhow::Result<()> {
        let in_the_way = self.server.dir().join("dump.rdb");
        // `DEBUG RELOAD` leaves one.
        let _ = std::fs::remove_file(&in_the_way);
        std::fs::create_dir(&in_the_way)?;
        self.tell(&["CONFIG", "SET", "save", "3600 100000000"])?;
        self.tell_until_taken(&["BGSAVE"], "ERR Background save already in progress")?;
        thread::sleep(lasting);
        self.tell(&["CONFIG", "SET", "save", ""])?;
        std::fs::remove_dir(&in_the_way)?;
        Ok(())
    }
}
