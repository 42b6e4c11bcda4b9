"""Provokes one seeded defect on loopback: bites.py NAME FOLDER. FOLDER has the service's sources, with the defect or
without it. Prints what was seen and ends with 1 where the defect bit, with 0 where it did not.

Beside the road: the factory finds the same by measurement, on a cluster.
"""

import concurrent.futures
import contextlib
import http.client
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

OFFICES = ["osh", "naryn", "talas"]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Part:
    """A component that runs."""

    def __init__(self, folder, part, port=None, store=""):
        self.port = port or free_port()
        environment = {**os.environ, "PART": part, "PORT": str(self.port), "STORE": store, "PYTHONPATH": folder, "PYTHONDONTWRITEBYTECODE": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "offices"], cwd=folder, env=environment, stderr=subprocess.DEVNULL
        )

    def ask(self, path, body=None, timeout=5.0):
        """Status and JSON of an answer; (0, None) where there is none."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            method = "GET" if body is None else "POST"
            connection.request(method, path, None if body is None else json.dumps(body))
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        except (OSError, http.client.HTTPException):
            return 0, None
        finally:
            connection.close()

    def timed(self, path, timeout=5.0):
        """Status and seconds."""
        begin = time.monotonic()
        status, _ = self.ask(path, timeout=timeout)
        return status, time.monotonic() - begin

    def until(self, path, status=200, limit=20.0):
        end = time.monotonic() + limit
        while self.ask(path, timeout=1.0)[0] != status:
            if time.monotonic() > end or self.process.poll() is not None:
                raise SystemExit(f"{path} never answered {status}")
            time.sleep(0.05)

    def used(self):
        """Megabytes in use."""
        with open(f"/proc/{self.process.pid}/status", encoding="utf-8") as status:
            line = next(line for line in status if line.startswith("VmRSS"))
        return int(line.split()[1]) // 1024

    def end(self, how=signal.SIGKILL):
        self.process.send_signal(how)

    def gone(self):
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()


def at_once(part, paths, timeout=5.0):
    """Asks for all paths at one time: a list of (status, body, seconds)."""

    def one(path):
        begin = time.monotonic()
        status, body = part.ask(path, timeout=timeout)
        return status, body, time.monotonic() - begin

    with concurrent.futures.ThreadPoolExecutor(len(paths)) as pool:
        return list(pool.map(one, paths))


def office(index):
    return f"/v1/offices/{OFFICES[index % 3]}"


def slowest(part, count):
    return max(seconds for _, _, seconds in at_once(part, [office(index) for index in range(count)]))


def exits_at_once(front):
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        asked = pool.submit(front.ask, office(0))
        time.sleep(0.04)
        front.end(signal.SIGTERM)
        return asked.result()[0] != 200


def no_drain(front):
    front.end(signal.SIGTERM)
    time.sleep(0.4)
    return front.ask(office(0))[0] != 200


def leaks(front):
    before = front.used()
    for index in range(0, 48, 8):
        at_once(front, [office(index + one) for one in range(8)])
    return front.used() - before > 60


def wrong(front):
    answers = at_once(front, [office(index) for index in range(9)])
    return any(body["id"] != OFFICES[index % 3] or body["town"].lower() != body["id"]
               for index, (_, body, _) in enumerate(answers))


def place_lost(front):
    for _ in range(16):
        front.ask("/v1/offices/nowhere", timeout=1.0)
    return front.ask(office(0), timeout=1.0)[0] != 200


def stampede(front):
    # Until the timetable has become old.
    return any(slowest(front, 6) > 1.0 for _ in range(45))


def housekeeping(front):
    front.ask(office(0))
    return any(front.timed("/v1/bookings/x")[1] > 0.5 for _ in range(40))


def session(front, other):
    _, booked = front.ask("/v1/bookings", {"office": "osh", "day": "2026-12-01"})
    return other.ask(f"/v1/bookings/{booked['id']}")[0] == 404


def answered(front, count):
    """How many of so many requests are answered as they should be, within a second as users wait."""
    answers = [answer for first in range(0, count, 8) for answer in at_once(front, [office(one) for one in range(8)], 1.0)]
    return sum(status == 200 for status, _, _ in answers)


def store_comes_back(front, store, folder):
    """After the store was killed and is there again."""
    answered(front, 16)
    store.gone()
    with contextlib.suppress(SystemExit):
        answered(front, 16)
    again = Part(folder, "store", store.port)
    again.until("/readyz")
    good = answered(front, 24)
    again.gone()
    return good < 24


def no_timeout(front, store):
    """While the store stands still a caller is told so within a second."""
    store.end(signal.SIGSTOP)
    status, seconds = front.timed(office(0), timeout=3.0)
    return status == 0 and seconds > 2.0


def lossy(port):
    """A way to a port on which every second connection is lost; the port to ask instead."""
    listener = socket.create_server(("127.0.0.1", 0))

    def carry(one, other):
        with contextlib.suppress(OSError):
            while piece := one.recv(4096):
                other.sendall(piece)
        for end in (one, other):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def serve():
        for count in itertools.count():
            client, _ = listener.accept()
            if count % 2 == 0:
                client.close()
                continue
            server = socket.create_connection(("127.0.0.1", port))
            for one, other in ((client, server), (server, client)):
                threading.Thread(target=carry, args=(one, other), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    return listener.getsockname()[1]


def no_second_try(front):
    return any(front.ask(office(0))[0] != 200 for _ in range(6))


def no_dns(front, store, folder):
    """After names cannot be looked up any more."""
    with open(os.path.join(folder, "no-names"), "w", encoding="utf-8"):
        pass
    return front.ask(office(0))[0] != 200


ONE = {
    "exits-at-once": exits_at_once,
    "no-drain": no_drain,
    "leak": leaks,
    "unbounded-queue": leaks,
    "pool-too-small": lambda front: slowest(front, 10) > 0.6,
    "lock-across-a-call": lambda front: slowest(front, 10) > 0.6,
    "cache-stampede": stampede,
    "wrong-answer-under-load": wrong,
    "place-lost-on-an-error": place_lost,
    "housekeeping-in-between": housekeeping,
}
TWO = {
    "connection-leak": lambda front, store, _: answered(front, 96) < 96,
    "many-calls": lambda front, store, _: slowest(front, 2) > 0.6,
    "retry-storm": lambda front, store, _: answered(front, 64) < 64,
    "connection-never-opened-again": store_comes_back,
    "gives-up-on-a-lost-connection": store_comes_back,
    "no-timeout": lambda front, store, _: no_timeout(front, store),
    "no-second-try": lambda front, store, _: no_second_try(front),
    "name-looked-up-each-time": no_dns,
}
# Read by Python before the service: a file says that there is no name server.
NAMES = """
import os, socket
known = socket.gethostbyname
def looked_up(name):
    if os.path.exists("no-names"):
        raise socket.gaierror("no name server")
    return known(name)
