"""One block of a comparison: what it says of the two, or why it says nothing. *The comparison* of docs/verdict.md,
`verdict/comparison/block.rs`.

It must not import any other rule but those of the generator and the control.
"""

from . import control
from .arrivals import falls_short
from .comparison_turns import NAMES, PARTS
from .generator import MAX_UNSENT_PPM, lag_limit, lag_p99, late, unsent_beyond
from .load import Measured
from .say import percent, percent_measured

FEWEST_REQUESTS = 100  # to either, in what is judged of a block
MOST_FAILED_PPM = 50_000


def says_nothing(run, plan, index, turns):
    """Why a block says nothing, or None."""
    return (lagged(run, index) or disturbed(run, turns[0][1], turns[-1][2])
            or lack_of(run, plan, "candidate", turns) or lack_of(run, plan, "reference", turns))


def lagged(run, index):
    first = index * PARTS
    lag = lag_p99([cell for part in run.prove["comparison"]["lagUs"][first:first + PARTS] for cell in part])
    if lag is None:
        return "no request left"
    return late(lag, lag_limit(run)) if lag > lag_limit(run) else None


def disturbed(run, start, end):
    plan = run.plan["prove"].get("control")
    if not plan:
        return None
    good, bad, answered = control.asked(run.prove["comparison"].get("control"), start, end)
    due, wanted = good + bad, plan["requestsPerSecond"] * (end - start)
    if due * 10 < wanted * 9:
        return f"the control was asked {due} times where {wanted} were planned"
    how = control.moved(good, due, answered, lag_limit(run))
    return how and f"the control was disturbed: {how}"


def asked_in(run, side, turns):
    """Requests to one of the two in its turns, without the first second of each."""
    return Measured(bucket for bucket in run.prove["comparison"][side]
                    if any(of == side and start < bucket["second"] < end for of, start, end in turns))


def within(measured):
    """Within which time 95 % of all were answered."""
    return measured.latency.percentile(95, measured.total() - measured.latency.count())


def lack_of(run, plan, side, turns):
    name, measured = NAMES[side], asked_in(run, side, turns)
    due, planned = measured.total(), plan["requestsPerMinute"] * 2 * (plan["seconds"] - 1) // 60
    if falls_short(due, planned, 25):
        return f"{due} requests to {name} were due where {planned} were planned"
    if due < FEWEST_REQUESTS:
        return f"{due} requests to {name} were due; fewer than {FEWEST_REQUESTS} are no evidence"
    unsent = unsent_beyond(measured)
    if unsent is not None:
        return f"{percent_measured(unsent)} of requests to {name} were never sent; {percent(MAX_UNSENT_PPM)} is allowed"
    share = measured.failed_more_than(MOST_FAILED_PPM)
    if share:
        return f"of {name}, {share}"
    return f"too few answers of {name} are known" if within(measured) is None else None
