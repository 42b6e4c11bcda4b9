#!/usr/bin/env python3
"""A second verifier of dossiers, written from docs/verdict.md: it shares no code with the factory.

It stands beside the road: it reads what the factory reported and computes the verdict again. It must
not import anything but Python's standard library and closed.py, compared.py, drawn.py, form.py, history.py, shape.py and
trend.py beside it, and must not be used by any product.

    verify.py ENVELOPE [--key PUBLIC.pem]... [--lab-key PUBLIC.pem]...
                                                opens a dossier, prints its verdict as canonical JSON
    verify.py --judge-lines FILE                one test result a line; prints one verdict a line
    verify.py --open-lines FILE                 one payload a line in base64; prints its verdict, or `refused: WHY`
    verify.py --form-lines FILE                 the same, but of its form alone; prints `holds`, or `refused: WHY`

Exit codes: 0 Passed, 2 Failed, 3 Inconclusive; 1 when the dossier does not hold, with the first
thing that does not on stderr. Without a key the signature is not checked, and stderr says so; with a
key of the lab, all evidence must be what the lab measured in the run that the dossier names.
With a file of lines it exits with 0 when every line was looked at.
"""

import argparse
import base64
import functools
import hashlib
import json
import re
import sys

sys.dont_write_bytecode = True  # nothing is left beside it

import closed
import compared
import drawn
import form
import history
import shape
from trend import Trend

V1, V2, V3 = (f"factory.gov.kg/verdict/v{number}" for number in (1, 2, 3))
KNOWN = (V1, V2, V3)
ADDED = {V3}  # rules with what v3 added
REPLACE_ALL = {"RollingRestart", "SecretRotation"}  # faults by which every pod goes
ONE_BY_ONE = {*REPLACE_ALL, "Eviction"}  # faults that strike pods one after another
ONE_IN = 10_000  # runs of a service exactly at its limit that may be blamed for what is chance
MOST_TERMS = 1_000
STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://factory.gov.kg/attestation/test-result/v1"
MEASUREMENT = "https://factory.gov.kg/measurement/v1"
MEDIA_TYPES = {part: f"application/vnd.gov.kg.factory.{part}.v1+json" for part in ("verify", "prove")}
PAYLOAD = "application/vnd.in-toto+json"

MAX_EXACT = 2**53 - 1
SLOTS = 10  # a second
SLOT_MS = 100
TOGETHER = 10  # slots with requests that are looked at together
BOUNDARY_MS = 1000
MAX_UNSENT_PPM = 1000
LONGEST = 200  # characters that are quoted from evidence
NAMED = 5  # operations that are named before the rest is counted
MOST_MUTANTS = 3
TWIN_PERCENTS = (110, 150)  # of the limit on the 95th percentile of latency
LOOKS = range(60, 121)  # at a pod in a soak
LONGEST_SOAK, FURTHEST = 86_400, 31_536_000  # seconds
MOST_FAILED_PPM = 50_000  # in a block of a comparison

CAUSES = {
    "Connect": "no connection",
    "Broken": "broken connection",
    "Timeout": "no answer in time",
    "Status": "wrong status",
    "Content": "wrong content",
    "Unsent": "not sent",
}
SLUG = {
    "PodKill": "pod-kill",
    "RollingRestart": "rolling-restart",
    "ContainerKill": "container-kill",
    "Freeze": "freeze",
    "Partition": "partition",
    "Delay": "delay",
    "Loss": "loss",
    "Bandwidth": "bandwidth",
    "DnsOutage": "dns-outage",
    "Reset": "reset",
    "MemoryPressure": "memory-pressure",
    "Jitter": "jitter",
    "CpuStarvation": "cpu-starvation",
    "DiskFull": "disk-full",
    "DescriptorExhaustion": "descriptor-exhaustion",
    "DnsFailure": "dns-failure",
    "DnsWrongAddress": "dns-wrong-address",
    "DnsDelay": "dns-delay",
    "HttpReset": "http-reset",
    "HttpDelay": "http-delay",
    "HttpStatus": "http-status",
    "HttpCut": "http-cut",
    "Duplicate": "duplicate",
    "Corrupt": "corrupt",
    "Reorder": "reorder",
    "ControlPlaneOutage": "control-plane-outage",
    "Eviction": "eviction",
    "SecretRotation": "secret-rotation",
}
PHRASE = {
    "PodKill": "one of its pods was killed",
    "RollingRestart": "its pods were replaced one by one",
    "ContainerKill": "its process was killed",
    "Freeze": "its processes stood still",
    "Partition": "it was cut off from the network",
    "Delay": "packets to it were delayed",
    "Loss": "packets to it were lost",
    "Bandwidth": "its bandwidth was limited",
    "DnsOutage": "it got no answer from DNS",
    "Reset": "connections to it were reset",
    "MemoryPressure": "its memory was nearly full",
    "Jitter": "packets to it came unevenly",
    "CpuStarvation": "its threads waited for a CPU",
    "DiskFull": "its volumes were full",
    "DescriptorExhaustion": "it could open hardly any descriptor",
    "DnsFailure": "DNS told it that it failed",
    "DnsWrongAddress": "DNS gave it a wrong address",
    "DnsDelay": "DNS answered it late",
    "HttpReset": "its connections were reset in place of answers",
    "HttpDelay": "its answers came late",
    "HttpStatus": "its answers had a wrong status",
    "HttpCut": "its answers were cut off",
    "Duplicate": "packets to it came twice",
    "Corrupt": "packets to it were corrupted",
    "Reorder": "packets to it overtook each other",
    "ControlPlaneOutage": "it could not reach the control plane",
    "Eviction": "its pods on one node were evicted",
    "SecretRotation": "its secrets were rotated",
}
THROUGH_API = {"PodKill", "RollingRestart", "Eviction", "SecretRotation"}
STRENGTH = {
    "HttpReset": "requestPpm",  # first: of a HttpDelay, how late it is stands beside
    "HttpDelay": "requestPpm",
    "HttpStatus": "requestPpm",
    "HttpCut": "requestPpm",
    "Delay": "delayMs",
    "Jitter": "jitterMs",
    "Loss": "lossPpm",
    "Bandwidth": "kilobytesPerSecond",
    "Reset": "resetPpm",
    "Duplicate": "packetPpm",
    "Corrupt": "packetPpm",
    "Reorder": "packetPpm",
    "MemoryPressure": "memoryPercent",
    "CpuStarvation": "cpuPercent",
    "DiskFull": "diskPercent",
    "DescriptorExhaustion": "descriptorPercent",
    "DnsDelay": "delayMs",
}
# Faults that take a percentage: of what, what became of that part, and who feels it.
TAKEN = {
    "MemoryPressure": ("of the limit", "in use", "a container that uses"),
    "CpuStarvation": ("of the time that threads wanted to run", "waited", "a container whose threads wait"),
    "DiskFull": ("of a volume", "in use", "a volume that holds"),
    "DescriptorExhaustion": ("of the limit of descriptors", "in use", "a process that uses"),
}
AMOUNTS = {"Delay", "Jitter", "DnsDelay", "Bandwidth", *TAKEN}  # a value of their doses is more than yes or no
ON_HTTP = {"HttpReset", "HttpDelay", "HttpStatus", "HttpCut"}
ON_PACKETS = {"Duplicate", "Corrupt", "Reorder"}
STRONGEST = {**dict.fromkeys(ON_HTTP | ON_PACKETS, 1_000_000), "Loss": 1_000_000, "Reset": 1_000_000, **dict.fromkeys(TAKEN, 100)}
ON_ANSWERS_OF_DNS = {"DnsFailure", "DnsWrongAddress", "DnsDelay"}
ON_DNS = {"DnsOutage"} | ON_ANSWERS_OF_DNS
ON_NETWORK = {"Partition", "Delay", "Jitter", "Loss", "Bandwidth", "Reset"} | ON_PACKETS
WAY = {"In": " on the way in", "Out": " on the way out", "Both": " both ways"}
EACH_PEER = "*"
# Fields of a fault's limits that the first rules did not know.
LATER = ["leaseSeconds", "share", "peer", "direction", "names", "path", "status", *STRENGTH.values(), "p95Ms", "p99Ms", "timesAYear"]
OF = {"One": "", "All": " of all pods", "Node": " of all pods on one node"}
CLASSES = {"All": "", "New": ", new connections", "Pooled": ", open connections", "Dns": ""}
LEASE_LATE_MS = 1000
YEARS = 5000  # that are modelled
SHAPE = 4  # of the distribution of a fault's rate
MOST_REPETITIONS = 64
MOST_FAULTS = 3  # that are named before the rest is counted
YEAR_MS = 365 * 24 * 3_600_000
MASK = 2**64 - 1
MUTATION = {"WrongStatus": "a wrong status", "EmptyBody": "an empty body", "WrongValues": "wrong values"}


# --- numbers and names as a person would say them ---------------------------------------------

