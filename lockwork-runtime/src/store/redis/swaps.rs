//! Swaps that go to the server together, as one command. Knows no connection, and of a record only that it is bytes.

use std::borrow::Cow;
use std::iter;
use std::time::Duration;

use redis::Cmd;

use crate::store::redis::script::SWAP_SCRIPT;
use crate::store::redis::seat::Seat;
use crate::store::{Swap, Wake};

/// How many swaps are in one command at most: the server does nothing else while it runs them.
const MOST: usize = 64;

/// How many bytes those in a command have, at most, before one more is added.
const LONG: usize = 1 << 16;

/// The first number of milliseconds that is kept for ever instead: 285,000 years, well before the server's own
/// arithmetic ends.
const FOR_EVER: u128 = 1 << 53;

/// How many arguments a swap has beside its key, and how many those have together that have the same terms.
const ARGUMENTS: usize = 2;
const COMMON_ARGUMENTS: usize = 3;

/// Room for the arguments of a command beside key and record, or of swaps with the same terms beside theirs, in bytes.
pub(super) const SMALL_ARGUMENTS: usize = 32;

/// Swaps that wait to be sent.
///
/// The server runs those of one command one after the other. One that fails fails alone, and nothing of it is done; what
/// fails all of them, as a script that the server does not have, does so before the first.
#[derive(Default)]
pub(super) struct Swaps {
    swaps: Vec<Placed>,
    bytes: Vec<u8>,
}

/// A swap, by where its parts end: each begins where the one before it does.
struct Placed {
    start: usize,
    key: usize,
    next: usize,
    expected: usize,
    terms: Terms,
}

/// What swaps have in common mostly, so that it is said once for those behind each other.
#[derive(PartialEq, Eq)]
struct Terms {
    /// Whom they wake, as the script has it.
    whom: Cow<'static, str>,
    /// For how long the records are kept, in the server's unit; `None` is for ever.
    millis: Option<u64>,
}

impl Swaps {
    pub(super) fn is_empty(&self) -> bool {
        self.swaps.is_empty()
    }

    /// Adds one. Where it wakes a few, they may be on another seat than `seat`.
    pub(super) fn add(&mut self, swap: &Swap<'_>, seat: Seat) {
        let terms = Terms { whom: whom(swap, seat), millis: millis(swap.keep) };
        let start = self.bytes.len();
        let parts = [swap.key.as_bytes(), swap.next, swap.expected.unwrap_or_default()];
        let [key, next, expected] = parts.map(|part| {
            self.bytes.extend_from_slice(part);
            self.bytes.len()
        });
        self.swaps.push(Placed { start, key, next, expected, terms });
    }

    /// Takes all of them, in order: the commands that run them, and how many each runs.
    pub(super) fn take(&mut self) -> Vec<(Cmd, usize)> {
        let mut rest = &self.swaps[..];
        let commands = iter::from_fn(|| {
            let start = rest.first()?.start;
            let count = rest.iter().take(MOST).take_while(|swap| swap.start < start + LONG).count();
            let (these, others) = rest.split_at(count);
            rest = others;
            Some((self.command(these), count))
        });
        let commands = commands.collect();
        self.swaps.clear();
        self.swaps.shrink_to(2 * MOST);
        self.bytes.clear();
        self.bytes.shrink_to(2 * LONG);
        commands
    }

    fn command(&self, swaps: &[Placed]) -> Cmd {
        let alike = || swaps.chunk_by(|one, other| one.terms == other.terms);
        let arguments = (1 + ARGUMENTS) * swaps.len() + COMMON_ARGUMENTS * alike().count();
        let length: usize = swaps.iter().map(|swap| swap.expected - swap.start).sum();
        let mut command = SWAP_SCRIPT.command(arguments, length + SMALL_ARGUMENTS * alike().count());
        command.arg(swaps.len());
        for swap in swaps {
            command.arg(&self.bytes[swap.start..swap.key]);
        }
        for swaps in alike() {
            let Terms { whom, millis } = &swaps[0].terms;
            command.arg(swaps.len()).arg(whom.as_bytes());
            match millis {
                Some(millis) => command.arg(millis),
                None => command.arg(""),
            };
            for swap in swaps {
                command.arg(&self.bytes[swap.key..swap.next]).arg(&self.bytes[swap.next..swap.expected]);
            }
        }
        command
    }
}

/// Whom a swap wakes, as the script has it.
fn whom(swap: &Swap<'_>, seat: Seat) -> Cow<'static, str> {
    let few = || seat.another().to_string();
    match (swap.wake, swap.expected) {
        (Wake::Nobody, Some(_)) => "".into(),
        (Wake::Nobody, None) => "-".into(),
        (Wake::Few, Some(_)) => few().into(),
        (Wake::Few, None) => format!("-{}", few()).into(),
        (Wake::All, Some(_)) => "all".into(),
        (Wake::All, None) => "-all".into(),
    }
}

/// In the server's unit; `None` is for ever.
pub(super) fn millis(keep: Option<Duration>) -> Option<u64> {
    keep.map(|keep| keep.as_millis()).filter(|millis| *millis < FOR_EVER).and_then(|millis| u64::try_from(millis).ok())
}
