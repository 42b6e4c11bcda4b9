"""Whether the evidence of a comparison is that of the plan, and agrees with itself: *Completeness of the load* of
docs/verdict.md, `verdict/comparison/evidence.rs`.

It must not import any other rule but what the evidence of every load and control must be.
"""

from . import control
from .comparison_turns import NAMES, PARTS, blocks, length, reference_of, seconds_of
from .completeness_load import wrong_latencies
from .histogram import count_of, rises
from .load import Measured


def wrong(run):
    seen, plan = run.prove.get("comparison"), reference_of(run)
    if seen is None:
        return None
    if plan is None:
        return "the plan compares with no release, and the evidence does"
    for side, name in NAMES.items():
        why = odd_side(plan, seconds_of(plan, run.nonce(), side), seen[side])
        if why:
            return f"the comparison: {name}, {why}"
    parts = plan["blocks"] * PARTS
    if len(seen["lagUs"]) != parts:
        return f"the comparison: {len(seen['lagUs'])} histograms of lag of {parts} parts of blocks"
    turns = [turn for block in blocks(plan, run.nonce()) for turn in block]
    for index, ((side, start, end), lag) in enumerate(zip(turns, seen["lagUs"])):
        part = f"the comparison: part {index + 1}"
        if not rises(lag):
            return f"{part}: the values of the histogram of lag do not rise"
        sent = Measured(bucket for bucket in seen[side] if start <= bucket["second"] < end).sent()
        count = count_of(lag)
        if count != sent:
            return f"{part}: {count} lags of {sent} requests that were sent"
    why = control.odd(seen.get("control") or [], length(plan))
    return f"the comparison: {why}" if why else None


def odd_side(plan, own, buckets):
    for bucket in buckets:
        second, operation = bucket["second"], bucket["operation"]
        if operation not in plan["operations"]:
            return f"second {second}: operation {operation} was asked, which was not planned"
        if second >= length(plan):
            return f"second {second}: the comparison ends after {length(plan)} s"
        if not any(start <= second < end for start, end in own):
            return f"second {second}: it was asked in the other's turn"
    return wrong_latencies(buckets)