def ceil_div(a, b):
    return -(-a // b)


def up(value, step):
    return ceil_div(value, step) * step


def decimal(value, digits):
    whole, rest = divmod(value, 10**digits)
    return f"{whole}.{rest:0{digits}d}".rstrip("0") if rest else str(whole)


def percent(ppm):
    return decimal(ppm, 4) + " %"


def percent_measured(ppm):
    return percent(up(ppm, 1 if ppm < 10_000 else 100 if ppm < 100_000 else 1_000))


def latency(us):
    return decimal(us, 3) + " ms"


def latency_measured(us):
    return latency(us if us < 10_000 else up(us, 1_000))


def seconds(ms):
    return decimal(ms, 3) + " s"


def seconds_measured(ms):
    return seconds(up(ms, 100))


def memory(bytes_of):
    return decimal(bytes_of * 10 // 2**20, 1) + " MiB"


def memory_measured(bytes_of):
    return decimal(ceil_div(bytes_of * 10, 2**20), 1) + " MiB"


def cut(text):
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


def quote(text):
    return f"`{cut(text)}`"


def more(rest):
    return f" and {rest} more" if rest > 0 else ""


def exact(value):
    return min(value, MAX_EXACT)


def span_ms(text):
    units = {"h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}
    return sum(int(number) * units[unit] for number, unit in re.findall(r"([0-9]+)(ms|h|m|s)", text))


# --- load --------------------------------------------------------------------------------------

class Histogram:
    def __init__(self):
        self.cells = {}

    def add(self, cells):
        for value, count in cells:
            self.cells[value] = self.cells.get(value, 0) + count

    def percentile(self, percent, beyond=0):
        """Among the samples and `beyond` more, which are larger than any."""
        total = sum(self.cells.values()) + beyond
        if total == 0:
            return None
        rank, seen = ceil_div(total * percent, 100), 0
        for value in sorted(self.cells):
            seen += self.cells[value]
            if seen >= rank and self.cells[value] > 0:
                return value
        return None


class Measured:
    def __init__(self):
        self.good = 0
        self.failed = dict.fromkeys(CAUSES, 0)
        self.latency = Histogram()
        self.omitted_good = self.omitted_failed = 0

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


def share_ppm(part, whole):
    return exact(ceil_div(part * 1_000_000, whole)) if whole > 0 else None


def strike_of(limits):
    """What the limits of a fault ask for, if it is a fault on the node."""
    if limits["kind"] in THROUGH_API:
        return None
    strengths = [limits.get(field) for field in STRENGTH.values()]
    strike = {
        "share": limits.get("share") or "One",
        "leaseSeconds": limits.get("leaseSeconds") or 0,
        "strength": next((strength for strength in strengths if strength is not None), 0),
    }
    more = {field: limits[field] for field in ("peer", "direction", "path", "status") if limits.get(field) is not None}
    if limits["kind"] == "HttpDelay" and limits.get("delayMs") is not None:
        more["lateMs"] = limits["delayMs"]
    return strike | more | ({"names": limits["names"]} if limits.get("names") else {})


class Asked:
    """What was asked of one fault phase."""

    def __init__(self, rules, kind, strike):
        if strike is not None:
            strike = {field: value for field, value in strike.items() if value is not None}
        self.rules, self.kind, self.strike, self.slug = rules, kind, strike, SLUG[kind]
        self.peer = strike.get("peer") if strike else None
        self.on_node = rules != V1 and kind not in THROUGH_API
        self.rotates = rules != V1 and kind == "SecretRotation"
        self.lasts = self.on_node and kind != "ContainerKill"
        self.has_strength = kind in STRENGTH
        self.share = strike["share"] if strike is not None else "One"
        self.all = self.share == "All"
        self.lease_ms = strike["leaseSeconds"] * 1000 if self.lasts and strike else 0

    def strength(self):
        """As strong as a standard can ask for, or None."""
        most = STRONGEST.get(self.kind, 2**32 - 1)
        return self.strike["strength"] if self.strike and 0 < self.strike["strength"] <= most else None

    def toward(self, peer):
        """The same, with traffic of one peer alone."""
        return Asked(self.rules, self.kind, {**self.strike, "peer": peer} if self.strike else None)

    def belongs_to(self, other):
        """Whether it is the fault `other` of a standard, which may mean each peer."""
        if other.peer == EACH_PEER and self.peer is not None:
            other = other.toward(self.peer)
        return self.key() == other.key()

    def key(self):
        return self.kind, json.dumps(self.strike and {"names": [], **self.strike}, sort_keys=True)

    def words(self):
        if not self.on_node or self.strike is None:
            return self.slug
        strength, lease = self.strike["strength"], self.strike["leaseSeconds"]
        amount = {"Delay": f" of {strength} ms", "Jitter": f" of {strength} ms",
                  "DnsDelay": f" of {strength} ms", "HttpReset": f" of {percent(strength)}",
                  "HttpCut": f" of {percent(strength)}",
                  "HttpDelay": f" of {self.strike.get('lateMs') or 0} ms of {percent(strength)}",
                  "HttpStatus": f" {self.strike.get('status') or 0} of {percent(strength)}", "Loss": f" of {percent(strength)}",
                  "Reset": f" of {percent(strength)}", "Bandwidth": f" of {strength} kB/s",
                  **dict.fromkeys(ON_PACKETS, f" of {percent(strength)}"),
                  **dict.fromkeys(TAKEN, f" of {strength} %")}.get(self.kind, "")
        peer = f" of traffic with {quote(self.peer)}" if self.peer is not None else ""
        names = ", ".join(quote(name) for name in self.strike.get("names", []))
        amount += peer + (f" of answers for {names}" if names else "")
        path = self.strike.get("path")
        amount += (f" of requests under {quote(path)}" if path is not None else "") + WAY.get(self.strike.get("direction"), "")
        return self.slug + amount + (f" for {lease} s" if lease else "") + OF[self.share]

    def phrase(self):
        return PHRASE[self.kind] + (f" ({self.words()})" if self.on_node else "")

    def limited_by(self, limits):
        if limits["kind"] != self.kind:
            return False
        if self.rules == V1:
            plain = all(limits.get(field) is None for field in LATER)
            return self.kind in THROUGH_API - {"SecretRotation"} and self.strike is None and plain
        return self.belongs_to(Asked(self.rules, limits["kind"], strike_of(limits)))

    def limit(self, standard, field):
        """The strictest of a field, or None."""
        matching = [limits for limits in standard["faults"] if self.limited_by(limits)]
        return min((one[field] for one in matching if one.get(field) is not None), default=None)


class Span:
    def __init__(self, rules, phase, start):
        self.phase, self.name = phase, phase["name"]
        self.start, self.end = start, start + phase["seconds"]
        (self.role, detail), = phase["role"].items()
        self.percent = detail.get("percent") if self.role == "capacity" else None
        self.every, self.soaked = (detail["everySeconds"], detail["components"]) if self.role == "soak" else (None, [])
        self.component, self.asked = detail.get("component"), None
        if self.role == "fault":
            self.asked = Asked(rules, detail["kind"], detail.get("strike"))


class Run:
    """A test result with its timeline and its load summed up."""

    def __init__(self, result):
        self.rules = result["rules"]
        self.result, self.plan, self.standard = result, result["plan"], result["standard"]
        self.verify, self.prove = result["evidence"].get("verify"), result["evidence"].get("prove")
        self.recovery_ms = span_ms(result["availability"]["recoveryTime"])
        self.downtime_ms = span_ms(result["availability"]["maxDowntimePerYear"])
        self.downtime = None
        self.costs = []  # of each fault that was done as planned: what was asked, index of its phase, lost, recovery
        self.pooled = None  # repetitions of earlier runs
        self.own_downtime = None  # by this run alone, where there are some
        self.control = self.plan["prove"].get("control") if self.rules != V1 else None
        self.twin = self.plan["prove"].get("twin") if self.rules != V1 else None
        self.spans, start = [], 0
        for phase in self.plan["prove"]["phases"]:
            self.spans.append(Span(self.rules, phase, start))
            start = self.spans[-1].end
        self.seconds = start
        self.ladder = next((span.start for span in self.spans if span.role == "capacity"), None)
        self.steps = []
        self.soak = next((span for span in self.spans if span.role == "soak"), None)
        self.trends = None
        self.compared = None  # blocks that say something, and the change
        self.operations = self.plan["prove"]["load"]["operations"]
        self.load, self.whole, self.begun = [Measured() for _ in self.spans], Measured(), 0
        for bucket in self.prove["buckets"] if self.prove else []:
            if not self.in_ladder(bucket["second"]):
                self.whole.add(bucket)
                if self.begins(bucket["operation"]):
                    self.begun += bucket["good"] + sum(bucket["failed"].values())
            for span, measured in zip(self.spans, self.load):
                if span.start <= bucket["second"] < span.end:
                    measured.add(bucket)
            for second, *what in closed.left_out(bucket, self.plan["prove"]["load"], self.spans):
                if not self.in_ladder(second):
                    self.whole.leave_out(*what)
                for span, measured in zip(self.spans, self.load):
                    if span.start <= second < span.end:
                        measured.leave_out(*what)

    def in_ladder(self, second):
        return self.ladder is not None and second >= self.ladder

    def starts(self):
        """Stretches of the load's arrivals, each with its first second."""
        start, placed = 0, []
        for stretch in (self.plan["prove"]["load"].get("arrivals") or {"stretches": []})["stretches"]:
            placed.append((start, stretch))
            start += stretch["seconds"]
        return placed

    def begins(self, index):
        if self.plan["prove"]["load"].get("closed") is not None:
            return True  # each request follows from a time to think
        return index >= len(self.operations) or self.operations[index].get("after") is None

    def least(self):
        return max(self.standard["minRequests"], 1)

    def lag_limit(self):
        return self.standard["steady"]["p99Ms"] * self.standard["maxLagPpm"] // 1000

    def lag_p99(self, cells=None):
        lag = Histogram()
        lag.add(self.prove["lagUs"] if cells is None else cells)
        return lag.percentile(99)

    def planned(self, stretches=None):
        """Visits that are planned for the whole run before the ladder, or for some stretches of it."""
        load = self.plan["prove"]["load"]
        arrivals = load.get("arrivals")
        if stretches is None and load.get("closed") is not None:
            buckets = [one for one in (self.prove or {"buckets": []})["buckets"] if not self.in_ladder(one["second"])]
            return closed.planned(load, buckets, self.seconds if self.ladder is None else self.ladder)
        if arrivals is not None:
            stretches = stretches or [one for start, one in self.starts() if not self.in_ladder(start)]
            area = sum(stretch["seconds"] * (stretch["fromPpm"] + stretch["toPpm"]) for stretch in stretches)
            requests = area * load["requestsPerMinute"] // 120_000_000
        else:
            seconds_of = self.seconds if self.ladder is None else self.ladder
            requests = load["requestsPerMinute"] * seconds_of // 60
        return self.beginning(requests)

    def beginning(self, requests):
        """Of planned requests, those that begin a visit."""
        begin = sum(operation["weight"] for operation in self.operations if operation.get("after") is None)
        each = []
        for operation in self.operations:
            before = operation.get("after")
            each.append(operation["weight"] if before is None else each[before] if before < len(each) else 0)
        return requests * begin // sum(each) if sum(each) else 0

    def of_control(self, span):
        """Good and failed requests to the control in a phase, and within which time 95 % of all were answered."""
        latencies, good, bad = Histogram(), 0, 0
        for one in (self.prove or {}).get("control") or []:
            if span.start <= one["second"] < span.end:
                latencies.add(one["latencyUs"])
                good, bad = good + one["good"], bad + one["failed"]
        return good, bad, latencies.percentile(95, bad)

    def of_twin(self, span):
        """Requests to the twin in a phase, and within which time 95 % of those that say something were answered."""
        measured = Measured()
        for bucket in ((self.prove or {}).get("twin") or {}).get("buckets", []):
            if span.start <= bucket["second"] < span.end:
                measured.add(bucket)
        return measured, measured.latency.percentile(95, measured.failed["Timeout"])

    def twin_percent(self):
        """Drawn from the nonce."""
        drawn = hashlib.sha256(self.result["announcement"]["nonce"].encode()).digest()[0]
        return TWIN_PERCENTS[drawn % 2]

    def came(self, start, end):
        """Visits that began from one second to another."""
        buckets = [bucket for bucket in self.prove["buckets"] if start <= bucket["second"] < end]
        own = [bucket for bucket in buckets if self.begins(bucket["operation"])]
        return sum(bucket["good"] + sum(bucket["failed"].values()) for bucket in own)

    def unsent_ppm(self, measured=None):
        measured = measured or self.whole
        return share_ppm(measured.failed["Unsent"], measured.asked())


def failed(code, message):
    return ("Failed", code, message)


def inconclusive(code, message):
    return ("Inconclusive", code, message)


# --- the plan ----------------------------------------------------------------------------------

def check_plan(run):
    rules = [plan_load, plan_arrivals, plan_checks, plan_descriptions, plan_phases, plan_steady, plan_faults, plan_limits,
             plan_strikes, plan_ladder, plan_soak, plan_closed, plan_drawn,
             plan_comparison]
    lacks = [rule(run) for rule in rules] + (plan_by_standard(run) if run.rules in ADDED else [])
    return [inconclusive("PlanIncomplete", lack) for lack in lacks if lack]


def plan_by_standard(run):
    """What the plan lacks of the class and the load of the standard (v3)."""
    name, load, plan = run.standard.get("class"), run.standard.get("load"), run.plan["prove"]["load"]
    if name is None or load is None:
        return ["the standard does not say for which class it is, or under which load"]
    lacks, of = [], run.result["record"]["class"]
    if of != name:
        lacks.append(f"the standard is for services of class {quote(name)}, and this one is of class {quote(of)}")
    timeout = min(load["timeoutMs"], 2**32 - 1)
    if plan["timeoutMs"] != timeout:
        lacks.append(f"an answer may take {seconds(plan['timeoutMs'])}; the standard asks for {seconds(timeout)}")
    users = run.result["availability"]["simultaneousUsers"]
    rate = max(min(users * 60_000 // max(load["thinkTimeMs"], 1), 2**32 - 1), 1)
    if plan["requestsPerMinute"] != rate:
        lacks.append(f"the load is {plan['requestsPerMinute']} requests a minute; by the standard {users} "
                     f"simultaneousUsers make {rate}")
    for index, span in enumerate(run.spans):
        length = span.end - span.start
        if span.role == "warmUp" and index > 0:
            lacks.append(f"phase {quote(span.name)} is a warm-up, and not the first phase: nothing in it would be judged")
            break
        if span.role == "warmUp" and length > load["warmUpSeconds"]:
            lacks.append(f"phase {quote(span.name)} warms up for {length} s; the standard allows "
                         f"{load['warmUpSeconds']} s")
            break
    for span in run.spans:
        length = span.end - span.start
        if span.role == "steady" and length < load["steadySeconds"]:
            lacks.append(f"phase {quote(span.name)} is steady for {length} s; the standard requires "
                         f"{load['steadySeconds']} s")
            break
    lacks += [lack for lack in [plan_model(run, load, plan)] if lack]
    planned, asked = plan.get("connections") or "Visits", load.get("connections") or "Visits"
    if planned != asked:
        lacks.append(f"connections of the load are `{planned}`; the standard asks for `{asked}`")
    return lacks + [lack for lack in [plan_shape(run, load), plan_placed(run, load)] if lack]


def plan_closed(run):
    load = run.plan["prove"]["load"]
    if load.get("closed") is None:
        return None
    return closed.lack(run.rules in ADDED, load, run.ladder is not None, quote)


def plan_drawn(run):
    return drawn.plan_lack(run.rules in ADDED, run.plan, quote)


def plan_model(run, load, plan):
    """Whether users wait as the standard says, and as many (v3)."""
    asked, planned = load.get("model") == "Closed", plan.get("closed")
    if asked != (planned is not None):
        words = {True: "closed", False: "open"}
        return f"the load is of the {words[not asked]} model; the standard asks for the {words[asked]} one"
    if not asked:
        return None
    wanted = (run.result["availability"]["simultaneousUsers"], max(min(load["thinkTimeMs"], 2**32 - 1), 1))
    said = [f"{users} users who think for {seconds(think)}"
            for users, think in ((planned["users"], planned["thinkMs"]), wanted)]
    return f"the closed model has {said[0]}; by the standard it has {said[1]}" if said[0] != said[1] else None


def plan_placed(run, load):
    """Whether a shape whose rate changes stands where the standard puts it (v3)."""
    if (load.get("arrivals") or {"kind": "Poisson"})["kind"] in ("Poisson", "Constant"):
        return None
    if all(span.role != "warmUp" for span in run.spans):
        return "the plan has no warm-up, with which the standard's shape of the load begins"
    asked, steady, struck = {"warmUp": load["warmUpSeconds"], "steady": load["steadySeconds"]}, 0, set()
    for span in run.spans:
        length, one = asked.get(span.role), (span.component, span.asked and span.asked.key())
        if span.role == "fault":
            windows = [limits["windowSeconds"] for limits in run.standard["faults"] if span.asked.limited_by(limits)]
            length = max(windows, default=None)
        if length is None:
            continue
        if span.end - span.start != length:
            return (f"phase {quote(span.name)} lasts {span.end - span.start} s; by the standard's shape of the load "
                    f"it lasts {length} s")
        steady += span.role == "steady"
        if steady > 2 or (span.role == "fault" and one in struck):
            return f"phase {quote(span.name)} is one more than the standard's shape of the load is for"
        struck.add(one)
    return None


def plan_shape(run, load):
    """Whether requests are planned to come as the standard says (v3)."""
    if plan_arrivals(run) or plan_ladder(run) or plan_soak(run):
        return None
    try:
        asked = shape.plain(*shape.of(load.get("arrivals"), run.spans))
    except shape.Misfit:
        return f"the standard's shape of the load does not fit into the {run.seconds} s of the plan"
    arrivals = run.plan["prove"]["load"].get("arrivals")
    planned = ("Drawn", [shape.level(run.seconds)])
    if arrivals is not None:
        stretches = [(one["seconds"], one["fromPpm"], one["toPpm"]) for one in arrivals["stretches"]]
        planned = shape.plain(arrivals["gaps"], stretches)
    words = {"Drawn": "drawn by chance", "Even": "even"}
    if planned[0] != asked[0]:
        return f"gaps of the load are {words[planned[0]]}; by the standard they are {words[asked[0]]}"
    for index in range(max(len(planned[1]), len(asked[1]))):
        first, second = planned[1][index:index + 1], asked[1][index:index + 1]
        if first != second:
            said = [f"{one[0][0]} s from {percent(one[0][1])} to {percent(one[0][2])}" if one else "nothing"
                    for one in (first, second)]
            return f"stretch {index + 1} of the load is {said[0]}; by the standard it is {said[1]}"
    return None


def plan_load(run):
    load = run.plan["prove"]["load"]
    if load["requestsPerMinute"] == 0 or not load["operations"]:
        return "the plan has no load: nothing is asked of the service"
    for index, operation in enumerate(load["operations"]):
        name, before = quote(operation["name"]), operation.get("after")
        if before is None and operation["weight"] == 0:
            return f"operation {name} of the load has weight 0: it is never asked"
        if before is not None and operation["weight"] > 0:
            return f"operation {name} of the load follows another, and has a weight of its own"
        if before is not None and before >= index:
            return f"operation {name} of the load follows one that does not stand before it"
    return None


def plan_arrivals(run):
    arrivals = run.plan["prove"]["load"].get("arrivals")
    if arrivals is None:
        return None
    stretches = arrivals["stretches"]
    for index, stretch in enumerate(stretches):
        if stretch["seconds"] == 0:
            return f"stretch {index + 1} of the load has no length"
    covered = sum(stretch["seconds"] for stretch in stretches)
    if covered != run.seconds:
        return f"the rate of the load is planned for {covered} s of {run.seconds} s"
    before = [stretch for start, stretch in run.starts() if not run.in_ladder(start)]
    if not any(max(stretch["fromPpm"], stretch["toPpm"]) >= 1_000_000 for stretch in before):
        return "the load never reaches the rate that the declared users make"
    return None


def plan_checks(run):
    checks = run.plan["verify"]["checks"]
    if not checks:
        return "the plan has no functional check: nothing is known about the function"
    return next((f"check {quote(check['name'])} has no step" for check in checks if not check["steps"]), None)


def plan_descriptions(run):
    return None if run.plan["verify"]["descriptions"] else "the plan reads no description of an interface"


def plan_phases(run):
    names = set()
    for span in run.spans:
        if span.start == span.end:
            return f"phase {quote(span.name)} has no length"
        if span.name in names:
            return f"two phases are named {quote(span.name)}"
        names.add(span.name)
    return None


def plan_steady(run):
    faults = [index for index, span in enumerate(run.spans) if span.role == "fault"]
    first, last = (faults[0], faults[-1]) if faults else (len(run.spans), -1)
    if not any(span.role == "steady" for span in run.spans[:first]):
        return "the plan has no steady state before the first fault"
    if not any(span.role == "steady" for span in run.spans[last + 1:]):
        return "the plan has no steady state after the last fault"
    return None


def peers_of(run, component, limits):
    """Peers of a component in a fault of the standard: [None] where all its traffic is meant."""
    meant = limits.get("peer")
    if run.rules != V1 and limits["kind"] == "SecretRotation" and not variables_of(run, component):
        return []
    if meant is None or run.rules == V1 or limits["kind"] not in ON_NETWORK:
        return [None]
    called = sorted(run.plan["prove"].get("calls", {}).get(component, []), key=lambda name: name.encode())
    return [peer for peer in dict.fromkeys(called) if meant in (EACH_PEER, peer)]


def variables_of(run, component):
    """How many variables of a component a rotation gives other values."""
    return len(run.plan["prove"].get("rotations", {}).get(component, {}))


def plan_faults(run):
    images = run.result["bundle"]["images"]
    required, called = 0, set()
    for component in sorted(images, key=lambda name: name.encode()):
        for place, fault in enumerate(run.standard["faults"]):
            for peer in peers_of(run, component, fault):
                required += 1
                called.add(place)
                asked = Asked(run.rules, fault["kind"], strike_of(fault)).toward(peer)
                lack = unwatched(run, component, asked, fault)
                if lack:
                    return lack
    for place, fault in enumerate(run.standard["faults"]):
        peer = fault.get("peer")
        if place not in called and peer not in (None, EACH_PEER) and images:
            words = Asked(run.rules, fault["kind"], strike_of(fault)).words()
            return f"the plan lacks {words}, which the standard requires: no component calls {quote(peer)}"
    if not required:
        return "the standard has no fault, or the bundle no component: nothing is known about resilience"
    return None


def unwatched(run, component, asked, limits):
    window = limits["windowSeconds"]
    watched = [span.end - span.start for span in run.spans if span.component == component
               and span.asked.limited_by(limits) and span.asked.belongs_to(asked)]
    if not watched:
        return f"the plan lacks {asked.words()} of component {quote(component)}, which the standard requires"
    if max(watched) < window:
        return (f"{asked.words()} of component {quote(component)} is watched for {max(watched)} s; "
                f"the standard requires {window} s")
    return None


def plan_limits(run):
    for span in run.spans:
        if span.asked and span.asked.limit(run.standard, "maxFailedPpm") is None:
            return f"phase {quote(span.name)}: the standard has no limits for {span.asked.words()}"
    return None


def plan_strikes(run):
    for span in run.spans:
        lack = lack_of_strike(run, span) if span.asked and run.rules != V1 else None
        if lack:
            return f"phase {quote(span.name)}: {lack}"
    return None


def lack_of_strike(run, span):
    asked, strike, words = span.asked, span.asked.strike, span.asked.words()
    if asked.rotates and not variables_of(run, span.component):
        return f"{words} of a component of which no value is followed by another"
    if strike is None:
        return f"the plan does not say how {words} is done" if asked.on_node else None
    if not asked.on_node:
        return f"{words} is not done on a node, as the plan says"
    lease, strength, length = strike["leaseSeconds"], strike["strength"], span.end - span.start
    if asked.lasts and lease == 0:
        return f"the plan does not say how long {words} lasts"
    if not asked.lasts and lease > 0:
        return f"{words} happens once, and cannot last"
    if lease > 0 and lease >= length:
        return f"{words} lasts until the end of its {length} s: what comes after it is not watched"
    if asked.has_strength and strength == 0:
        return f"the plan does not say how strong {asked.slug} is"
    if asked.has_strength and asked.strength() is None:
        return f"{words} is stronger than a standard can ask for"
    if not asked.has_strength and strength > 0:
        return f"{words} has no strength, and the plan gives it one"
    if asked.peer is not None and asked.kind not in ON_NETWORK:
        return f"{asked.slug} has no peer, and the plan gives it one"
    if strike.get("direction") is not None and asked.kind not in ON_NETWORK - {"Bandwidth"}:
        return f"{asked.slug} has no direction, and the plan gives it one"
    if strike.get("names") and asked.kind not in ON_ANSWERS_OF_DNS:
        return f"{asked.slug} has no names, and the plan gives it some"
    if strike.get("path") is not None and asked.kind not in ON_HTTP:
        return f"{asked.slug} has no path, and the plan gives it one"
    if (400 <= (strike.get("status") or 0) < 600) != (asked.kind == "HttpStatus"):
        return f"{asked.slug} has no such status as the plan says"
    if ((strike.get("lateMs") or 0) > 0) != (asked.kind == "HttpDelay"):
        return f"{asked.slug} is not late as the plan says"
    if asked.share == "Node" and asked.kind not in ("Partition", "Freeze"):
        return f"{asked.slug} does not befall a node, as the plan says"
    called = run.plan["prove"].get("calls", {}).get(span.component, [])
    bundle = run.result["bundle"]
    there = asked.peer in bundle["images"] or asked.peer in bundle.get("databases", {})
    known = asked.peer in called and there and asked.peer != span.component
    if asked.peer is not None and not known:
        return f"{words} has a peer that the component does not call"
    return None


def plan_ladder(run):
    last = None
    for span in run.spans:
        phase, before, last = f"phase {quote(span.name)}", last, last if span.percent is None else span.percent
        if span.percent is None and before is not None:
            return f"{phase} comes after a step of the ladder, and is none"
        if span.percent is not None and span.percent <= 100:
            return f"{phase}: {span.percent} % is no step above the declared rate"
        if None not in (span.percent, before) and span.percent <= before:
            return f"{phase}: a step of {span.percent} % does not rise above {before} %"
    for span in run.spans:
        if span.percent is not None and not at_rate(run, span):
            return f"phase {quote(span.name)}: the load is not at {span.percent} % of the declared rate"
    capacity = run.standard.get("capacity")
    if capacity is None:
        return None
    if capacity["headroomPercent"] not in capacity["stepsPercent"]:
        return f"the standard asks that {capacity['headroomPercent']} % hold, and has no such step"
    for percent_of in capacity["stepsPercent"]:
        lengths = [span.end - span.start for span in run.spans if span.percent == percent_of]
        if not lengths:
            return f"the plan lacks the step of {percent_of} %, which the standard requires"
        if max(lengths) < capacity["stepSeconds"]:
            return (f"the step of {percent_of} % lasts {max(lengths)} s; "
                    f"the standard requires {capacity['stepSeconds']} s")
    return None


def at_rate(run, span):
    covered = 0
    for start, stretch in run.starts():
        end = start + stretch["seconds"]
        if start < span.end and end > span.start:
            if not stretch["fromPpm"] == stretch["toPpm"] == span.percent * 10_000:
                return False
            if start < span.start or end > span.end:
                return False
            covered += stretch["seconds"]
    return covered == span.end - span.start


def plan_soak(run):
    soaked = struck = False
    for span in run.spans:
        struck = struck or span.role == "fault"
        if span.role != "soak":
            continue
        if soaked:
            return f"phase {quote(span.name)} is a second soak"
        if struck:
            return f"phase {quote(span.name)} soaks the service after a fault: what grows may be what that left"
        soaked = True
    span, soak = run.soak, run.standard.get("soak")
    length = span.end - span.start if span else 0
    if span:
        looks = length // span.every if span.every else 0
        if length > LONGEST_SOAK:
            return f"phase {quote(span.name)} soaks the service for {length} s; {LONGEST_SOAK} s are the most"
        if looks not in LOOKS:
            return (f"phase {quote(span.name)}: {looks} looks at each pod; from {LOOKS[0]} to {LOOKS[-1]} make a trend")
        for start, stretch in run.starts():
            level = stretch["fromPpm"] == stretch["toPpm"] == 1_000_000
            if start < span.end and start + stretch["seconds"] > span.start and not level:
                return f"phase {quote(span.name)}: the load is not at the declared rate"
    if soak is None:
        return None
    if span is None:
        return "the plan lacks the soak, which the standard requires"
    if soak["horizonSeconds"] > FURTHEST:
        return f"the standard looks {soak['horizonSeconds']} s ahead; {FURTHEST} s are the most"
    if length < soak["soakSeconds"]:
        return f"the soak lasts {length} s; the standard requires {soak['soakSeconds']} s"
    if span.every > soak["everySeconds"]:
        return f"the soak looks every {span.every} s; the standard requires every {soak['everySeconds']} s"
    left_out = sorted(set(run.result["bundle"]["images"]) - set(span.soaked), key=lambda name: name.encode())
    return f"the soak leaves out component {quote(left_out[0])}" if left_out else None


# --- completeness ------------------------------------------------------------------------------

def plan_comparison(run):
    plan, asked, load = run.plan["prove"].get("comparison"), run.standard.get("comparison"), run.plan["prove"]["load"]
    if plan is None:
        return asked and "the plan lacks the comparison with the last confirmed release, which the standard requires"
    if asked is None:
        return "the plan has a comparison, and the standard asks for none"
    if "reference" not in plan:
        return None
    plan = plan["reference"]
    blocks, part, rate, operations = plan["blocks"], plan["seconds"], plan["requestsPerMinute"], plan["operations"]
    if not compared.FEWEST <= blocks <= compared.MOST:
        return f"the comparison has {blocks} blocks; from {compared.FEWEST} to {compared.MOST} can be read"
    if not 2 <= part <= compared.LONGEST_PART:
        return (f"a part of a block of the comparison lasts {part} s; from 2 s to {compared.LONGEST_PART} s can be read")
    if plan["warmUpSeconds"] > compared.LONGEST_PART:
        return f"the comparison warms up for {plan['warmUpSeconds']} s; {compared.LONGEST_PART} s are the most"
    if rate != load["requestsPerMinute"]:
        return f"the comparison asks {rate} times a minute; the load {load['requestsPerMinute']}"
    if not operations or any(one >= len(run.operations) or run.operations[one].get("after") is not None
                             for one in operations):
        return "the comparison has no operation, or one that begins no visit of the load"
    if any(one >= two for one, two in zip(operations, operations[1:])):
        return "the operations of the comparison do not rise"
    if blocks < asked["blocks"]:
        return f"the comparison has {blocks} blocks; the standard requires {asked['blocks']}"
    if part < asked["seconds"]:
        return f"a part of a block of the comparison lasts {part} s; the standard requires {asked['seconds']} s"
    return None


def of_another_run(run, what, nonce):
    announced = run.result["announcement"]["nonce"]
    if nonce != announced or not nonce:
        message = f"{what}: the evidence carries the nonce {quote(nonce)}, announced was {quote(announced)}"
        return [inconclusive("EvidenceOfAnotherRun", message)]
    return []


def mismatch(what, planned, seen):
    for place in range(max(len(planned), len(seen))):
        want = planned[place] if place < len(planned) else None
        found = seen[place] if place < len(seen) else None
        if want != found:
            want, found = ("nothing" if name is None else quote(name) for name in (want, found))
            return f"{what} {place + 1}: planned was {want}, the evidence has {found}"
    return None


def lacks_of_verify(run):
    if run.verify is None:
        return [inconclusive("EvidenceMissing", "the functional checks left no evidence")]
    lacks = of_another_run(run, "the functional checks", run.verify["nonce"])
    incomplete = [lack_checks(run), lack_contracts(run)]
    return lacks + [inconclusive("EvidenceIncomplete", lack) for lack in incomplete if lack]


def lack_checks(run):
    planned, seen = run.plan["verify"]["checks"], run.verify["checks"]
    lack = mismatch("check", [check["name"] for check in planned], [check["name"] for check in seen])
    if lack:
        return lack
    for check, result in zip(planned, seen):
        if len(result["steps"]) > len(check["steps"]):
            return f"check {quote(check['name'])}: the evidence has more steps than the plan"
    return None


def lack_contracts(run):
    planned, seen = run.plan["verify"]["descriptions"], run.verify["contracts"]
    names = [[one["component"] + one["path"] for one in side] for side in (planned, seen)]
    lack = mismatch("description", *names)
    if lack:
        return lack
    for name, one in zip(names[1], seen):
        if one.get("unreadable") is None and not one["digest"]:
            return f"description {quote(name)}: its digest is missing"
    return None


def lacks_of_prove(run):
    if run.prove is None:
        return [inconclusive("EvidenceMissing", "the load and the faults left no evidence")]
    lacks = of_another_run(run, "the load", run.prove["nonce"])
    incomplete = [lack_phases(run), lack_slots(run), lack_faults(run), lack_control(run), lack_orders(run),
                  drawn.lack(run.result, mismatch, quote)]
    contradictory = [out_of_range(run), wrong_buckets(run), wrong_latencies(run.prove["buckets"]), wrong_sums(run), wrong_lag(run),
                     wrong_moments(run), wrong_doses(run), wrong_control(run), wrong_twin(run), wrong_orders(run),
                     wrong_soak(run), drawn.wrong(run.result, mismatch, quote),
                     wrong_comparison(run)]
    lacks += [inconclusive("EvidenceIncomplete", lack) for lack in incomplete if lack]
    return lacks + [inconclusive("EvidenceContradictory", lack) for lack in contradictory if lack]


def lack_phases(run):
    seen = run.prove["phases"]
    lack = mismatch("phase", [span.name for span in run.spans], [phase["name"] for phase in seen])
    if lack:
        return lack
    end = None
    for span, phase in zip(run.spans, seen):
        start, previous, end = phase["fromMs"], end, phase["toMs"]
        if previous is not None and previous != start:
            return f"phase {quote(span.name)} does not begin where the one before it ended"
        far = [abs(planned * 1000 - ms) > BOUNDARY_MS for planned, ms in ((span.start, start), (span.end, end))]
        if end < start or any(far):
            return (f"phase {quote(span.name)} lasted from {seconds(start)} to {seconds(end)}; "
                    f"planned was {span.start} s to {span.end} s")
    return None


def lack_slots(run):
    planned, seen = run.seconds * SLOTS, len(run.prove["slots"])
    return None if planned == seen else f"the load has {seen} tenths of a second, planned were {planned}"


def lack_faults(run):
    planned = [span.name for span in run.spans if span.role == "fault"]
    return mismatch("fault", planned, [fault["phase"] for fault in run.prove["faults"]])


def out_of_range(run):
    prove = run.prove
    numbers = [prove["startedUnixMs"]]
    for phase in prove["phases"]:
        numbers += [phase["fromMs"], phase["toMs"]]
    for bucket in prove["buckets"] + (prove.get("twin") or {}).get("buckets", []):
        numbers += [bucket["good"], *bucket["failed"].values()]
        numbers += [number for cell in bucket["latencyUs"] for number in cell]
    numbers += [number for cell in prove["lagUs"] for number in cell]
    numbers += [number for step in prove.get("stepLagUs", []) for cell in step for number in cell]
    for node in (prove.get("profile") or {"nodes": []})["nodes"]:
        numbers += [node["cpuMilli"], node["memoryBytes"]]
        numbers += [pods.get(field) or 0 for pods in node["pods"] for field in ("cpuMilli", "memoryBytes")]
    for pod in prove.get("soak") or []:
        numbers.append(pod.get("goneMs") or 0)
        for life in pod["runs"]:
            numbers += [life["memoryLimit"], life["descriptorLimit"]]
            numbers += [number for sample in life["samples"] for number in sample]
    beside = prove.get("comparison") or {"candidate": [], "reference": [], "lagUs": []}
    for bucket in beside["candidate"] + beside["reference"]:
        numbers += [bucket["good"], *bucket["failed"].values(), *(number for cell in bucket["latencyUs"] for number in cell)]
    numbers += [number for part in beside["lagUs"] for cell in part for number in cell]
    for one in (prove.get("control") or []) + (beside.get("control") or []):
        numbers += [one["good"], one["failed"], *(number for cell in one["latencyUs"] for number in cell)]
    for fault in prove["faults"]:
        numbers += [fault.get("injectedMs") or 0, fault.get("readyAgainMs") or 0]
        numbers.append(fault.get("orderedMs") or 0 if run.rules in ADDED else 0)
        numbers += [pod["atMs"] for pod in fault["gone"]]
        if run.rules != V1:
            numbers.append(fault.get("endedMs") or 0)
            numbers += [number for dose in fault.get("doses", []) for cell in dose["before"] + dose["during"]
                        for number in cell]
    if max(numbers) > MAX_EXACT:
        return f"a number is larger than {MAX_EXACT}, the largest that canonical JSON keeps exactly"
    return None


def wrong_buckets(run):
    operations = len(run.plan["prove"]["load"]["operations"])
    for bucket in run.prove["buckets"]:
        second, operation = bucket["second"], bucket["operation"]
        if operation >= operations:
            return f"second {second}: operation {operation} is not in the plan, which has {operations}"
        if second >= run.seconds:
            return f"second {second}: the plan ends after {run.seconds} s"
    return None


def rises(cells):
    return all(one[0] < two[0] for one, two in zip(cells, cells[1:]))


def wrong_latencies(buckets):
    for bucket in buckets:
        least = bucket["good"] + bucket["failed"].get("Status", 0)
        most = least + bucket["failed"].get("Content", 0)
        place = f"second {bucket['second']}, operation {bucket['operation']}"
        if not rises(bucket["latencyUs"]):
            return f"{place}: the values of the histogram of latency do not rise"
        count = sum(count for _, count in bucket["latencyUs"])
        if not least <= count <= most:
            return f"{place}: {count} latencies of {most} answered requests"
    return None


def wrong_sums(run):
    sums = {}
    for bucket in run.prove["buckets"]:
        row = sums.setdefault(bucket["second"], [0, 0, 0, 0])
        row[0] += bucket["good"]
        row[1] += sum(bucket["failed"].values())
    for index, (good, bad) in enumerate(run.prove["slots"]):
        row = sums.setdefault(index // SLOTS, [0, 0, 0, 0])
        row[2] += good
        row[3] += bad
    for second in sorted(sums):
        good, bad, slot_good, slot_bad = sums[second]
        if (good, bad) != (slot_good, slot_bad):
            return (f"second {second}: {good} good and {bad} failed requests by operation, "
                    f"{slot_good} and {slot_bad} by tenth of a second")
    return None


def wrong_lag(run):
    if not rises(run.prove["lagUs"]):
        return "the values of the histogram of lag do not rise"
    sent = run.whole.asked() - run.whole.failed["Unsent"]
    count = sum(count for _, count in run.prove["lagUs"])
    return wrong_step_lag(run) if count == sent else f"{count} lags of {sent} requests that were sent"


def wrong_step_lag(run):
    steps = [(span, measured) for span, measured in zip(run.spans, run.load) if span.percent is not None]
    seen = run.prove.get("stepLagUs", [])
    if len(steps) != len(seen):
        return f"{len(seen)} histograms of lag of the {len(steps)} steps of the ladder"
    for (span, measured), lag in zip(steps, seen):
        phase, sent = f"phase {quote(span.name)}", measured.asked() - measured.failed["Unsent"]
        if not rises(lag):
            return f"{phase}: the values of the histogram of lag do not rise"
        count = sum(count for _, count in lag)
        if count != sent:
            return f"{phase}: {count} lags of {sent} requests that were sent"
    return None


def wrong_moments(run):
    for fault in run.prove["faults"]:
        injected, ready, ended = (fault.get(name) for name in ("injectedMs", "readyAgainMs", "endedMs"))
        if ready is not None and (injected is None or ready < injected):
            return f"phase {quote(fault['phase'])}: ready again before anything was injected"
        if run.rules != V1 and ended is not None and (injected is None or ended < injected):
            return f"phase {quote(fault['phase'])}: over before anything was injected"
    return None


def lack_control(run):
    return "the control left no evidence" if run.control and run.prove.get("control") is None else None


def wrong_control(run):
    seen = run.prove.get("control")
    if seen is None:
        return None
    if not run.control:
        return "the plan has no control, and the evidence has one"
    return odd_control(seen, run.seconds)


def odd_control(seen, length):
    for one in seen:
        place = f"the control, second {one['second']}"
        if one["second"] >= length:
            return f"{place}: the plan ends after {length} s"
        if not rises(one["latencyUs"]):
            return f"{place}: the values of the histogram of latency do not rise"
        count = sum(count for _, count in one["latencyUs"])
        if count != one["good"]:
            return f"{place}: {count} latencies of {one['good']} answered requests"
    return None


def wrong_twin(run):
    seen = run.prove.get("twin")
    if seen is None:
        return None
    if not run.twin:
        return "the plan has no twin, and the evidence has one"
    drawn, planned = run.twin_percent(), run.twin["operation"]
    if seen["percent"] != drawn:
        return f"the twin held answers back until {seen['percent']} % of the limit; drawn was {drawn} %"
    for bucket in seen["buckets"]:
        second, operation = bucket["second"], bucket["operation"]
        if operation != planned:
            return f"the twin, second {second}: operation {operation} was asked; planned was {planned}"
        if second >= run.seconds:
            return f"the twin, second {second}: the plan ends after {run.seconds} s"
    lack = wrong_latencies(seen["buckets"])
    return f"the twin, {lack}" if lack else None


def wrong_soak(run):
    pods, span, known = run.prove.get("soak"), run.soak, set()
    if pods is None:
        return None
    if span is None:
        return "the plan has no soak, and the evidence has one"
    for pod in pods:
        why = wrong_pod(span, pod) if pod["uid"] not in known else "it is there twice"
        known.add(pod["uid"])
        if why:
            return f"the soak, pod {quote(pod['uid'])}: {why}"
    return None


def wrong_pod(span, pod):
    moments = [sample[0] for life in pod["runs"] for sample in life["samples"]]
    if pod["component"] not in span.soaked:
        return f"component {quote(pod['component'])} was not to be looked at"
    if len(moments) > LOOKS[-1] + 1:
        return f"it was looked at {len(moments)} times; {LOOKS[-1] + 1} are the most"
    if any(not life["samples"] for life in pod["runs"]):
        return "a life of its container in which it was not looked at"
    if any(one >= two for one, two in zip(moments, moments[1:])):
        return "the moments at which it was looked at do not rise"
    for at in moments:
        if not span.start * 1000 <= at < span.end * 1000:
            return (f"it was looked at {seconds(at)} after the start of the load; "
                    f"the soak is from {span.start} s to {span.end} s")
    return None


def wrong_comparison(run):
    seen, plan = run.prove.get("comparison"), (run.plan["prove"].get("comparison") or {}).get("reference")
    if seen is None:
        return None
    if plan is None:
        return "the plan compares with no release, and the evidence does"
    nonce = run.result["announcement"]["nonce"]
    for side, name in (("candidate", "the candidate"), ("reference", "the last confirmed release")):
        why = odd_side(plan, compared.seconds_of(plan, nonce, side), seen[side])
        if why:
            return f"the comparison: {name}, {why}"
    parts = plan["blocks"] * compared.PARTS
    if len(seen["lagUs"]) != parts:
        return f"the comparison: {len(seen['lagUs'])} histograms of lag of {parts} parts of blocks"
    turns = [turn for block in compared.blocks(plan, nonce) for turn in block]
    for index, ((side, start, end), lag) in enumerate(zip(turns, seen["lagUs"])):
        part, measured = f"the comparison: part {index + 1}", Measured()
        if not rises(lag):
            return f"{part}: the values of the histogram of lag do not rise"
        for bucket in seen[side]:
            if start <= bucket["second"] < end:
                measured.add(bucket)
        count, sent = sum(count for _, count in lag), measured.total() - measured.failed["Unsent"]
        if count != sent:
            return f"{part}: {count} lags of {sent} requests that were sent"
    why = odd_control(seen.get("control") or [], compared.length(plan))
    return f"the comparison: {why}" if why else None


def odd_side(plan, own, buckets):
    for bucket in buckets:
        second, operation = bucket["second"], bucket["operation"]
        if operation not in plan["operations"]:
            return f"second {second}: operation {operation} was asked, which was not planned"
        if second >= compared.length(plan):
            return f"second {second}: the comparison ends after {compared.length(plan)} s"
        if not any(start <= second < end for start, end in own):
            return f"second {second}: it was asked in the other's turn"
    return wrong_latencies(buckets)


def lack_orders(run):
    for fault in run.prove["faults"] if run.rules in ADDED else []:
        if fault.get("injectedMs") is not None and fault.get("orderedMs") is None:
            return f"phase {quote(fault['phase'])}: it is not said when the fault was ordered"
    return None


def wrong_orders(run):
    if run.rules not in ADDED:
        return None
    for asked, fault in zip([span.asked for span in run.spans if span.asked], run.prove["faults"]):
        ordered, injected = fault.get("orderedMs"), fault.get("injectedMs")
        if ordered is None:
            continue
        if injected is not None and injected < ordered:
            return f"phase {quote(fault['phase'])}: acknowledged before it was ordered"
        if not asked.on_node and any(pod["atMs"] < ordered for pod in fault["gone"]):
            return f"phase {quote(fault['phase'])}: a pod went before the fault was ordered"
    return None


def wrong_doses(run):
    if run.rules == V1:
        return None
    planned = [span.asked for span in run.spans if span.asked]
    for asked, fault in zip(planned, run.prove["faults"]):
        place, doses, seen = f"phase {quote(fault['phase'])}", fault.get("doses", []), set()
        if asked.rotates and fault.get("endedMs") is not None:
            return f"{place}: {asked.words()} is not done on a node, and has no end"
        if not asked.on_node and not asked.rotates:
            if doses or fault.get("endedMs") is not None:
                return f"{place}: {asked.words()} is not done on a node, and has no dose or end"
            continue
        before = {pod["uid"] for pod in fault["before"]}
        unplaced = [pod for pod in fault["before"] if asked.share == "Node" and pod.get("node") is None
                    and (pod["ready"] or any(dose["pod"] == pod["uid"] for dose in doses))]
        if doses and unplaced:
            return f"{place}, pod {quote(unplaced[0]['uid'])}: it is not said on which node it was"
        for dose in doses:
            pod, name = dose["pod"], dose["class"]
            wrong = None
            if (name == "Dns") != (asked.kind in ON_DNS):
                wrong = f"a dose of class {name}, which {asked.slug} does not have"
            elif (pod, name) in seen:
                wrong = f"two doses of class {name}"
            elif not asked.rotates and asked.share == "One" and pod not in before:
                wrong = "a dose of a pod that was not there before"
            elif not rises(dose["before"]) or not rises(dose["during"]):
                wrong = "the values of a histogram of its dose do not rise"
            elif asked.kind not in AMOUNTS and any(v > 1 for v, _ in dose["before"] + dose["during"]):
                wrong = "a value of its dose is neither 0 nor 1"
            elif asked.rotates and (name != "All" or dose["during" if pod in before else "before"]):
                wrong = "a dose that says more than what the pod was given"
            if wrong:
                return f"{place}, pod {quote(pod)}: {wrong}"
            seen.add((pod, name))
    return None


# --- functional checks and descriptions --------------------------------------------------------

def check_functional(run):
    found = []
    for check, seen in zip(run.plan["verify"]["checks"], run.verify["checks"]):
        found += one_check(check, seen)
    return found


def one_check(check, seen):
    found = []
    for number, (step, result) in enumerate(zip(check["steps"], seen["steps"]), 1):
        request = step["request"]
        place = f"check {quote(check['name'])}, step {number} ({cut(request['method'])} {cut(request['path'])})"
        wrong = deviation(step, result)
        if wrong:
            return found + [failed("CheckFailed", f"{place}: {wrong}")]
        found += vacuous(place, step, result)
    done, planned = len(seen["steps"]), len(check["steps"])
    if done < planned:
        message = f"check {quote(check['name'])}: {done} of {planned} steps were carried out, and none of them failed"
        found.append(inconclusive("CheckIncomplete", message))
    return found


def deviation(step, result):
    deviations, status, expected = result["deviations"], result.get("status"), step["expect"]["status"]
    if status is None:
        return f"no answer: {cut(deviations[0])}" if deviations else "no answer"
    if deviations:
        return cut(deviations[0]) + more(len(deviations) - 1)
    return None if status == expected else f"status {status}, expected {expected}"


def vacuous(place, step, result):
    mutants, expect = result["mutants"], step["expect"]
    accepted = [mutant["mutation"] for mutant in mutants if not mutant["rejected"]][:MOST_MUTANTS]
    says_something = expect.get("body") is not None or expect.get("schema") is not None
    required = ["WrongStatus", "EmptyBody", "WrongValues"] if says_something else ["WrongStatus"]
    tried = {mutant["mutation"] for mutant in mutants}
    return [
        inconclusive("VacuousCheck", f"{place}: it also accepts an answer with {MUTATION[one]}, so it proves nothing")
        for one in accepted
    ] + [
        inconclusive("CheckNotTried", f"{place}: it was not tried on an answer with {MUTATION[one]}")
        for one in required if one not in tried
    ]


def check_contracts(run):
    return [finding for contract in run.verify["contracts"] for finding in one_contract(contract)]


def one_contract(contract):
    place = cut(contract["component"]) + cut(contract["path"])
    if contract.get("unreadable") is not None:
        why = cut(contract["unreadable"])
        return [failed("DescriptionUnreadable", f"{place}: the description cannot be read: {why}")]
    operations = contract["operations"]
    if not operations:
        return [inconclusive("NothingDescribed", f"{place}: the description has no operation")]
    found = []
    for operation in operations:
        lies = [(answer["status"], lie) for answer in operation["answers"] for lie in answer["contradictions"]]
        if lies:
            status, first = lies[0]
            message = f"{place}: {operation_name(operation)} answered {status}: {cut(first)}{more(len(lies) - 1)}"
            found.append(failed("DescriptionLies", message))
    silent = [operation_name(operation) for operation in operations if not operation["answers"]]
    if silent:
        named = ", ".join(silent[:NAMED]) + more(len(silent) - NAMED)
        found.append(inconclusive("OperationNotExercised", f"{place}: no answer was seen of {named}"))
    return found


def operation_name(operation):
    return f"{cut(operation['method'])} {cut(operation['path'])}"


# --- the generator -----------------------------------------------------------------------------

def voids(run):
    found, lag, limit = [], run.lag_p99(), run.lag_limit()
    if lag is not None and lag > limit:
        message = (f"the load generator was late: 99 % of its requests left within {latency_measured(lag)} of their "
                   f"moment, {latency(limit)} are allowed; its measurements are void")
        found.append(inconclusive("GeneratorLagged", message))
    due, planned = run.begun, run.planned()
    lacks = max(planned - due, 0)
    if due == 0 or (due * 10 < planned * 9 and lacks * lacks > planned * 16):
        message = f"{due} requests were due where {planned} were planned; the load did not come"
        found.append(inconclusive("LoadTooLow", message))
    else:
        found += low_stretches(run)[:1]
    return found


def low_stretches(run):
    found = []
    for start, stretch in run.starts():
        end = start + stretch["seconds"]
        if run.in_ladder(start):
            break
        due, planned = run.came(start, end), run.planned([stretch])
        lacks = max(planned - due, 0)
        if due * 10 < planned * 9 and lacks * lacks > planned * 25:
            message = (f"from {start} s to {end} s, {due} requests were due where {planned} were planned; "
                       "the load did not come as planned")
            found.append(inconclusive("LoadTooLow", message))
    return found


def saturated(run):
    share = run.unsent_ppm()
    if share is None or share <= MAX_UNSENT_PPM:
        return []
    message = (f"{percent_measured(share)} of requests ({run.whole.failed['Unsent']}) were never sent, because too "
               f"many were still without an answer; {percent(MAX_UNSENT_PPM)} is allowed")
    return [inconclusive("GeneratorSaturated", message)]


# --- the twin ----------------------------------------------------------------------------------

def knocked(run):
    """What the twin that must be refused says against the run."""
    found = [one for span, service in zip(run.spans, run.load) if run.twin and span.role == "steady"
             for one in knocked_in(run, span, service)]
    return [one for one in found if one[1] == "TwinPassed"] or found


def knocked_in(run, span, service):
    twin, within = run.of_twin(span)
    limits, place = run.standard["steady"], f"in phase {quote(span.name)}, the twin"
    due, wanted = twin.total(), run.twin["requestsPerSecond"] * (span.end - span.start)
    judgeable = sum(twin.latency.cells.values()) + twin.failed["Timeout"]
    if due * 10 < wanted * 9:
        return [inconclusive("TwinMissing", f"{place} was asked {due} times where {wanted} were planned; nobody knows "
                                            f"whether the gate is awake")]

    def fails(measured):
        share = measured.failed_ppm()
        return share is not None and share > limits["maxFailedPpm"]

    answered, limit = twin.latency.percentile(95), limits["p95Ms"] * 1000
    if (answered is not None and answered > limit) or (twin.failed["Timeout"] * 20 > due and fails(twin)):
        return []
    if judgeable * 10 < wanted * 9:
        return [] if fails(service) else [
            inconclusive("TwinMissing", f"{place} gave no answer to {max(due - judgeable, 0)} of {due} requests; nobody "
                                        f"knows whether the gate is awake")]
    came = "none of its answers is known"
    if within is not None:
        came = f"95 % of its answers came within {latency_measured(within)}"
    return [inconclusive("TwinPassed", f"{place} was passed, which holds each answer back until {run.twin_percent()} % "
                                       f"of the limit of {latency(limit)}: {came}; nothing is concluded from this run")]


# --- phases ------------------------------------------------------------------------------------

def disturbed(run, span):
    """What the control says against a phase."""
    if not run.control or span.role == "warmUp":
        return []
    good, bad, within = run.of_control(span)
    due, wanted = good + bad, run.control["requestsPerSecond"] * (span.end - span.start)
    phase, limit = f"phase {quote(span.name)}", run.lag_limit()
    if due * 10 < wanted * 9:
        return [inconclusive("ControlMissing", f"{phase}: the control was asked {due} times where {wanted} were planned; "
                                               f"nobody knows what disturbed it")]
    if within is not None and within <= limit:
        return []
    moved = (f"it answered {good} of {due} requests" if within is None
             else f"95 % of its answers came within {latency_measured(within)}")
    return [inconclusive("ControlMoved", f"{phase}: the control, which does nothing but answer, was disturbed: {moved}, "
                                         f"95 % within {latency(limit)} are required; nothing is concluded from this "
                                         f"phase")]


def too_few(run, span, measured):
    total, least = measured.total(), run.least()
    if total >= least:
        return []
    message = f"phase {quote(span.name)}: {total} requests were due; fewer than {least} are no evidence"
    return [inconclusive("TooFewRequests", message)]


def check_steady(run, span, measured):
    few = too_few(run, span, measured)
    if few:
        return few
    found, limits = [], run.standard["steady"]
    faults = [other for other in run.spans if other.role == "fault"]
    place = "in the steady state"
    if faults and span.end <= faults[0].start:
        place += " before any fault"
    elif faults and span.start >= faults[-1].end:
        place += " after the last fault"
    elif faults:
        place += " between two faults"
    if span.role == "soak":
        place = "in the soak"
    share = measured.failed_more_than(limits["maxFailedPpm"])
    if share:
        message = f"{place}, {share}; the standard allows {percent(limits['maxFailedPpm'])}"
        found.append(failed("SteadyFailuresTooHigh", message))
    return found + slow(measured, place, "Steady", limits["p95Ms"], limits["p99Ms"])


def no_chance(bad, total, limit):
    """Whether so many failures are more than chance makes of the limit."""
    mean, million = total * limit, 1_000_000
    if bad < 2 or bad * million <= mean:
        return False
    if mean == 0:
        return True
    term, together, over = million, 0, (bad + 1) * million - mean
    for left in range(bad, max(bad - MOST_TERMS, 0), -1):
        term = term * left * million // mean
        together += term
        if together * over >= (ONE_IN - 1) * million * million * (bad + 1):
            return True
    return False


def check_operations(run, heard):
    """Each operation of the load by itself (v3)."""
    load, each, found = run.plan["prove"]["load"]["operations"], [], []
    for operation in load:
        before = operation.get("after")
        each.append(operation["weight"] if before is None else each[before] if before < len(each) else 0)
    groups = []
    for roles, place in ((("steady", "soak"), "in the steady state"), (("fault",), "in the faults")):
        meant = [index for index, span in enumerate(run.spans) if span.role in roles]
        measured, left_out = [Measured() for _ in load], [0] * len(load)
        heard_of = [run.spans[index] for index in meant if heard[index]]
        for bucket in run.prove["buckets"]:
            if any(span.start <= bucket["second"] < span.end for span in heard_of):
                measured[bucket["operation"]].add(bucket)
            left_out[bucket["operation"]] += sum(
                good + bad for second, _, good, bad in closed.left_out(bucket, run.plan["prove"]["load"], run.spans)
                if any(span.start <= second < span.end for span in heard_of))
        groups.append((place, list(zip(measured, left_out)), bool(meant) and all(heard[index] for index in meant)))
    limit = run.standard["steady"]["maxFailedPpm"]
    for index, operation in enumerate(load):
        name = f"operation {index + 1} of the load ({quote(operation['name'])})"
        least = max(ceil_div(run.least() * each[index], sum(each)), 1) if sum(each) else 1
        for place, measured, whole in groups:
            (one, left_out), steady = measured[index], place == "in the steady state"
            total, bad = one.total(), one.failures()
            causes = one.in_words()
            if steady and no_chance(bad, total, limit):
                message = (f"{place}, {percent_measured(one.failed_ppm())} of requests of {name} failed ({causes}); "
                           f"the standard allows {percent(limit)}")
                found.append(failed("OperationFailuresTooHigh", message))
            elif whole and total + left_out < least:
                message = f"{place}, {name} was asked {total} times; fewer than {least} are no evidence"
                found.append(inconclusive("OperationHardlyAsked", message))
            elif steady and whole and one.good == 0:
                message = f"{place}, no request of {name} was answered as it should be ({causes})"
                found.append(inconclusive("OperationNeverServed", message))
    return found


def slow(measured, place, prefix, p95_ms, p99_ms):
    found = []
    for rank, limit in ((95, p95_ms), (99, p99_ms)):
        us = measured.latency.percentile(rank)
        if None not in (us, limit) and us > limit * 1000:
            message = (f"{place}, {rank} % of answers came within {latency_measured(us)}; "
                       f"the standard asks for {latency(limit * 1000)}")
            found.append(failed(f"{prefix}P{rank}TooHigh", message))
    return found


# --- doses -------------------------------------------------------------------------------------

def felt(strength=None):
    return ("Felt", strength)


def not_felt(why):
    return ("NotFelt", why)


def unknown(why):
    return ("Unknown", why)


def histogram(cells):
    result = Histogram()
    result.add(cells)
    return result


def sides(cells):
    return [sum(count for value, count in cells if value == side) for side in (0, 1)]


def too_few_samples(what, before, during, least):
    return unknown(f"{before} {what} before it and {during} while it lasted; fewer than {least} say nothing")


def dose_killed(_, before, during):
    (alive_before, gone_before), (alive, gone) = sides(before), sides(during)
    if gone_before:
        return not_felt("its process was seen gone before it")
    if not alive_before:
        return unknown("its process was not seen alive before it")
    if gone:
        return felt()
    if not alive:
        return unknown("nobody looked at its process after it")
    return not_felt(f"its process was seen alive {alive} times after it, and never gone")


def dose_frozen(_, before, during):
    (ran_before, still_before), (ran, still) = sides(before), sides(during)
    seen_before, seen = ran_before + still_before, ran + still
    if seen_before < 5 or seen < 5:
        return too_few_samples("moments", seen_before, seen, 5)
    if still_before * 10 > seen_before:
        return not_felt(f"it stood still in {still_before} of {seen_before} moments before it already")
    if still * 10 < seen * 9:
        return not_felt(f"it stood still in {still} of {seen} moments while it lasted; 9 of 10 must")
    return felt()


def packets_before(before):
    passed, dropped = sides(before)
    if dropped:
        return not_felt(f"{dropped} of {passed + dropped} packets were dropped before it already")
    return None if passed else unknown("no packet was seen to pass before it")


def dose_cut_off(_, before, during):
    passed, dropped = sides(during)
    if packets_before(before):
        return packets_before(before)
    if not passed + dropped:
        return unknown("no packet was seen while it lasted")
    if passed:
        return not_felt(f"{passed} of {passed + dropped} packets passed while it lasted; none may")
    return felt()


def dose_lost(asked, before, during, gone="lost"):
    passed, dropped = sides(during)
    seen, million = passed + dropped, 1_000_000
    lose, to_pass = seen * asked, seen * (million - asked)
    if packets_before(before):
        return packets_before(before)
    if seen < 50:
        return unknown(f"{seen} packets while it lasted; fewer than 50 say nothing")
    if lose < 5 * million:
        return unknown(f"of {seen} packets fewer than 5 should be {gone}; that says nothing")
    if asked < million and to_pass < 5 * million:
        return unknown(f"of {seen} packets fewer than 5 should pass; that says nothing")
    if 2 * dropped * million < lose or dropped * million > 2 * lose or 2 * passed * million < to_pass:
        return not_felt(f"{dropped} of {seen} packets were {gone}; asked was {percent(asked)}, "
                        f"and half to twice of that is felt")
    return felt(share_ppm(dropped, seen))


def dose_misled(_, before, during):
    (right_before, wrong_before), (right, wrong) = sides(before), sides(during)
    seen_before, seen = right_before + wrong_before, right + wrong
    if wrong_before:
        return not_felt(f"{wrong_before} of {seen_before} questions were answered wrongly before it already")
    if seen_before < 5 or seen < 5:
        return too_few_samples("answers", seen_before, seen, 5)
    if right:
        return not_felt(f"{right} of {seen} questions were answered rightly while it lasted; none may be")
    return felt()


def dose_out_of_reach(_, before, during):
    (reached_before, failed_before), (reached, failed) = sides(before), sides(during)
    seen_before, seen = reached_before + failed_before, reached + failed
    if failed_before:
        return not_felt(f"{failed_before} of {seen_before} attempts to connect failed before it already")
    if seen_before < 5 or seen < 5:
        return too_few_samples("attempts to connect", seen_before, seen, 5)
    if reached:
        return not_felt(f"{reached} of {seen} attempts to connect succeeded while it lasted; none may")
    return felt()


def dose_in_part(asked, before, during, what):
    (right_before, wrong_before), (right, wrong) = sides(before), sides(during)
    seen_before, seen, million = right_before + wrong_before, right + wrong, 1_000_000
    strike, to_pass = seen * asked, seen * (million - asked)
    if seen_before < 5 or seen < 50:
        return unknown(f"{seen_before} {what} before it and {seen} while it lasted; fewer than 5 and 50 say nothing")
    if wrong_before * 10 * million > seen_before * asked:
        return not_felt(f"{wrong_before} of {seen_before} {what} looked struck before it already")
    if strike < 5 * million:
        return unknown(f"of {seen} {what} fewer than 5 should be struck; that says nothing")
    if asked < million and to_pass < 5 * million:
        return unknown(f"of {seen} {what} fewer than 5 should be right; that says nothing")
    if 2 * wrong * million < strike or wrong * million > 2 * strike or 2 * right * million < to_pass:
        return not_felt(f"{wrong} of {seen} {what} were struck; asked was {percent(asked)}, "
                        f"and half to twice of that is felt")
    return felt(share_ppm(wrong, seen))


def dose_delayed(asked_ms, before, during, what="packets"):
    before, during = histogram(before), histogram(during)
    counts = [sum(side.cells.values()) for side in (before, during)]
    if min(counts) < 5:
        return too_few_samples(what, *counts, 5)
    asked, was, now, quarter = asked_ms * 1000, before.percentile(50), during.percentile(50), during.percentile(25)
    least, most = asked * 4 // 5, asked * 3 // 2
    wanted = f"asked was {latency(asked)} more, and from {latency(least)} to {latency(most)} more is felt"
    if not least <= now - was <= most:
        return not_felt(f"{what} took {latency(was)} before it and {latency(now)} while it lasted; {wanted}")
    if quarter < least:
        return not_felt(f"a quarter of {what} took no more than {latency(quarter)} while it lasted; {wanted}")
    return felt(now - was)


def dose_uneven(asked_ms, before, during):
    before, during = histogram(before), histogram(during)
    counts = [sum(side.cells.values()) for side in (before, during)]
    if min(counts) < 20:
        return too_few_samples("packets", *counts, 20)
    asked = asked_ms * 1000
    least, most, hardly = asked // 5 * 4, asked // 2 * 3, asked // 5
    first, was, last = (before.percentile(percent) for percent in (10, 50, 90))
    low, high = during.percentile(10), during.percentile(90)
    if last - first > asked // 2:
        return unknown(f"packets took from {latency(first)} to {latency(last)} before it already, leaving out a tenth "
                       f"at each end; that hides {latency(asked)}")
    wanted = (f"felt is a tenth that takes from {latency(least)} to {latency(most)} more, and a tenth that takes no "
              f"more than {latency(hardly)} more")
    if not least <= high - was <= most:
        return not_felt(f"half of packets took {latency(was)} before it, and a tenth {latency(high)} or more while it "
                        f"lasted; {wanted}")
    if low > was + hardly:
        return not_felt(f"half of packets took {latency(was)} before it, and only a tenth {latency(low)} or less while "
                        f"it lasted; {wanted}")
    return felt(high - was)


def dose_limited(asked, before, during):
    before, during = histogram(before), histogram(during)
    counts = [sum(side.cells.values()) for side in (before, during)]
    if min(counts) < 2:
        return too_few_samples("seconds", *counts, 2)
    was, most = before.percentile(50), during.percentile(100)
    if was * 4 <= asked * 5:
        return unknown(f"in half of the seconds before it no more than {was} kB left; {asked} kB/s is felt only by a "
                       f"pod that sends over a quarter more")
    if most * 4 > asked * 5:
        return not_felt(f"up to {most} kB left in a second while it lasted; asked was {asked} kB/s, "
                        f"and up to a quarter more is felt")
    if most * 2 < asked:
        return not_felt(f"no more than {most} kB left in any second while it lasted; asked was {asked} kB/s, "
                        f"and half of that must be reached")
    return felt(most)


def dose_filled(asked, before, during, taken):
    part, became, who = taken
    before, during = histogram(before), histogram(during)
    counts = [sum(side.cells.values()) for side in (before, during)]
    if min(counts) < 5:
        return too_few_samples("moments", *counts, 5)
    was, now, quarter = before.percentile(50), during.percentile(50), during.percentile(25)
    if was + 20 > asked:
        return unknown(f"in half of the moments before it {was} % {part} or more were {became}; {asked} % is felt "
                       f"only by {who} 20 points less")
    if quarter + 10 < asked:
        return not_felt(f"in a quarter of the moments while it lasted no more than {quarter} % {part} were {became}; "
                        f"asked was {asked} %, and 10 points less is felt")
    return felt(now)


DOSE = {"ContainerKill": dose_killed, "Freeze": dose_frozen, "Partition": dose_cut_off, "DnsOutage": dose_cut_off,
        "Loss": dose_lost, "Reset": functools.partial(dose_lost, gone="reset"), "Delay": dose_delayed,
        "Bandwidth": dose_limited, "Jitter": dose_uneven, "DnsFailure": dose_misled, "DnsWrongAddress": dose_misled,
        "DnsDelay": functools.partial(dose_delayed, what="answers"), **{kind: functools.partial(dose_in_part, what="answers") for kind in ON_HTTP},
        **{kind: functools.partial(dose_in_part, what="packets") for kind in ON_PACKETS},
        "ControlPlaneOutage": dose_out_of_reach,
        **{kind: functools.partial(dose_filled, taken=taken) for kind, taken in TAKEN.items()}}


def dose_of_pod(asked, doses):
    """The class that decided, and what the pod felt."""
    whole = "Dns" if asked.kind in ON_DNS else "All"
    strength = asked.strength()
    if asked.has_strength and strength is None:
        return whole, unknown("the plan does not say how strong it is")
    if not doses:
        return whole, unknown("nothing was measured")
    said = [(name, DOSE[asked.kind](strength, dose["before"], dose["during"]))
            for name in CLASSES for dose in doses if dose["class"] == name]
    for name, dose in said:
        if dose[0] == "NotFelt":
            return name, dose
    names = {name for name, _ in said}
    missing = [name for name in (["Dns"] if whole == "Dns" else ["New", "Pooled"]) if name not in names]
    if whole not in names and missing:
        return missing[0], unknown("nothing was measured")
    strengths = [dose[1] for _, dose in said if dose[0] == "Felt"]
    return (whole, felt(least_of(asked, strengths))) if strengths else said[0]


def least_of(asked, strengths):
    """The strength of the one that felt least: a limit of bandwidth is less the more it lets through."""
    strengths = [strength for strength in strengths if strength is not None]
    return (max if asked.kind == "Bandwidth" else min)(strengths, default=None)


class WhoFelt:
    """Who felt a fault on the node."""

    def __init__(self, asked, evidence):
        pods = {}
        for dose in evidence.get("doses", []):
            pods.setdefault(dose["pod"], []).append(dose)
        ready = {pod["uid"]: pod.get("node") for pod in evidence["before"] if pod["ready"]}
        nodes = {pod.get("node") for pod in evidence["before"] if pod["uid"] in pods}
        meant = {"One": lambda pod: pod in pods, "All": lambda pod: True, "Node": lambda pod: ready[pod] in nodes}
        judged = sorted(filter(meant[asked.share], ready), key=lambda uid: uid.encode())
        said = [(pod, *dose_of_pod(asked, pods.get(pod, []))) for pod in judged]
        strengths = [dose[1] for _, _, dose in said if dose[0] == "Felt"]
        self.ready, self.count, self.struck = len(ready), len(strengths), len(pods)
        self.least, self.must = least_of(asked, strengths), 1 if asked.share == "One" else max(len(judged), 1)
        self.nodes = len(nodes) if asked.share == "Node" else 0
        self.of_all = {"One": False, "All": True, "Node": self.must >= self.ready}[asked.share]
        self.missed = next(((wanted, f"pod {quote(pod)}{CLASSES[name]}: {dose[1]}")
                            for wanted in ("NotFelt", "Unknown") for pod, name, dose in said if dose[0] == wanted),
                           ("Unknown", "nothing was measured in a ready pod"))
        self.too_wide = asked.share == "One" and self.struck > 1 or self.nodes > 1

    def check(self, name, words):
        found = []
        if self.count < self.must:
            what, why = self.missed
            tail = f"{self.count} of {self.ready} ready pods felt it, {self.must} must; {why}"
            if what == "NotFelt":
                found.append(inconclusive("FaultNotFelt", f"{name}: {words} was not felt: {tail}"))
            else:
                message = f"{name}: it is not known whether {words} was felt: {tail}"
                found.append(inconclusive("FaultDoseUnknown", message))
        if self.too_wide:
            what = f"pods on {self.nodes} nodes" if self.nodes else f"{self.struck} pods"
            found.append(inconclusive("FaultTooWide", f"{name}: {words} struck {what}; one was planned"))
        return found


# --- faults ------------------------------------------------------------------------------------

class Struck:
    """One fault: whom it struck and what was seen of it."""

    def __init__(self, run, span, evidence):
        self.run, self.span, self.evidence = run, span, evidence
        self.start, self.end = span.start * 1000, span.end * 1000
        self.injected, self.ready = evidence.get("injectedMs"), evidence.get("readyAgainMs")
        ordered = evidence.get("orderedMs") if run.rules in ADDED else None
        self.began = self.injected if None in (self.injected, ordered) else min(self.injected, ordered)
        before = {pod["uid"] for pod in evidence["before"] if pod["ready"]}
        gone = {pod["uid"] for pod in evidence["gone"] if self.start <= pod["atMs"] < self.end}
        self.before, self.gone = len(before), len(before & gone)
        self.asked = span.asked
        self.must = max(self.before, 1) if self.asked.kind in REPLACE_ALL else 1
        self.limit = self.asked.limit(run.standard, "maxFailedPpm")
        self.name, self.words = cut(span.component), self.asked.words()
        self.as_planned = self.injected is not None and self.gone > 0

    def check(self, measured):
        """What is found, and lost service and recovery from which something may be concluded, or None."""
        found = self.done() + self.residue()
        if not self.as_planned or self.limit is None:
            return found, None
        few = too_few(self.run, self.span, measured)
        if few:
            return found + few, None
        found += self.cost(measured) + self.slow(measured) + self.late_recovery()
        return found, (self.lost(), self.recovery())

    def due(self, since):
        """Slots with requests, from a moment in milliseconds on: index, good, failed."""
        first, last = max(self.span.start * SLOTS, since // SLOT_MS), self.span.end * SLOTS
        slots = enumerate(self.run.prove["slots"][first:last], first)
        return [(index, good, bad) for index, (good, bad) in slots if good + bad > 0]

    def lost(self):
        if self.injected is None:
            return None
        due, end = self.due(self.began), min(self.span.end * SLOTS, len(self.run.prove["slots"]))
        until = [slot[0] for slot in due[1:]] + [end]
        return sum(ceil_div((to - at) * SLOT_MS * bad, good + bad) for (at, good, bad), to in zip(due, until))

    def done(self):
        errors = self.evidence["errors"]
        why = cut(errors[0]) + more(len(errors) - 1) if errors else "no reason was given"
        if self.injected is None:
            return [inconclusive("FaultRefused", f"{self.name}: {self.words} could not be injected: {why}")]
        found = []
        if errors:
            found.append(inconclusive("FaultErrors", f"{self.name}: {self.words} did not go as it should: {why}"))
        window = self.end - self.start
        latest = min(window // 5, max(window - self.asked.lease_ms, 0))
        if not self.start <= self.began <= self.injected <= self.start + latest:
            came = self.began if self.began < self.start else self.injected
            message = (f"{self.name}: {self.words} came {seconds(came)} after the start of the load; its phase "
                       f"began at {seconds(self.start)}, and it must come within {seconds(latest)} of that")
            found.append(inconclusive("FaultOutOfTime", message))
        if self.asked.on_node:
            who, lease = WhoFelt(self.asked, self.evidence), self.lease()
            self.as_planned = who.count > 0 and not who.too_wide and not lease
            return found + who.check(self.name, self.words) + lease
        came, missed = self.rotated() if self.asked.rotates else (None, None)
        if self.asked.rotates:
            self.as_planned = self.gone > 0 and came > 0 and missed is None
        if self.gone < self.must:
            message = (f"{self.name}: {self.words} was not felt: {self.gone} of {self.before} ready pods went within "
                       f"the {seconds(window)} of its phase; {self.must} must")
            found.append(inconclusive("FaultNotFelt", message))
        elif self.asked.rotates and (missed or came < max(self.before, 1)):
            what, why = missed or ("NotFelt", None)
            tail = f"of pods with the values that follow {came} came, {max(self.before, 1)} must"
            tail += f"; {why}" if why else ""
            if what == "NotFelt":
                found.append(inconclusive("FaultNotFelt", f"{self.name}: {self.words} was not felt: {tail}"))
            else:
                message = f"{self.name}: it is not known whether {self.words} was felt: {tail}"
                found.append(inconclusive("FaultDoseUnknown", message))
        return found

    def rotated(self):
        """How many pods came with all values that follow, and the first pod of which something else is known."""
        variables, in_order = variables_of(self.run, self.span.component), lambda uid: uid.encode()
        doses = {dose["pod"]: dose for dose in self.evidence.get("doses", [])}
        known = {pod["uid"] for pod in self.evidence["before"]}
        said, came = [], 0
        for pod in sorted({pod["uid"] for pod in self.evidence["before"] if pod["ready"]}, key=in_order):
            former, follows = sides(doses[pod]["before"]) if pod in doses else (0, 0)
            if follows > 0:
                said.append(("NotFelt", pod, f"{follows} of its values were those that follow before it already"))
            elif former == 0 or former != variables:
                said.append(("Unknown", pod, f"{former} of {variables} values were seen before it"))
        for pod in sorted(set(doses) - known, key=in_order):
            former, follows = sides(doses[pod]["during"])
            if former > 0:
                said.append(("NotFelt", pod, f"it came with {former} of its values as before"))
            elif follows == 0 or follows != variables:
                said.append(("Unknown", pod, f"{follows} of {variables} values were seen when it had come"))
            else:
                came += 1
        first = next((one for wanted in ("NotFelt", "Unknown") for one in said if one[0] == wanted), None)
        return came, first and (first[0], f"pod {quote(first[1])}: {first[2]}")

    def lease(self):
        ended, lease = self.evidence.get("endedMs"), self.asked.lease_ms
        if not self.asked.lasts:
            return []
        what = f"{self.name}: {self.words}"
        if ended is None:
            message = f"{what} was not seen to end; its lease is {seconds(lease)}"
            return [inconclusive("LeaseNotSeenToEnd", message)]
        lasted = ended - self.injected
        if lasted > lease + LEASE_LATE_MS:
            return [inconclusive("LeaseOverrun", f"{what} lasted {seconds(lasted)}; its lease is {seconds(lease)}")]
        if ended > self.end:
            message = f"{what} ended {seconds(ended)} after the start of the load; its phase ended at {seconds(self.end)}"
            return [inconclusive("LeaseOverrun", message)]
        if lasted * 10 < lease * 9:
            message = f"{what} lasted only {seconds(lasted)}; its lease is {seconds(lease)}"
            return [inconclusive("LeaseCutShort", message)]
        return []

    def residue(self):
        residue = self.evidence["residue"]
        if not residue:
            return []
        message = f"{self.name}: {self.words} left something behind: {cut(residue[0])}{more(len(residue) - 1)}"
        return [inconclusive("ResidueLeft", message)]

    def cost(self, measured):
        share = measured.failed_more_than(self.limit)
        if not share:
            return []
        message = (f"{self.name}: when {self.asked.phrase()}, {share}; "
                   f"the standard allows {percent(self.limit)}")
        return [failed("FaultCostTooHigh", message)]

    def slow(self, measured):
        limits = [self.asked.limit(self.run.standard, field) for field in ("p95Ms", "p99Ms")]
        return slow(measured, f"{self.name}: when {self.asked.phrase()}", "Fault", *limits)

    def recovery(self):
        """Milliseconds to recovery, "never", or None where it cannot be said."""
        if self.injected is None or self.limit is None:
            return None
        of_node = self.asked.on_node and self.asked.share == "Node"
        of_all = self.asked.all or of_node and WhoFelt(self.asked, self.evidence).of_all
        back_from = self.began + (self.asked.lease_ms if of_all else 0)
        ready = {pod["uid"] for pod in self.evidence["before"] if pod["ready"]}
        went = [pod["atMs"] for pod in self.evidence["gone"] if pod["uid"] in ready
                and back_from <= pod["atMs"] < self.end
                and self.asked.kind in ONE_BY_ONE and self.run.rules in ADDED]
        allowed_ppm = max(self.limit, self.run.standard["steady"]["maxFailedPpm"])
        due = self.due(back_from)
        if len(due) < TOGETHER:
            return None
        longest, served = 0, True
        for place in reversed(range(len(due) - TOGETHER + 1)):
            window = due[place:place + TOGETHER]
            bad = sum(slot[2] for slot in window)
            total = bad + sum(slot[1] for slot in window)
            serves = bad <= ceil_div(total * allowed_ppm, 1_000_000)
            if not serves and place == len(due) - TOGETHER:
                return "never"
            if not serves and served:
                end = due[place + 1][0] * SLOT_MS
                longest = max(longest, end - max((at for at in went if at < end), default=back_from))
            served = serves
        return longest

    def late_recovery(self):
        after = f"{self.name}: after {self.asked.phrase()}"
        recovery, declared = self.recovery(), self.run.recovery_ms
        if recovery is None:
            message = f"{after}, requests were due in too few moments to see when it served again"
            return [inconclusive("RecoveryNotMeasured", message)]
        if recovery == "never":
            message = f"{after}, it did not serve again within the {self.span.end - self.span.start} s watched"
            return [failed("RecoveryTooSlow", message)]
        if recovery > declared:
            message = (f"{after}, it served again after {seconds_measured(recovery)}; "
                       f"declared recoveryTime is {seconds(declared)}")
            return [failed("RecoveryTooSlow", message)]
        if self.ready is None:
            message = f"{after}, requests were served, but its pods were not seen to be ready again"
            return [inconclusive("NotSeenReadyAgain", message)]
        return []


def check_phases(run):
    faults, found, heard = iter(run.prove["faults"]), [], []
    for place, (span, measured) in enumerate(zip(run.spans, run.load)):
        if span.percent is not None:
            continue
        void = disturbed(run, span)
        found += void
        heard.append(not void and not too_few(run, span, measured))
        struck = Struck(run, span, next(faults)) if span.role == "fault" else None
        if void:
            continue
        if span.role in ("steady", "soak"):
            found += check_steady(run, span, measured)
        elif struck:
            of_fault, cost = struck.check(measured)
            found += of_fault
            run.costs += [] if cost is None else [(span.asked, place, *cost)]
    if run.rules in ADDED:
        found += check_operations(run, heard)
    return found + check_soak(run) + climb(run) + check_downtime(run) + check_comparison(run)


# --- the soak ----------------------------------------------------------------------------------

class Trends:
    """What became of a soak: its restarts, and each trend with its limit."""

    def __init__(self, restarts):
        self.restarts, self.memory, self.descriptors, self.latency = restarts, [], [], None


def check_soak(run):
    """What is found of pods and latency in the soak; notes what became of it."""
    span, soak = run.soak, run.standard.get("soak")
    if span is None or soak is None:
        return []
    measured = run.load[run.spans.index(span)]
    if disturbed(run, span) or too_few(run, span, measured) or plan_soak(run):
        return []
    pods = run.prove.get("soak")
    if pods is None:
        return [inconclusive("SoakMissing", "nobody looked at memory and descriptors during the soak")]
    there = {pod["component"] for pod in pods if pod["ready"]}
    found = [inconclusive("SoakPodMissing", f"the soak: no pod of component {quote(name)} was ready when it began")
             for name in sorted(set(run.result["bundle"]["images"]) - there, key=lambda name: name.encode())]
    pods = sorted(pods, key=lambda pod: (pod["component"].encode(), pod["uid"].encode()))
    looks = (span.end - span.start) // span.every
    lacks = [lack_of_pod(span, pod, looks) for pod in pods]
    whole = sum(pod["ready"] and lack is None for pod, lack in zip(pods, lacks))
    series, horizon = 2 * whole + (soak.get("p95Ms") is not None), soak["horizonSeconds"] * 1000
    run.trends = Trends(sum(max(len(pod["runs"]) - 1, 0) for pod in pods))
    for pod, lack in zip(pods, lacks):
        if lack is not None:
            found.append(lack)
        elif pod["ready"]:
            life = pod["runs"][0]
            found += grown(run, pod, series, 1, soak["memoryPercent"], life["memoryLimit"])
            found += grown(run, pod, series, 2, soak["descriptorPercent"], life["descriptorLimit"])
    if soak.get("p95Ms") is not None:
        found += slowed(run, Trend(latencies_of(run, looks), horizon, series), looks)
    return found


def least_looks(looks):
    return ceil_div(9 * looks, 10)


def lack_of_pod(span, pod, looks):
    name, uid, restarts, gone = cut(pod["component"]), quote(pod["uid"]), max(len(pod["runs"]) - 1, 0), pod.get("goneMs")
    if restarts:
        return failed("SoakRestarted", f"{name}: the container of pod {uid} was started again {restarts} times during the "
                                       f"soak, in which nothing was broken")
    if not pod["ready"]:
        return None
    if gone is not None and span.start * 1000 <= gone < span.end * 1000:
        return inconclusive("SoakPodGone", f"{name}: pod {uid} went {seconds(gone)} after the start of the load, during "
                                           f"the soak, in which nothing was broken")
    seen, least = len(pod["runs"][0]["samples"]) if pod["runs"] else 0, least_looks(looks)
    if seen < least:
        errors = pod.get("errors") or []
        why = f": {cut(errors[0])}" if errors else ""
        return inconclusive("SoakTooFewSamples", f"{name}: pod {uid} was looked at {seen} times during the soak; fewer "
                                                 f"than {least} are no evidence{why}")
    return None


def grown(run, pod, series, which, part, limit):
    code, what, used, say, say_limit = (
        ("MemoryGrows", "memory", "memory", memory_measured, memory) if which == 1 else
        ("DescriptorsGrow", "descriptors", "open descriptors", str, str))
    limit, name, uid = exact(limit * part // 100), cut(pod["component"]), quote(pod["uid"])
    samples = [(sample[0], sample[which]) for sample in pod["runs"][0]["samples"]]
    trend = Trend(samples, run.standard["soak"]["horizonSeconds"] * 1000, series)
    if limit == 0 or not trend.known:
        return [inconclusive("SoakUnbounded", f"{name}: pod {uid} has no limit of {what}: nobody knows how much of it "
                                              f"there is to use up")]
    (run.trends.memory if which == 1 else run.trends.descriptors).append((trend, limit))
    if trend.ahead <= limit:
        return []
    how = (f"grew from {say(trend.first)} to {say(trend.last)} in {leads(run, trend, say)}" if trend.grows
           else f"was at {say(trend.last)}")
    return [failed(code, f"{name}: {used} of pod {uid} {how}; the standard allows {say_limit(limit)}")]


def leads(run, trend, say):
    return (f"{run.soak.end - run.soak.start} s; that is no chance, and leads to {say(trend.ahead)} within "
            f"{run.standard['soak']['horizonSeconds']} s")


def latencies_of(run, looks):
    """The 95th percentile of latency in each stretch of the soak in which an answer came."""
    span, stretches = run.soak, {}
    every = (span.end - span.start) // looks
    for bucket in run.prove["buckets"]:
        place = (bucket["second"] - span.start) // every
        if 0 <= place < looks:
            stretches.setdefault(place, Histogram()).add(bucket["latencyUs"])
    samples = [((span.start + place * every) * 1000, stretches[place].percentile(95)) for place in sorted(stretches)]
    return [sample for sample in samples if sample[1] is not None]


def slowed(run, trend, looks):
    samples, limit = latencies_of(run, looks), run.standard["soak"]["p95Ms"] * 1000
    least = least_looks(looks)
    if len(samples) < least or not trend.known:
        return [inconclusive("SoakTooFewSamples", f"in the soak, answers came in {len(samples)} of {looks} stretches; "
                                                  f"fewer than {least} are no evidence")]
    run.trends.latency = trend
    if trend.ahead <= limit:
        return []
    last = latency_measured(trend.last)
    how = (f"{latency_measured(trend.first)} and then {last} in {leads(run, trend, latency_measured)}" if trend.grows
           else f"{last} at its end")
    return [failed("LatencyGrows", f"in the soak, 95 % of answers came within {how}; the standard allows "
                                   f"{latency(limit)}")]


# --- the ladder --------------------------------------------------------------------------------

def climb(run):
    """What is found of the steps that must hold; notes what became of each."""
    must_hold = (run.standard.get("capacity") or {}).get("headroomPercent")
    found, steps = [], [(span, part) for span, part in zip(run.spans, run.load) if span.percent is not None]
    for (span, measured), lag in zip(steps, run.prove.get("stepLagUs", [])):
        state, of_step = "Untold", []
        if "Broke" not in [one for _, one in run.steps]:
            void = disturbed(run, span) or not_asked(run, span, measured, lag) or too_few(run, span, measured)
            of_step = void or beyond(run, span, measured)
            state = "Unknown" if void else "Broke" if of_step else "Held"
        run.steps.append((span.percent, state))
        if must_hold is not None and span.percent <= must_hold:
            found += of_step
    return found + (unplaced(run) if must_hold is not None and run.steps else [])


def not_asked(run, span, measured, lag):
    late, limit, load = run.lag_p99(lag), run.lag_limit(), run.plan["prove"]["load"]
    planned = run.beginning(load["requestsPerMinute"] * span.percent * (span.end - span.start) // 6_000)
    due, unsent = run.came(span.start, span.end), run.unsent_ppm(measured)
    lacks = max(planned - due, 0)
    if late is not None and late > limit:
        why = (f"99 % of its requests left within {latency_measured(late)} of their moment, {latency(limit)} are "
               f"allowed")
    elif due == 0 or (due * 10 < planned * 9 and lacks * lacks > planned * 25):
        why = f"{due} requests were due where {planned} were planned"
    elif unsent is not None and unsent > MAX_UNSENT_PPM:
        why = (f"{percent_measured(unsent)} of requests ({measured.failed['Unsent']}) were never sent; "
               f"{percent(MAX_UNSENT_PPM)} is allowed")
    else:
        return []
    return [inconclusive("StepNotAsked", f"phase {quote(span.name)}: the load generator could not ask for {span.percent} % "
                                         f"of the declared rate: {why}; nothing is concluded from this step")]


def beyond(run, span, measured):
    limits, found = run.standard["steady"], []
    place = f"phase {quote(span.name)}: at {span.percent} % of the declared rate"
    share = measured.failed_more_than(limits["maxFailedPpm"])
    if share and measured.failures() > ceil_div(measured.total() * limits["maxFailedPpm"], 1_000_000):
        message = f"{place}, {share}; the standard allows {percent(limits['maxFailedPpm'])}"
        found.append(failed("CapacityFailuresTooHigh", message))
    return found + slow(measured, place, "Capacity", limits["p95Ms"], limits["p99Ms"])


def unplaced(run):
    profile, why = run.prove.get("profile"), None
    if profile is None:
        why = "its profile is missing"
    else:
        there = {pods["component"] for node in profile["nodes"] for pods in node["pods"] if pods["count"]}
        absent = sorted(set(run.result["bundle"]["images"]) - there, key=lambda name: name.encode())
        why = f"its profile has no pod of component {quote(absent[0])}" if absent else None
    message = f"it is not known on what the ladder was asked: {why}"
    return [inconclusive("ProfileMissing", message)] if why else []


def held(run):
    if run.steps and run.steps[0][1] == "Broke":
        return 0
    highest = None
    for step, state in run.steps:
        if state != "Held":
            break
        highest = step
    return highest


# --- downtime of a year ------------------------------------------------------------------------

class Random:
    """SplitMix64."""

    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = mixed = self.state + 0x9E3779B97F4A7C15 & MASK
        mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9 & MASK
        mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB & MASK
        return mixed ^ mixed >> 31


class Repeated:
    """A fault of the standard with what its repetitions cost."""

    def __init__(self, asked):
        self.asked, self.times, self.window, self.powers = asked, 0, 0, []
        self.risks = []  # of each risk its repetitions: what was lost, and whether it was seen to end

    def prepare(self):
        power = (self.times << 64) // (self.times + SHAPE)
        while power:
            self.powers.append(power)
            power = power * power >> 64
        self.bits = [(1 << bit, power) for bit, power in enumerate(self.powers)][::-1]

    def year(self, draw):
        """With what cannot be excluded, and as it was seen."""
        most, events = min(len(self.risks) * min(map(len, self.risks)), MOST_REPETITIONS), 0
        for _ in range(SHAPE):
            drawn, reached = draw(), 1 << 64
            for step, power in self.bits:
                further = reached * power >> 64
                if further > drawn:
                    reached = further
                    events += step
        unlike = min(draw() for _ in range(most))
        unseen = events * unlike + draw() >> 64
        tail = min((self.window << 64) // (draw() + 1), YEAR_MS)
        few = min(events, most)
        drawn = [self.one(draw()) for _ in range(few)]
        # One that was not seen to end has no upper bound but the year.
        known = ceil_div(sum(ms if ended else YEAR_MS for ms, ended in drawn) * (events - unseen), max(few, 1))
        seen = ceil_div(sum(ms for ms, _ in drawn) * events, max(few, 1))
        return min(known + unseen * tail, YEAR_MS), min(seen, YEAR_MS)

    def one(self, drawn):
        risk, rest = divmod(drawn * len(self.risks), 1 << 64)
        return self.risks[risk][rest * len(self.risks[risk]) >> 64]


def models_downtime(run):
    faults = run.standard["faults"]
    return run.rules != V1 and bool(faults) and all(fault.get("timesAYear") is not None for fault in faults)


def model_downtime(run, pooled):
    """Bounds of all faults and of each alone, each as (modelled, seen), or None; with earlier repetitions or without."""
    faults = {}
    for limits in run.standard["faults"]:
        asked = Asked(run.rules, limits["kind"], strike_of(limits))
        struck = sum(len(peers_of(run, component, limits)) for component in run.result["bundle"]["images"])
        if not limits["timesAYear"] * struck:
            continue
        fault = faults.setdefault(asked.key(), Repeated(asked))
        fault.times = max(fault.times, limits["timesAYear"] * struck)
        fault.window = max(fault.window, limits["windowSeconds"] * 1000)
        fault.risks = risks_of(run, asked, pooled)
    faults = list(faults.values())
    if not faults or not all(fault.risks for fault in faults):
        return None
    lost = [[ms for risk in fault.risks for ms, _ in risk] for fault in faults]
    lines = [" ".join(map(str, [fault.times, fault.window, *of])) for fault, of in zip(faults, lost)]
    text = "\n".join([run.result["announcement"]["nonce"], *lines])
    draw = Random(int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")).next
    for fault in faults:
        fault.prepare()
    years = [[fault.year(draw) for fault in faults] for _ in range(YEARS)]

    def bound(amounts):
        return sorted(amounts)[ceil_div(YEARS * 95, 100) - 1]

    whole = [bound(min(sum(fault[side] for fault in year), YEAR_MS) for year in years) for side in (0, 1)]
    alone = [[bound(year[place][side] for year in years) for side in (0, 1)] for place in range(len(faults))]
    return whole, [(fault.asked, bounds) for fault, bounds in zip(faults, alone)]


def risks_of(run, asked, pooled):
    """What each risk of a fault has cost, each time; without earlier runs each phase stands by itself."""
    risks = {}
    for of, place, lost, recovery in run.costs:
        if not of.belongs_to(asked):
            continue
        if pooled is None:
            risks[place] = [(lost, True)]
            continue
        before = [(one["lostMs"], one.get("recoveryMs") is not None) for one in pooled.of(place)]
        risks.setdefault((pooled.phases[place],), before).append((lost, recovery != "never"))
    return list(risks.values())


def check_downtime(run):
    if not models_downtime(run):
        return []
    run.downtime, declared = model_downtime(run, None), run.downtime_ms
    if run.downtime is None:
        return []
    if run.pooled is None:
        return hold_downtime(run, run.downtime, "")
    run.own_downtime, run.downtime = run.downtime, model_downtime(run, run.pooled)
    if run.own_downtime[0][1] > declared:
        return hold_downtime(run, run.own_downtime, "")
    met = {run.pooled.phases[place] for _, place, _, _ in run.costs} - {None}
    earlier = [one for risk in met for one in run.pooled.faults[risk]]
    never = sum(one.get("recoveryMs") is None for one in earlier)
    never = f", {never} of them not seen to end" if never else ""
    return hold_downtime(run, run.downtime, f"; with {len(earlier)} repetitions of earlier runs{never}")


def hold_downtime(run, downtime, tail):
    (modelled, seen), alone = downtime

    def parts(side):
        most = sorted(alone, key=lambda one: -one[1][side])
        named = [f"{asked.words()} {seconds_measured(bounds[side])}" for asked, bounds in most[:MOST_FAULTS]]
        return ", ".join(named) + more(len(alone) - MOST_FAULTS)

    declared = f"declared maxDowntimePerYear is {seconds(run.downtime_ms)}; alone: "
    if seen > run.downtime_ms:
        message = (f"1 of 20 modelled years has over {seconds_measured(seen)} of downtime by the faults of the "
                   f"standard; {declared}{parts(1)}{tail}")
        return [failed("DowntimeTooLong", message)]
    if modelled > run.downtime_ms:
        message = (f"so few repetitions do not exclude over {seconds_measured(modelled)} of downtime by the faults of "
                   f"the standard in 1 of 20 years; {declared}{parts(0)}{tail}")
        return [inconclusive("DowntimeNotExcluded", message)]
    return []


# --- the comparison ----------------------------------------------------------------------------

def check_comparison(run):
    """What is found beside the last confirmed release; notes what became of the blocks."""
    plan, asked = (run.plan["prove"].get("comparison") or {}).get("reference"), run.standard.get("comparison")
    if asked is None or plan_comparison(run):
        return []
    unlike = too_little_in_common(run, plan, asked)
    if unlike:
        return [inconclusive("ComparisonMissing", unlike)]
    if plan is None:
        return []
    if run.prove.get("comparison") is None:
        return [inconclusive("ComparisonMissing", f"the last confirmed release (bundle {quote(plan['bundle'])}) was not "
                                                  f"asked beside the candidate; nobody knows whether that is slower")]
    pairs, void = [], None
    for index, turns in enumerate(compared.blocks(plan, run.result["announcement"]["nonce"])):
        why = (late_in_block(run, index) or moved_in_block(run, turns[0][1], turns[-1][2])
               or says_nothing(run, plan, "candidate", turns) or says_nothing(run, plan, "reference", turns))
        if why:
            void = void or f"; block {index + 1}: {why}"
        else:
            both = [asked_in(run, side, turns) for side in ("candidate", "reference")]
            pairs.append(tuple(one.latency.percentile(95, one.total() - sum(one.latency.cells.values())) for one in both))
    run.compared, least = (len(pairs), None), compared.least(plan["blocks"])
    if len(pairs) < least:
        return [inconclusive("ComparisonVoid", f"{len(pairs)} of {plan['blocks']} blocks beside the last confirmed release "
                                               f"say something; {least} are needed{void or ''}")]
    change = compared.Change(pairs)
    run.compared, limit = (len(pairs), change), asked.get("maxP95SlowerPpm")
    if limit is None or change.least <= compared.EQUAL + limit or change.longer <= asked["mattersMs"] * 1000:
        return []

    def longer(ratio):
        return percent_measured(max(ratio - compared.EQUAL, 0))

    return [failed("SlowerThanConfirmed", f"beside the last confirmed release, 95 % of answers took "
                                          f"{longer(change.middle)} longer, at least {longer(change.least)} and "
                                          f"{latency_measured(change.longer)} with 99.5 % confidence over {len(pairs)} "
                                          f"blocks; the standard allows {percent(limit)}")]


def too_little_in_common(run, plan, asked):
    """Why what both are asked says too little for a limit to be held against it."""
    if asked.get("maxP95SlowerPpm") is None:
        return None
    if plan is None and run.plan["prove"]["comparison"]["nothing"]["why"] == "NoneConfirmed":
        return None
    every = sum(operation["weight"] for operation in run.operations if operation.get("after") is None)
    known = sum(run.operations[index]["weight"] for index in plan["operations"]) if plan else 0
    if plan and known * 2 >= every:
        return None
    return (f"the last confirmed release knows operations with {known} of the weight {every} of those that begin a visit; "
            f"at least half is needed, or nobody knows whether that is slower")


def late_in_block(run, index):
    first = index * compared.PARTS
    cells = [cell for part in run.prove["comparison"]["lagUs"][first:first + compared.PARTS] for cell in part]
    late, limit = run.lag_p99(cells), run.lag_limit()
    if late is None:
        return "no request left"
    if late <= limit:
        return None
    return f"99 % of its requests left within {latency_measured(late)} of their moment, {latency(limit)} are allowed"


def moved_in_block(run, start, end):
    plan, latencies, good, due = run.plan["prove"].get("control"), Histogram(), 0, 0
    if not plan:
        return None
    for one in run.prove["comparison"].get("control") or []:
        if start <= one["second"] < end:
            latencies.add(one["latencyUs"])
            good, due = good + one["good"], due + one["good"] + one["failed"]
    wanted, limit = plan["requestsPerSecond"] * (end - start), run.lag_limit()
    if due * 10 < wanted * 9:
        return f"the control was asked {due} times where {wanted} were planned"
    within = latencies.percentile(95, due - sum(latencies.cells.values()))
    if within is not None and within <= limit:
        return None
    moved = (f"it answered {good} of {due} requests" if within is None
             else f"95 % of its answers came within {latency_measured(within)}")
    return f"the control was disturbed: {moved}, 95 % within {latency(limit)} are required"


def asked_in(run, side, turns):
    """Requests to one of the two in its turns, without the first second of each."""
    measured = Measured()
    for bucket in run.prove["comparison"][side]:
        if any(of == side and start < bucket["second"] < end for of, start, end in turns):
            measured.add(bucket)
    return measured


def says_nothing(run, plan, side, turns):
    name, measured = {"candidate": "the candidate", "reference": "the last confirmed release"}[side], asked_in(run, side, turns)
    due, planned = measured.total(), plan["requestsPerMinute"] * 2 * (plan["seconds"] - 1) // 60
    lacks = max(planned - due, 0)
    if due * 10 < planned * 9 and lacks * lacks > planned * 25:
        return f"{due} requests to {name} were due where {planned} were planned"
    if due < compared.FEWEST_REQUESTS:
        return f"{due} requests to {name} were due; fewer than {compared.FEWEST_REQUESTS} are no evidence"
    unsent = run.unsent_ppm(measured)
    if unsent is not None and unsent > MAX_UNSENT_PPM:
        return f"{percent_measured(unsent)} of requests to {name} were never sent; {percent(MAX_UNSENT_PPM)} is allowed"
    share = measured.failed_more_than(MOST_FAILED_PPM)
    if share:
        return f"of {name}, {share}"
    if measured.latency.percentile(95, due - sum(measured.latency.cells.values())) is None:
        return f"too few answers of {name} are known"
    return None


# --- figures -----------------------------------------------------------------------------------

def figures_of(run):
    figures = []

    def add(phase, name, value, limit):
        value, limit = (None if number is None else exact(number) for number in (value, limit))
        figures.append({"phase": phase, "name": name, "value": value, "limit": limit})

    proven = run.prove is not None
    add("", "requests", run.begun if proven else None, exact(run.planned() * 9 // 10))
    add("", "unsentPpm", run.unsent_ppm(), MAX_UNSENT_PPM)
    add("", "lagP99Us", run.lag_p99() if proven else None, run.lag_limit())
    if run.plan["prove"]["load"].get("closed") is not None:
        add("", "omittedRequests", run.whole.omitted_good + run.whole.omitted_failed if proven else None, None)
    if run.twin:
        twin = run.prove.get("twin") if proven else None
        add("", "twinPercent", twin["percent"] if twin else None, None)
    if models_downtime(run):
        whole = run.downtime[0] if run.downtime else (None, None)
        add("", "modelledDowntimeMs", whole[0], run.downtime_ms)
        add("", "seenDowntimeMs", whole[1], run.downtime_ms)
        if builds_on_earlier(run):
            add("", "ownSeenDowntimeMs", run.own_downtime[0][1] if run.own_downtime else None, run.downtime_ms)
    if builds_on_earlier(run):
        add("", "earlierRuns", run.pooled.dossiers if run.pooled else None, None)
    capacity = run.standard.get("capacity")
    if capacity is not None or run.ladder is not None:
        add("", "heldPercent", held(run), capacity["headroomPercent"] if capacity else None)
        add("", "brokeAtPercent", next((step for step, state in run.steps if state == "Broke"), None), None)
    plan, asked = (run.plan["prove"].get("comparison") or {}).get("reference"), run.standard.get("comparison")
    if plan is not None and asked is not None:
        said, change = run.compared or (None, None)
        limit = asked.get("maxP95SlowerPpm")
        add("", "comparedBlocks", said, compared.least(plan["blocks"]))
        add("", "comparedPpm", change and change.middle, None)
        add("", "comparedLeastPpm", change and change.least, None if limit is None else compared.EQUAL + limit)
        add("", "comparedMostPpm", change and change.most, None)
    faults = iter(run.prove["faults"] if proven else [])
    lags = iter(run.prove.get("stepLagUs", []) if proven else [])
    steady = run.standard["steady"]
    for place, (span, measured) in enumerate(zip(run.spans, run.load)):
        least, limits = None, [None, None, None]
        if span.role in ("steady", "soak", "capacity"):
            least, limits = run.least(), [steady["maxFailedPpm"], steady["p95Ms"] * 1000, steady["p99Ms"] * 1000]
        elif span.role == "fault":
            limits = [span.asked.limit(run.standard, field) for field in ("maxFailedPpm", "p95Ms", "p99Ms")]
            least, limits[1:] = run.least(), [None if ms is None else ms * 1000 for ms in limits[1:]]
        add(span.name, "requests", measured.total() if proven else None, least)
        add(span.name, "failedPpm", measured.failed_ppm(), limits[0])
        add(span.name, "p95Us", measured.latency.percentile(95), limits[1])
        add(span.name, "p99Us", measured.latency.percentile(99), limits[2])
        if run.control and span.role != "warmUp":
            add(span.name, "controlP95Us", run.of_control(span)[2], run.lag_limit())
        if run.twin and span.role == "steady":
            add(span.name, "twinP95Us", run.of_twin(span)[1], steady["p95Ms"] * 1000)
        if span.percent is not None:
            lag = next(lags, None)
            add(span.name, "unsentPpm", run.unsent_ppm(measured), MAX_UNSENT_PPM)
            add(span.name, "lagP99Us", None if lag is None else run.lag_p99(lag), run.lag_limit())
        soak = run.standard.get("soak")
        if span.role == "soak" and soak is not None:
            trends = run.trends
            add(span.name, "restarts", trends.restarts if trends else None, 0)
            for measure, name in (("memory", "memoryAheadPpm"), ("descriptors", "descriptorsAheadPpm")):
                part = soak["memoryPercent" if measure == "memory" else "descriptorPercent"]
                shares = [share_ppm(trend.ahead * part, limit * 100)
                          for trend, limit in (getattr(trends, measure) if trends else [])]
                add(span.name, name, max(shares, default=None), part * 10_000)
            if soak.get("p95Ms") is not None:
                ahead = trends.latency.ahead if trends and trends.latency else None
                add(span.name, "p95AheadUs", ahead, soak["p95Ms"] * 1000)
        if span.role == "fault":
            evidence = next(faults, None)
            struck = Struck(run, span, evidence) if evidence is not None else None
            recovery = struck.recovery() if struck else None
            ready = None
            if struck and None not in (struck.injected, struck.ready) and struck.ready >= struck.injected:
                ready = struck.ready - struck.injected
            if span.asked.on_node:
                who = WhoFelt(span.asked, evidence) if evidence is not None else None
                strength = span.asked.strength() if span.asked.has_strength else None
                add(span.name, "podsFelt", who.count if who else None, who.must if who else None)
                add(span.name, "doseP50", who.least if who else None,
                    strength * 1000 if strength and span.asked.kind in ("Delay", "Jitter", "DnsDelay") else strength)
            else:
                add(span.name, "podsGone", struck.gone if struck else None, struck.must if struck else None)
            add(span.name, "recoveryMs", None if recovery == "never" else recovery, run.recovery_ms)
            add(span.name, "readyAgainMs", ready, None)
            if run.rules != V1:
                add(span.name, "lostMs", struck.lost() if struck else None, None)
            if models_downtime(run):
                alone = run.downtime[1] if run.downtime else []
                modelled = next((bounds[0] for asked, bounds in alone if span.asked.belongs_to(asked)), None)
                add(span.name, "modelledDowntimeMs", modelled, None)
            if builds_on_earlier(run):
                own = [recovery for _, at, _, recovery in run.costs if at == place]
                proof = run.pooled.proof(place, own, run.recovery_ms) if run.pooled else [None] * len(history.PROOF)
                for name, value in zip(history.PROOF, proof):
                    add(span.name, name, value, None)
    return figures


def builds_on_earlier(run):
    return run.standard.get("history") is not None and run.plan["prove"].get("history") is not None


# --- the verdict -------------------------------------------------------------------------------

def judge(result):
    """The verdict on a test result."""
    if result["rules"] not in KNOWN:
        message = f"the result names the rules {quote(result['rules'])}; known are {' and '.join(KNOWN)}"
        return verdict([inconclusive("UnknownRules", message)], [])
    run = Run(drawn.effective(result))
    allowed = [allowed_of(run, span) for span in run.spans]
    lack, run.pooled = history.pool(result, allowed, quote)  # of what was announced, and not of what was drawn
    found = check_plan(run) + ([inconclusive("PlanIncomplete", lack)] if lack else [])
    found += lacks_of_verify(run) or check_functional(run) + check_contracts(run)
    void = lacks_of_prove(run) or voids(run) or knocked(run)
    if any(code == "TwinPassed" for _, code, _ in void):
        found = []
    found += void or saturated(run) + check_phases(run)
    return verdict(found, figures_of(run))


def allowed_of(run, span):
    """Of ten tenths of a second that serve after a fault, the share that may fail."""
    limit = span.asked.limit(run.standard, "maxFailedPpm") if span.role == "fault" else None
    return None if limit is None else max(limit, run.standard["steady"]["maxFailedPpm"])


def verdict(found, figures):
    found = [one for outcome in ("Failed", "Inconclusive") for one in found if one[0] == outcome]
    findings = [{"code": code, "message": message} for _, code, message in found]
    return {"outcome": found[0][0] if found else "Passed", "findings": findings, "figures": figures}


def canonical(document):
    """RFC 8785, for documents whose keys are ASCII and whose numbers are integers."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


# --- the dossier -------------------------------------------------------------------------------

BROKEN = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)


class DoesNotHold(Exception):
    """The first thing in a dossier that does not hold."""


def expect(field, found, expected):
    if found != expected:
        raise DoesNotHold(f"{field}: {canonical(found)}, expected {canonical(expected)}")


def descriptor(name, digest):
    return {"name": name, "digest": {"sha256": digest.removeprefix("sha256:")}}


def open_dossier(envelope, keys, lab):
    """Opens an envelope, holds the statement in it against itself and against keys of the lab; gives its verdict."""
    payload = open_envelope(envelope, keys)
    verdict = hold_payload(payload)
    if lab:
        hold_measurements(json.loads(payload)["predicate"], lab)
    return verdict


def open_envelope(envelope, keys):
    """The payload of an envelope, which one of the keys has signed, where there is one."""
    expect("payloadType", envelope["payloadType"], PAYLOAD)
    payload = base64.b64decode(envelope["payload"], validate=True)
    if keys:
        signed = b"DSSEv1 %d %s %d " % (len(PAYLOAD), PAYLOAD.encode(), len(payload)) + payload
        signatures = [base64.b64decode(one["sig"], validate=True) for one in envelope["signatures"]]
        if not any(ecdsa_verify(key, signed, signature) for key in keys for signature in signatures):
            raise DoesNotHold(f"signatures: none of {len(signatures)} fits a pinned key")
    return payload


def hold_measurements(result, keys):
    """Holds all evidence against what the lab signed of it."""
    run, signed = result["announcement"], result.get("measurements", {})
    plan = "sha256:" + hashlib.sha256(canonical(result["plan"]).encode()).hexdigest()
    for part, media_type in MEDIA_TYPES.items():
        field, evidence, envelope = f"predicate.measurements.{part}", result["evidence"][part], signed.get(part)
        if (evidence is None) != (envelope is None):
            raise DoesNotHold(f"{field}: " + ("there is no such evidence" if evidence is None else "lacks"))
        if evidence is None:
            continue
        digest = hashlib.sha256(canonical(evidence).encode()).hexdigest()
        try:
            found = json.loads(open_envelope(envelope, keys))
            expect("_type", found["_type"], STATEMENT)
            expect("predicateType", found["predicateType"], MEASUREMENT)
            expect("subject", found["subject"], [descriptor(media_type, digest)])
            expect("predicate", found["predicate"], {"announcement": run["id"], "nonce": run["nonce"], "plan": plan})
        except DoesNotHold as error:
            raise DoesNotHold(f"{field}: {error}") from error


def in_form(payload):
    """The statement in a payload that is its canonical form."""
    statement = json.loads(payload)
    try:
        form.hold(statement, payload)
    except form.NotItsForm as error:
        raise DoesNotHold(f"payload: it is not its own canonical form: {error}") from error
    return statement


def hold_payload(payload):
    """Holds the statement in a payload against itself; gives its verdict."""
    statement = in_form(payload)
    expect("_type", statement["_type"], STATEMENT)
    expect("predicateType", statement["predicateType"], PREDICATE)
    result = statement["predicate"]
    if result["rules"] not in KNOWN:
        raise DoesNotHold(f"predicate.rules: {canonical(result['rules'])}, known are {' and '.join(KNOWN)}")
    digest = hashlib.sha256(canonical(result["bundle"]).encode()).hexdigest()
    images = [image for part in ("images", "databases")
              for image in sorted(result["bundle"].get(part, {}).items(), key=lambda item: item[0].encode())]
    subject = [descriptor("bundle", digest)] + [descriptor(name, image.rpartition("@")[2]) for name, image in images]
    expect("subject", statement["subject"], subject)
    computed = judge(result)
    expect("predicate.verdict", result["verdict"], computed)
    return computed


# --- ECDSA P-256, as in SEC 1; verification only, so nothing here is secret ---------------------

P = 2**256 - 2**224 + 2**192 + 2**96 - 1
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
G = (0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
     0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5)
SPKI = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")


def add_points(one, two):
    if one is None or two is None:
        return one or two
    if one[0] == two[0] and (one[1] + two[1]) % P == 0:
        return None
    if one == two:
        slope = (3 * one[0] * one[0] - 3) * pow(2 * one[1], -1, P)
    else:
        slope = (two[1] - one[1]) * pow(two[0] - one[0], -1, P)
    x = (slope * slope - one[0] - two[0]) % P
    return x, (slope * (one[0] - x) - one[1]) % P


def multiply(point, factor):
    result = None
    while factor:
        if factor & 1:
            result = add_points(result, point)
        point, factor = add_points(point, point), factor >> 1
    return result


def read_key(pem):
    """A point from an SPKI PEM."""
    pem = pem[max(pem.find("-----BEGIN"), 0):]  # lines before it say when the key signs
    der = base64.b64decode("".join(line for line in pem.splitlines() if line and not line.startswith("-----")))
    x, y = int.from_bytes(der[len(SPKI):len(SPKI) + 32], "big"), int.from_bytes(der[len(SPKI) + 32:], "big")
    if not der.startswith(SPKI) or len(der) != len(SPKI) + 64 or (y * y - x * x * x + 3 * x - B) % P or max(x, y) >= P:
        raise DoesNotHold("the key is no PEM of an ECDSA P-256 key")
    return x, y


def read_key_of(path):
    with open(path, encoding="ascii") as file:
        return read_key(file.read())


def read_signature(der):
    """r and s from strict DER, or None."""
    numbers, rest = [], der[2:]
    if len(der) < 8 or der[0] != 0x30 or der[1] != len(rest):
        return None
    for _ in range(2):
        if len(rest) < 3 or rest[0] != 2 or not 0 < rest[1] <= len(rest) - 2:
            return None
        number, rest = rest[2:2 + rest[1]], rest[2 + rest[1]:]
        if number[0] & 0x80 or (len(number) > 1 and number[0] == 0 and not number[1] & 0x80):
            return None
        numbers.append(int.from_bytes(number, "big"))
    return numbers if not rest else None


def ecdsa_verify(key, message, signature):
    numbers = read_signature(signature)
    if numbers is None or not all(0 < number < N for number in numbers):
        return False
    r, s = numbers
    inverse, digest = pow(s, -1, N), int.from_bytes(hashlib.sha256(message).digest(), "big")
    point = add_points(multiply(G, digest * inverse % N), multiply(key, r * inverse % N))
    return point is not None and point[0] % N == r


# --- the command -------------------------------------------------------------------------------

class Parser(argparse.ArgumentParser):
    def error(self, message):
        # argparse would exit with 2, which means Failed here.
        self.exit(1, f"{self.format_usage()}{message}\n")


def main():
    parser = Parser(description="A second verifier of dossiers; see docs/verdict.md.")
    parser.add_argument("envelope", nargs="?", help="file of a signed dossier")
    parser.add_argument("--key", action="append", default=[], metavar="PEM", help="pinned public key; may be repeated")
    parser.add_argument("--lab-key", action="append", default=[], metavar="PEM",
                        help="pinned public key of the lab; may be repeated")
    parser.add_argument("--judge-lines", metavar="FILE", help="file with one test result a line")
    parser.add_argument("--open-lines", metavar="FILE", help="file with one payload a line, in base64")
    parser.add_argument("--form-lines", metavar="FILE", help="the same, but only the form is looked at")
    arguments = parser.parse_args()
    given = (arguments.envelope, arguments.judge_lines, arguments.open_lines, arguments.form_lines)
    if sum(one is not None for one in given) != 1:
        parser.error("give an envelope, --judge-lines FILE, --open-lines FILE or --form-lines FILE")
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    if arguments.judge_lines:
        with open(arguments.judge_lines, encoding="utf-8", newline="\n") as lines:
            for line in lines:
                print(canonical(judge(json.loads(line))))
        return 0
    if arguments.open_lines or arguments.form_lines:
        with open(arguments.open_lines or arguments.form_lines, encoding="ascii") as lines:
            for line in lines:
                payload = base64.b64decode(line.strip(), validate=True)
                try:
                    if arguments.form_lines:
                        in_form(payload)
                    print("holds" if arguments.form_lines else canonical(hold_payload(payload)))
                except (DoesNotHold, *BROKEN) as error:
                    print(f"refused: {error}".replace("\n", " "))
        return 0
    if not arguments.key:
        print("no --key: the signature is not checked", file=sys.stderr)
    try:
        keys, lab = ([read_key_of(path) for path in paths] for paths in (arguments.key, arguments.lab_key))
        with open(arguments.envelope, encoding="utf-8") as file:
            computed = open_dossier(json.load(file), keys, lab)
    except DoesNotHold as error:
        print(error, file=sys.stderr)
        return 1
    except (OSError, *BROKEN) as error:
        print(f"this is no dossier: {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    print(canonical(computed))
    return {"Passed": 0, "Failed": 2, "Inconclusive": 3}[computed["outcome"]]


if __name__ == "__main__":
    sys.exit(main())
