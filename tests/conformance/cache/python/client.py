"""The program: runs tests of redis-py, rq and pymemcache by name.

README.md of the folder above says what it reads and prints.
"""

import sys
import traceback

import jobs
import locks
import memcached
import reconnection
import service
import values
from bed import Bed, Failure

TESTS = {
    f"redis-py/resp{protocol}/{name}": test
    for protocol in (2, 3)
    for module in (values, service, reconnection)
    for name, test in module.TESTS.items()
}
for module in (locks, jobs, memcached):
    TESTS |= module.TESTS


def main(words):
    if words == ["list"]:
        print("\n".join(TESTS))
        return True
    if len(words) < 2:
        print("usage: client.py list | (serve|all|NAME) HOST:PORT [KEY=VALUE...]", file=sys.stderr)
        return False
    bed = Bed(words[1], dict(word.split("=", 1) for word in words[2:]))
    if words[0] == "serve":
        names = (line.strip() for line in iter(sys.stdin.readline, ""))
    elif words[0] == "all":
        names = list(TESTS)
    else:
        names = [words[0]]
    # Every test runs, also after one that failed.
    return all([one(bed, name) for name in names])


def one(bed, name):
    try:
        test = TESTS.get(name)
        if test is None:
            raise Failure("there is no such test")
        with bed.test(name):
            test(bed)
    except Exception as exception:
        traceback.print_exc()
        why = str(exception) if isinstance(exception, Failure) else repr(exception)
        places = traceback.extract_tb(exception.__traceback__)
        ours = [place for place in places if "site-packages" not in place.filename]
        where = f"{ours[-1].filename.rsplit('/', 1)[-1]}:{ours[-1].lineno}"
        print(f"FAILED {name}: {why} ({where})".replace("\n", " "), flush=True)
        return False
    print(f"ok {name}", flush=True)
    return True


if __name__ == "__main__":
    sys.exit(0 if main(sys.argv[1:]) else 1)
