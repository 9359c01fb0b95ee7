"""What the jobs of `jobs.py` do."""

import redis


def add(a, b):
    return a + b


def fail(words):
    raise ValueError(words)


def fail_at_first(key, host, port):
    """Fails the first time."""
    with redis.Redis(host=host, port=port) as r:
        if r.incr(key) == 1:
            raise ValueError("the first time")


def note(key, words, host, port):
    """Writes down that it ran."""
    with redis.Redis(host=host, port=port) as r:
        r.rpush(key, words)
