//! The scripts and the commands that run them. They compare bytes and move them; no meaning of a record is in them.

use std::sync::LazyLock;

use redis::Cmd;

use crate::store::Wake;

/// The longest record that a wake-up has in it, in bytes. It stands in the scripts too.
pub(super) const LONGEST_TOLD: usize = 1024;

/// Compare and swap, in three parts, of which the second depends on who is to be woken. `ARGV` is: what is to be there; for
/// how many milliseconds, or nothing for ever; where a few are to be woken, from which seat on; what must be there, and
/// nothing at all where nothing may be.
///
/// Answers 1, or, if something else is there, a list with it alone.
///
/// The wake-up is published before the record is written. Nobody sees the record before the script has ended, and where the
/// right to publish is missing nothing is written. It has the record in it, unless that is long: who waits to claim it need
/// not ask.
const COMPARE: &str = r"
local current = redis.call('GET', KEYS[1])
if current ~= (ARGV[3] or false) then return {current} end
";

const WRITE: &str = r"
if ARGV[2] == '' then redis.call('SET', KEYS[1], ARGV[1]) else redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) end
return 1
";

const TELL_ALL: &str = r"
redis.call('PUBLISH', KEYS[1], #ARGV[1] <= 1024 and ARGV[1] or '')
";

/// Takes the seat out of `ARGV`, so that the other parts find theirs where they always are.
const TAKE_SEAT: &str = r"
local database, first = string.match(table.remove(ARGV, 3), '(%d+)/(%d+)')
";

/// Of more than three connections those few are told that are met first on the seats, from the given one on and round
/// again: three, or as many more as share the last of their seats. Where counting is not allowed, or nobody has a seat,
/// all are told. Counted are subscriptions, and not the receivers that `PUBLISH` counts: who listens to a pattern is among
/// these, and claims nothing. Who is not told looks when the lease that it knows ends.
const TELL_FEW: &str = r"
local message = #ARGV[1] <= 1024 and ARGV[1] or ''
local told = 0
if (redis.pcall('PUBSUB', 'NUMSUB', KEYS[1])[2] or 0) > 3 then
  for seat = tonumber(first), first + 63 do
    local channel = KEYS[1] .. '\31' .. database .. '/' .. seat % 64
    local here = redis.call('PUBSUB', 'NUMSUB', channel)[2]
    if here > 0 then redis.call('PUBLISH', channel, message) end
    told = told + here
    if told >= 3 then break end
  end
end
if told == 0 then redis.call('PUBLISH', KEYS[1], message) end
";

/// Compare and delete. `ARGV` is what must be there. Answers 1 if it was, else 0. Publishes first, as above.
const REMOVE: &str = r"
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('PUBLISH', KEYS[1], '')
return redis.call('DEL', KEYS[1])
";

static SWAP: LazyLock<Script> = LazyLock::new(|| Script::new(&[COMPARE, WRITE]));
static SWAP_AND_TELL_FEW: LazyLock<Script> = LazyLock::new(|| Script::new(&[TAKE_SEAT, COMPARE, TELL_FEW, WRITE]));
static SWAP_AND_TELL_ALL: LazyLock<Script> = LazyLock::new(|| Script::new(&[COMPARE, TELL_ALL, WRITE]));
pub(super) static REMOVE_SCRIPT: LazyLock<Script> = LazyLock::new(|| Script::new(&[REMOVE]));

/// The script that swaps and wakes.
pub(super) fn swap(wake: Wake) -> &'static Script {
    match wake {
        Wake::Nobody => &SWAP,
        Wake::Few => &SWAP_AND_TELL_FEW,
        Wake::All => &SWAP_AND_TELL_ALL,
    }
}

/// One of them.
pub(super) struct Script {
    code: String,
    script: redis::Script,
}

impl Script {
    fn new(parts: &[&str]) -> Self {
        let code = parts.concat();
        Self { script: redis::Script::new(&code), code }
    }

    /// The command that runs it on `key`, where the server has it. As many `arguments` as said, of so many `bytes`
    /// altogether, are to be added.
    pub(super) fn command(&self, key: &str, arguments: usize, bytes: usize) -> Cmd {
        let hash = self.script.get_hash();
        let fixed = ["EVALSHA", hash, "1", key];
        let length: usize = fixed.iter().map(|argument| argument.len()).sum();
        let mut command = Cmd::with_capacity(fixed.len() + arguments, length + bytes);
        for argument in fixed {
            command.arg(argument);
        }
        command
    }

    /// The command that sends it to the server, which keeps it.
    fn load(&self) -> Cmd {
        let mut command = redis::cmd("SCRIPT");
        command.arg("LOAD").arg(&self.code);
        command
    }
}

/// The commands that send all of them to the server. One that misses one mostly misses all, and what is sent now costs nobody
/// a round trip later.
pub(super) fn loads() -> Vec<Cmd> {
    Vec::from([&SWAP, &SWAP_AND_TELL_FEW, &SWAP_AND_TELL_ALL, &REMOVE_SCRIPT].map(|script| script.load()))
}
