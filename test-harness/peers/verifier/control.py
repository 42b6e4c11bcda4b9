"""*The control (v2)* of docs/verdict.md, `verdict/control.rs`: a null service on the candidate's nodes, asked all the while.

When it moves, nothing is concluded from the phase. It must not import any other rule but that of the generator.
"""

from .found import inconclusive
from .generator import lag_limit
from .histogram import Histogram, count_of, rises
from .say import latency, latency_measured, quote


def lack(run):
    return "the control left no evidence" if run.control and run.prove.get("control") is None else None


def wrong(run):
    seen = run.prove.get("control")
    if seen is None:
        return None
    if not run.control:
        return "the plan has no control, and the evidence has one"
    return odd(seen, run.seconds)


def odd(seen, length):
    for one in seen:
        place = f"the control, second {one['second']}"
        if one["second"] >= length:
            return f"{place}: the plan ends after {length} s"
        if not rises(one["latencyUs"]):
            return f"{place}: the values of the histogram of latency do not rise"
        count = count_of(one["latencyUs"])
        if count != one["good"]:
            return f"{place}: {count} latencies of {one['good']} answered requests"
    return None


def asked(seconds, start, end):
    """Good and failed requests from one second to another, and within which time 95 % of all were answered."""
    latencies, good, bad = Histogram(), 0, 0
    for one in seconds or []:
        if start <= one["second"] < end:
            latencies.add(one["latencyUs"])
            good, bad = good + one["good"], bad + one["failed"]
    return good, bad, latencies.percentile(95, bad)


def asked_in(run, span):
    return asked((run.prove or {}).get("control"), span.start, span.end)


def moved(good, due, within, limit):
    """How it was disturbed, or None."""
    if within is not None and within <= limit:
        return None
    how = (f"it answered {good} of {due} requests" if within is None
           else f"95 % of its answers came within {latency_measured(within)}")
    return f"{how}, 95 % within {latency(limit)} are required"


def disturbed(run, span):
    """What the control says against a phase."""
    if not run.control or span.role == "warmUp":
        return []
    good, bad, within = asked_in(run, span)
    due, wanted, phase = good + bad, run.control["requestsPerSecond"] * (span.end - span.start), f"phase {quote(span.name)}"
    if due * 10 < wanted * 9:
        return [inconclusive("ControlMissing", f"{phase}: the control was asked {due} times where {wanted} were planned; "
                                               f"nobody knows what disturbed it")]
    how = moved(good, due, within, lag_limit(run))
    if how is None:
        return []
    return [inconclusive("ControlMoved", f"{phase}: the control, which does nothing but answer, was disturbed: {how}; "
                                         f"nothing is concluded from this phase")]
