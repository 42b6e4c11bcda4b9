"""Requests summed up, and the visits of a load: *Arithmetic* of docs/verdict.md, `verdict/load.rs`.

It must not import anything of this package but arithmetic, words and histogram.py.
"""

from .arithmetic import share_ppm
from .histogram import Histogram
from .say import percent_measured

CAUSES = {
    "Connect": "no connection",
    "Broken": "broken connection",
    "Timeout": "no answer in time",
    "Status": "wrong status",
    "Content": "wrong content",
    "Unsent": "not sent",
}


class Measured:
    def __init__(self, buckets=()):
        self.good = 0
        self.failed = dict.fromkeys(CAUSES, 0)
        self.latency = Histogram()
        self.omitted_good = self.omitted_failed = 0
        for bucket in buckets:
            self.add(bucket)

    def add(self, bucket):
        self.good += bucket["good"]
        for cause, count in bucket["failed"].items():
            self.failed[cause] += count
        self.latency.add(bucket["latencyUs"])

    def leave_out(self, latency, good, bad):
        """Requests that users left out who waited."""
        self.omitted_good, self.omitted_failed = self.omitted_good + good, self.omitted_failed + bad
        if latency is not None:
            self.latency.add([(latency, good + bad)])

    def failures(self):
        return sum(self.failed.values()) + self.omitted_failed

    def total(self):
        return self.good + self.omitted_good + self.failures()

    def asked(self):
        return self.good + sum(self.failed.values())

    def sent(self):
        return self.asked() - self.failed["Unsent"]

    def failed_ppm(self):
        return share_ppm(self.failures(), self.total())

    def failed_more_than(self, limit):
        ppm = self.failed_ppm()
        if ppm is None or ppm <= limit:
            return None
        return f"{percent_measured(ppm)} of requests failed ({self.in_words()})"

    def in_words(self):
        seen = [(count, CAUSES[cause]) for cause, count in self.failed.items()]
        seen.append((self.omitted_failed, "not asked while users waited"))
        causes = ", ".join(f"{count} {cause}" for count, cause in seen if count > 0)
        return f"{self.failures()} of {self.total()}: {causes}"


def asked_of(bucket):
    return bucket["good"] + sum(bucket["failed"].values())


def weights(operations):
    """How often each is asked: one that follows another as often as that."""
    each = []
    for operation in operations:
        before = operation.get("after")
        each.append(operation["weight"] if before is None else each[before] if before < len(each) else 0)
    return each


def beginning_weight(operations):
    """Of all that begin a visit."""
    return sum(operation["weight"] for operation in operations if operation.get("after") is None)


def beginning(requests, operations):
    """Of planned requests, those that begin a visit."""
    whole = sum(weights(operations))
    return requests * beginning_weight(operations) // whole if whole else 0
