"""*The generator* of docs/verdict.md, `verdict/generator.rs`: a run whose load did not come, or came late, says nothing.

It must not import any other rule but that of arrivals.
"""

from . import arrivals
from .arithmetic import share_ppm
from .found import inconclusive
from .histogram import Histogram
from .say import latency, latency_measured, percent, percent_measured

MAX_UNSENT_PPM = 1000


def lag_limit(run):
    return run.standard["steady"]["p99Ms"] * run.standard["maxLagPpm"] // 1000


def lag_p99(cells):
    return Histogram(cells).percentile(99)


def late(lag, limit):
    return f"99 % of its requests left within {latency_measured(lag)} of their moment, {latency(limit)} are allowed"


def unsent_ppm(measured):
    return share_ppm(measured.failed["Unsent"], measured.asked())


def unsent_beyond(measured):
    """The share that was never sent, where that is more than is allowed."""
    share = unsent_ppm(measured)
    return share if share is not None and share > MAX_UNSENT_PPM else None


def voids(run):
    found, lag, limit = [], lag_p99(run.prove["lagUs"]), lag_limit(run)
    if lag is not None and lag > limit:
        message = f"the load generator was late: {late(lag, limit)}; its measurements are void"
        found.append(inconclusive("GeneratorLagged", message))
    due, planned = run.begun, arrivals.planned(run)
    if due == 0 or arrivals.falls_short(due, planned, 16):
        message = f"{due} requests were due where {planned} were planned; the load did not come"
        return found + [inconclusive("LoadTooLow", message)]
    return found + arrivals.too_low(run)


def saturated(run):
    share = unsent_beyond(run.whole)
    if share is None:
        return []
    message = (f"{percent_measured(share)} of requests ({run.whole.failed['Unsent']}) were never sent, because too "
               f"many were still without an answer; {percent(MAX_UNSENT_PPM)} is allowed")
    return [inconclusive("GeneratorSaturated", message)]
