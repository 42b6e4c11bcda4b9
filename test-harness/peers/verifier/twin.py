"""*The twin (v2)* of docs/verdict.md, `verdict/twin.rs`: a service that is too late on purpose, and must be refused.

Where the gates pass it nothing is concluded from the run. It must not import any other rule but what the evidence of every
load must be.
"""

import hashlib

from .completeness_load import wrong_latencies
from .found import inconclusive
from .load import Measured
from .say import latency, latency_measured, quote

PERCENTS = (110, 150)  # of the limit on the 95th percentile of latency


def percent(run):
    """Drawn from the nonce."""
    return PERCENTS[hashlib.sha256(run.nonce().encode()).digest()[0] % 2]


def asked_in(run, span):
    """Requests to the twin in a phase, and within which time 95 % of those that say something were answered."""
    buckets = ((run.prove or {}).get("twin") or {}).get("buckets", [])
    measured = Measured(bucket for bucket in buckets if span.owns(bucket["second"]))
    return measured, measured.latency.percentile(95, measured.failed["Timeout"])


def wrong(run):
    seen = run.prove.get("twin")
    if seen is None:
        return None
    if not run.twin:
        return "the plan has no twin, and the evidence has one"
    drawn, planned = percent(run), run.twin["operation"]
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


def voids(run):
    """What the twin that must be refused says against the run."""
    found = [one for span, service in zip(run.spans, run.load) if run.twin and span.role == "steady"
             for one in passed_in(run, span, service)]
    return [one for one in found if one[1] == "TwinPassed"] or found


def passed_in(run, span, service):
    twin, within = asked_in(run, span)
    limits, place = run.standard["steady"], f"in phase {quote(span.name)}, the twin"
    due, wanted = twin.total(), run.twin["requestsPerSecond"] * (span.end - span.start)
    judgeable = twin.latency.count() + twin.failed["Timeout"]
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
    return [inconclusive("TwinPassed", f"{place} was passed, which holds each answer back until {percent(run)} % "
                                       f"of the limit of {latency(limit)}: {came}; nothing is concluded from this run")]


def silences(found):
    """Whether nothing is concluded from the run at all."""
    return any(code == "TwinPassed" for _, code, _ in found)
