"""Whether what was seen of the load agrees with itself: *Completeness of the load* of docs/verdict.md,
`verdict/completeness.rs`, and of the ladder `verdict/capacity.rs`.

It must not import any other rule.
"""

from .histogram import count_of, rises
from .say import quote

SLOTS = 10  # a second


def wrong_buckets(run):
    operations = len(run.plan["prove"]["load"]["operations"])
    for bucket in run.prove["buckets"]:
        second, operation = bucket["second"], bucket["operation"]
        if operation >= operations:
            return f"second {second}: operation {operation} is not in the plan, which has {operations}"
        if second >= run.seconds:
            return f"second {second}: the plan ends after {run.seconds} s"
    return None


def wrong_latencies(buckets):
    for bucket in buckets:
        least = bucket["good"] + bucket["failed"].get("Status", 0)
        most = least + bucket["failed"].get("Content", 0)
        place = f"second {bucket['second']}, operation {bucket['operation']}"
        if not rises(bucket["latencyUs"]):
            return f"{place}: the values of the histogram of latency do not rise"
        count = count_of(bucket["latencyUs"])
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
    sent = run.whole.sent()
    count = count_of(run.prove["lagUs"])
    return wrong_step_lag(run) if count == sent else f"{count} lags of {sent} requests that were sent"


def wrong_step_lag(run):
    steps = [(span, measured) for span, measured in zip(run.spans, run.load) if span.percent is not None]
    seen = run.prove.get("stepLagUs", [])
    if len(steps) != len(seen):
        return f"{len(seen)} histograms of lag of the {len(steps)} steps of the ladder"
    for (span, measured), lag in zip(steps, seen):
        phase, sent = f"phase {quote(span.name)}", measured.sent()
        if not rises(lag):
            return f"{phase}: the values of the histogram of lag do not rise"
        count = count_of(lag)
        if count != sent:
            return f"{phase}: {count} lags of {sent} requests that were sent"
    return None
