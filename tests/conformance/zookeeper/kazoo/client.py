"""The program: runs tests of kazoo by name, or the workers of the fault test.

README.md of the folder above says what it reads and prints.
"""

import logging
import sys
import traceback

import basics
import caches
import coordination
import locks
import members
import queues
import reconnection
import workload
from bed import Bed, Failure

TESTS = {
    name: test
    for module in (basics, locks, coordination, members, queues, caches, reconnection)
    for name, test in module.TESTS.items()
}


def main(words):
    logging.basicConfig(level=logging.WARNING)
    if words == ["list"]:
        print("\n".join(f"kazoo/{name}" for name in TESTS))
        return True
    if len(words) < 2:
        print("usage: client.py list | (serve|all|lock|NAME) HOST:PORT,... [KEY=VALUE...]", file=sys.stderr)
        return False
    bed = Bed(words[1], dict(word.split("=", 1) for word in words[2:]))
    if words[0] == "lock":
        workload.run(bed)
        return True
    if words[0] == "serve":
        names = (line.strip() for line in iter(sys.stdin.readline, ""))
    elif words[0] == "all":
        names = [f"kazoo/{name}" for name in TESTS]
    else:
        names = [words[0]]
    # Every test runs, also after one that failed.
    return all([one(bed, name) for name in names])


def one(bed, name):
    try:
        test = TESTS.get(name.removeprefix("kazoo/"))
        if test is None:
            raise Failure("there is no such test")
        with bed.test(name):
            test(bed)
    except Exception as exception:
        traceback.print_exc()
        why = str(exception) if isinstance(exception, Failure) else repr(exception)
        place = traceback.extract_tb(exception.__traceback__)[-1]
        where = f"{place.filename.rsplit('/', 1)[-1]}:{place.lineno}"
        print(f"FAILED {name}: {why} ({where})".replace("\n", " "), flush=True)
        return False
    print(f"ok {name}", flush=True)
    return True


if __name__ == "__main__":
    sys.exit(0 if main(sys.argv[1:]) else 1)
