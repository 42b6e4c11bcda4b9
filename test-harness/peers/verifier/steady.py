"""*Steady phases* of docs/verdict.md, `verdict/steady.rs`: what the service costs its users while nothing is broken.

It must not import any other rule.
"""

from .found import failed, inconclusive
from .say import latency, latency_measured, percent, quote


def too_few(run, span, measured):
    total, least = measured.total(), run.least()
    if total >= least:
        return []
    message = f"phase {quote(span.name)}: {total} requests were due; fewer than {least} are no evidence"
    return [inconclusive("TooFewRequests", message)]


def check(run, span, measured):
    few = too_few(run, span, measured)
    if few:
        return few
    found, limits, place = [], run.standard["steady"], place_of(run, span)
    share = measured.failed_more_than(limits["maxFailedPpm"])
    if share:
        message = f"{place}, {share}; the standard allows {percent(limits['maxFailedPpm'])}"
        found.append(failed("SteadyFailuresTooHigh", message))
    return found + slow(measured, place, "Steady", limits["p95Ms"], limits["p99Ms"])


def place_of(run, span):
    faults = [other for other in run.spans if other.role == "fault"]
    if span.role == "soak":
        return "in the soak"
    if not faults:
        return "in the steady state"
    if span.end <= faults[0].start:
        return "in the steady state before any fault"
    if span.start >= faults[-1].end:
        return "in the steady state after the last fault"
    return "in the steady state between two faults"


def slow(measured, place, prefix, p95_ms, p99_ms):
    found = []
    for rank, limit in ((95, p95_ms), (99, p99_ms)):
        us = measured.latency.percentile(rank)
        if None not in (us, limit) and us > limit * 1000:
            message = (f"{place}, {rank} % of answers came within {latency_measured(us)}; "
                       f"the standard asks for {latency(limit * 1000)}")
            found.append(failed(f"{prefix}P{rank}TooHigh", message))
    return found
