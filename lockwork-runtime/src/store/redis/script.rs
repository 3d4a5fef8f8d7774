//! The scripts and the commands that run them. They compare bytes and move them; no meaning of a record is in them.

use std::sync::LazyLock;

use redis::Cmd;

/// The longest record that a wake-up has in it, in bytes. It stands in the scripts too.
pub(super) const LONGEST_TOLD: usize = 1024;

/// Room for the number of keys, in bytes.
const NUMBER: usize = 2;

/// Compare and swap, of one record or of several, one after the other. `KEYS` are theirs. `ARGV` has two for each: what is to
/// be there, and what must be there. Before these it has three for as many in a row as have them in common: how many; whom to
/// wake, which is nothing for nobody, `all`, or for a few the seat from which on they are looked for, and begins with `-` where
/// nothing may be there; and for how many milliseconds, or nothing for ever.
///
/// Answers 1 when all are done. Else one that is alone has for its answer a list with what is there alone, if that is
/// something else, or the error that kept it from being done; and several have a list of such answers, 1 among them.
///
/// The wake-up is published before the record is written. Nobody sees the record before the script has ended, and where the
/// right to publish is missing nothing is written. It has the record in it, unless that is long: who waits to claim it need
/// not ask.
///
/// Where several in a row wake the same, those who wait for each are counted first, in one go: most wake-ups would reach
/// nobody, and to publish one takes the server longer than to count. Of more than three connections those few are told that
/// are met first on the seats, from the given one on and round again: three, or as many more as share the last of their
/// seats. Where counting is not allowed, or nobody has a seat, all are told. Counted are subscriptions, and not the receivers
/// that `PUBLISH` counts: who listens to a pattern is among these, and claims nothing. Who is not told looks when the lease
/// that it knows ends.
const SWAP: &str = r"
local call = redis.pcall
local whom, absent, millis

local function swap(key, next, expected, waiting)
  if absent then expected = false end
  local current = call('GET', key)
  if current ~= expected then return {current} end
  if whom ~= '' and waiting ~= 0 then
    local message, told = #next <= 1024 and next or '', 0
    if whom ~= 'all' and (waiting or call('PUBSUB', 'NUMSUB', key)[2] or 0) > 3 then
      local database, first = string.match(whom, '(%d+)/(%d+)')
      for seat = tonumber(first), first + 63 do
        local channel = key .. '\31' .. database .. '/' .. seat % 64
        local here = call('PUBSUB', 'NUMSUB', channel)[2]
        local heard = here > 0 and call('PUBLISH', channel, message)
        if type(heard) == 'table' then return heard end
        told = told + here
        if told >= 3 then break end
      end
    end
    local heard = told == 0 and call('PUBLISH', key, message)
    if type(heard) == 'table' then return heard end
  end
  local written = millis == '' and call('SET', key, next) or call('SET', key, next, 'PX', millis)
  return written.ok and 1 or written
end

local answers, done, last, alike = {}, true, 0, 0
local before, counted
for i = 1, #KEYS do
  if alike == 0 then
    alike, whom, millis, last = tonumber(ARGV[last + 1]), ARGV[last + 2], ARGV[last + 3], last + 3
    absent = string.sub(whom, 1, 1) == '-'
    if absent then whom = string.sub(whom, 2) end
    before, counted = i - 1, {}
    if alike > 1 and whom ~= '' then counted = call('PUBSUB', 'NUMSUB', unpack(KEYS, i, before + alike)) end
  end
  local answer = swap(KEYS[i], ARGV[last + 1], ARGV[last + 2], counted[2 * (i - before)])
  answers[i], done, last, alike = answer, done and answer == 1, last + 2, alike - 1
end
return done and 1 or #KEYS == 1 and answers[1] or answers
";

/// Compare and delete. `ARGV` is what must be there. Answers 1 if it was, else 0. Publishes first, as above.
const REMOVE: &str = r"
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('PUBLISH', KEYS[1], '')
return redis.call('DEL', KEYS[1])
";

pub(super) static SWAP_SCRIPT: LazyLock<Script> = LazyLock::new(|| Script::new(SWAP));
static REMOVE_SCRIPT: LazyLock<Script> = LazyLock::new(|| Script::new(REMOVE));

/// One of them.
pub(super) struct Script {
    code: &'static str,
    script: redis::Script,
}

impl Script {
    fn new(code: &'static str) -> Self {
        Self { script: redis::Script::new(code), code }
    }

    /// The command that runs it, where the server has it. The number of keys, these and as many `arguments` as said, of so
    /// many `bytes` altogether, are to be added.
    pub(super) fn command(&self, arguments: usize, bytes: usize) -> Cmd {
        let fixed = ["EVALSHA", self.script.get_hash()];
        let length: usize = fixed.iter().map(|argument| argument.len()).sum();
        let mut command = Cmd::with_capacity(fixed.len() + 1 + arguments, length + NUMBER + bytes);
        command.arg(&fixed);
        command
    }

    /// The command that sends it to the server, which keeps it.
    fn load(&self) -> Cmd {
        let mut command = redis::cmd("SCRIPT");
        command.arg("LOAD").arg(self.code);
        command
    }
}

/// The command that removes what is at `key`, if it is `expected`.
pub(super) fn removing(key: &str, expected: &[u8]) -> Cmd {
    let mut command = REMOVE_SCRIPT.command(2, key.len() + expected.len());
    command.arg(1).arg(key).arg(expected);
    command
}

/// The commands that send both of them to the server. One that misses one mostly misses both, and what is sent now costs
/// nobody a round trip later.
pub(super) fn loads() -> Vec<Cmd> {
    Vec::from([&SWAP_SCRIPT, &REMOVE_SCRIPT].map(|script| script.load()))
}