socket.gethostbyname = looked_up
"""


def bites(name, folder, parts):
    def part(*arguments, **named):
        parts.append(Part(folder, *arguments, **named))
        return parts[-1]

    if name == "one-replica":
        with open(os.path.join(folder, "service.yaml"), encoding="utf-8") as manifest:
            return "replicas: 1" in manifest.read()
    if name in ("lying-readiness", "slow-start"):
        front = part("front")
        front.until("/readyz")
        status, seconds = front.timed(office(0))
        return status == 503 if name == "lying-readiness" else seconds > 0.6
    if name in ONE or name == "session-in-memory":
        front = part("front")
        front.until("/readyz")
        if name in ONE:
            return ONE[name](front)
        other = part("front")
        other.until("/readyz")
        return session(front, other)
    with contextlib.suppress(FileNotFoundError):
        os.remove(os.path.join(folder, "no-names"))
    with open(os.path.join(folder, "sitecustomize.py"), "w", encoding="utf-8") as names:
        names.write(NAMES)
    store = part("store")
    store.until("/readyz")
    port = lossy(store.port) if name == "no-second-try" else store.port
    front = part("front", store=f"http://127.0.0.1:{port}")
    front.until("/readyz")
    front.until(office(0))
    return TWO[name](front, store, folder)


def main():
    name, folder = sys.argv[1:]
    parts = []
    try:
        bit = bites(name, folder, parts)
    finally:
        for one in parts:
            one.gone()
    print(f"{name}: {'bites' if bit else 'does not bite'}")
    sys.exit(1 if bit else 0)


if __name__ == "__main__":
    main()
