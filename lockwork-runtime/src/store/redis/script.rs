//! The two scripts and the commands that run them. They compare bytes and move them; no meaning of a record is in them.

use std::sync::LazyLock;

use redis::Cmd;

/// The longest record that a wake-up has in it, in bytes. It stands in the script too.
pub(super) const LONGEST_TOLD: usize = 1024;

/// Compare and swap. `ARGV` is: what is to be there; for how many milliseconds, or nothing for ever; whether to wake, `0`
/// for no, `1` for yes and `2` for telling those who are woken how many they are; what must be there, and no fourth
/// argument at all where nothing may be.
///
/// Answers 1, or, if something else is there, a list with it alone.
///
/// The wake-up is published first. Nobody sees the record before the script has ended, and where the right to publish
/// is missing nothing is written. It has the record in it, unless that is long: who waits to claim it need not ask.
///
/// The number of listeners stands before the record, between two zero bytes. A process of a version that takes this for a
/// part of the record cannot read it, and asks. Where counting is not allowed, the number is left out.
const SWAP: &str = r"
local current = redis.call('GET', KEYS[1])
if current ~= (ARGV[4] or false) then return {current} end
if ARGV[3] ~= '0' then
  local message = #ARGV[1] <= 1024 and ARGV[1] or ''
  local listeners = ARGV[3] == '2' and redis.pcall('PUBSUB', 'NUMSUB', KEYS[1])[2]
  if listeners then message = '\0' .. listeners .. '\0' .. message end
  redis.call('PUBLISH', KEYS[1], message)
end
if ARGV[2] == '' then redis.call('SET', KEYS[1], ARGV[1]) else redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) end
return 1
";

/// Compare and delete. `ARGV` is what must be there. Answers 1 if it was, else 0. Publishes first, as above.
const REMOVE: &str = r"
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('PUBLISH', KEYS[1], '')
return redis.call('DEL', KEYS[1])
";

pub(super) static SWAP_SCRIPT: LazyLock<Script> = LazyLock::new(|| Script::new(SWAP));
pub(super) static REMOVE_SCRIPT: LazyLock<Script> = LazyLock::new(|| Script::new(REMOVE));

/// One of the two.
pub(super) struct Script {
    code: &'static str,
    script: redis::Script,
}

impl Script {
    fn new(code: &'static str) -> Self {
        Self { code, script: redis::Script::new(code) }
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
    pub(super) fn load(&self) -> Cmd {
        let mut command = redis::cmd("SCRIPT");
        command.arg("LOAD").arg(self.code);
        command
    }
}
