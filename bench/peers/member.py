"""A process that runs jobs under the locks of redis-py or of python-redis-lock, as it is told.

`src/members/orders.rs` says what it is told, and what it answers. Settings are the libraries' own. Callers are threads.
"""

import os
import queue
import sys
import threading
import time

import redis
import redis_lock

WAY, URL, LEASE = sys.argv[1], sys.argv[2], int(sys.argv[3])

# Each thread has a connection. Who waits for a lock of python-redis-lock does so by a request that is not answered until
# there is something to say.
client = redis.Redis.from_url(URL, max_connections=4096, socket_timeout=None)
told = queue.SimpleQueue()


def micros():
    return time.monotonic_ns() // 1000


def cpu():
    return time.process_time_ns() // 1000


def say(*words):
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def lock(key):
    if WAY == "redis-py":
        return client.lock(f"lock:{key}", timeout=LEASE / 1000)
    # It puts `lock:` before the name, and counts in seconds.
    return redis_lock.Lock(client, key, expire=max(LEASE // 1000, 1))


def once(key, body):
    """Acquires the lock, and runs the body unless the job is done. What the body returns is whether that makes it done.

    Tells when it was known to be done already.
    """
    with lock(key):
        done = client.get(f"done:{key}")
        known = micros()
        if done is not None:
            return known
        if body():
            client.set(f"done:{key}", "1")
    return None


def lock_alone(key):
    with lock(key):
        pass


def call(what, key):
    ended = []

    def body():
        say("begun", micros())
        order = told.get() if what == "hold" else "finish"
        ended.extend(["finished" if order == "finish" else "failed", micros()])
        return order == "finish"

    known = once(key, body)
    if known is None:
        say(*ended)
    else:
        say("told", known)


def jobs(kind, callers, millis, prefix):
    began, used = micros(), cpu()
    until = began + millis * 1000
    taken = []

    def caller(number):
        job, start = 0, micros()
        while start < until:
            key = f"{prefix}-{number}-{job}"
            if kind == "lock":
                lock_alone(key)
            else:
                once(key, lambda: True)
            end = micros()
            taken.append(end - start)
            job, start = job + 1, end

    threads = [Thread(caller, number) for number in range(callers)]
    for thread in threads:
        thread.join()
    elapsed = micros() - began
    taken.sort()

    def percentile(percent):
        return taken[max(-(-len(taken) * percent // 100), 1) - 1]

    say("jobs", len(taken), elapsed, percentile(50), percentile(99), cpu() - used)


class Thread(threading.Thread):
    """Runs, and ends the process with what it raises."""

    def __init__(self, run, *args):
        super().__init__(target=run, args=args, daemon=True)
        self.start()

    def run(self):
        try:
            super().run()
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
            os._exit(1)


def main():
    client.ping()
    say("ready")
    for line in sys.stdin:
        what, *rest = line.split()
        if what in ("call", "hold"):
            say("called")
            Thread(call, what, rest[0])
        elif what in ("finish", "fail"):
            told.put(what)
        elif what == "jobs":
            Thread(jobs, rest[0], int(rest[1]), int(rest[2]), rest[3])
        else:
            sys.exit(f"no such order: {line}")
    os._exit(3)


main()
