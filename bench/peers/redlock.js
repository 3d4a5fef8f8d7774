// A process that runs jobs under npm redlock's locks, as it is told. `src/members/orders.rs` says what it is told, and what it
// answers. Settings are redlock's own, but that a waiter does not give up. Knows no other lock.
'use strict';

const { createInterface } = require('node:readline');
const Redis = require('ioredis');
const Redlock = require('redlock').default;

const [url, lease] = [process.argv[2], Number(process.argv[3])];
const client = new Redis(url);
const redlock = new Redlock([client], { retryCount: -1 });

const micros = () => Math.floor(Number(process.hrtime.bigint() / 1000n));
const cpu = () => { const { user, system } = process.cpuUsage(); return user + system; };
const say = (...words) => process.stdout.write(words.join(' ') + '\n');
const fail = (error) => { console.error(error); process.exit(1); };

// What the body that runs is told.
let tell = () => {};
const told = () => new Promise((resolve) => { tell = resolve; });

// Acquires the lock, and runs the body unless the job is done. What the body returns is whether that makes it done.
// Tells when it was known to be done already.
async function once(key, body) {
  const lock = await redlock.acquire([`lock:${key}`], lease);
  const done = await client.get(`done:${key}`);
  const known = micros();
  if (done === null && await body()) await client.set(`done:${key}`, '1');
  await redlock.release(lock);
  return done === null ? null : known;
}

async function lockAlone(key) {
  await redlock.release(await redlock.acquire([`lock:${key}`], lease));
}

async function call(what, key) {
  let ended;
  const known = await once(key, async () => {
    say('begun', micros());
    const order = what === 'hold' ? await told() : 'finish';
    ended = [order === 'finish' ? 'finished' : 'failed', micros()];
    return order === 'finish';
  });
  if (known === null) say(...ended);
  else say('told', known);
}

async function crowd(calls, keys, prefix) {
  const all = Array.from({ length: calls }, (_, call) => once(`${prefix}-${call % keys}`, async () => true));
  const failed = (await Promise.allSettled(all)).filter(({ status }) => status === 'rejected');
  say('answered', calls - failed.length, failed.length, micros(), failed[0]?.reason ?? '');
}

async function jobs(kind, callers, millis, prefix) {
  const one = kind === 'lock' ? lockAlone : (key) => once(key, async () => true);
  const [began, used] = [micros(), cpu()];
  const until = began + millis * 1000;
  const taken = [];
  const caller = async (number) => {
    for (let job = 0, start = micros(); start < until; job += 1) {
      await one(`${prefix}-${number}-${job}`);
      const end = micros();
      taken.push(end - start);
      start = end;
    }
  };
  await Promise.all(Array.from({ length: callers }, (_, number) => caller(number)));
  const elapsed = micros() - began;
  taken.sort((a, b) => a - b);
  const percentile = (percent) => taken[Math.max(Math.ceil(taken.length * percent / 100), 1) - 1];
  say('jobs', taken.length, elapsed, percentile(50), percentile(99), cpu() - used);
}

function obey(line) {
  const [what, ...rest] = line.split(' ');
  switch (what) {
    case 'call':
    case 'hold':
      say('called');
      call(what, rest[0]).catch(fail);
      break;
    case 'finish':
    case 'fail':
      tell(what);
      break;
    case 'crowd':
      say('called');
      crowd(Number(rest[0]), Number(rest[1]), rest[2]).catch(fail);
      break;
    case 'jobs':
      jobs(rest[0], Number(rest[1]), Number(rest[2]), rest[3]).catch(fail);
      break;
    default:
      fail(`no such order: ${line}`);
  }
}

client.once('ready', () => {
  say('ready');
  createInterface({ input: process.stdin }).on('line', obey).on('close', () => process.exit(3));
});
client.on('error', fail);
