"""*Operations (v3)* of docs/verdict.md, `verdict/operations.rs`: each operation of the load by itself.

It must not import any other rule but closed.py, which says what users left out, and what is no chance.
"""

from . import closed
from .arithmetic import ceil_div
from .excess import no_chance
from .found import failed, inconclusive
from .load import Measured, weights
from .say import percent, percent_measured, quote

STEADY, FAULTS = "in the steady state", "in the faults"


def check(run, heard):
    """With, for each phase before the ladder, whether something is concluded from it."""
    groups = [group(run, heard, ("steady", "soak"), STEADY), group(run, heard, ("fault",), FAULTS)]
    each, limit, found = weights(run.operations), run.standard["steady"]["maxFailedPpm"], []
    for index, operation in enumerate(run.operations):
        name = f"operation {index + 1} of the load ({quote(operation['name'])})"
        least = max(ceil_div(run.least() * each[index], sum(each)), 1) if sum(each) else 1
        for place, measured, left_out, whole in groups:
            found += one(place, name, measured[index], left_out[index], least, whole, limit)
    return found


def group(run, heard, roles, place):
    """Of each operation what was measured in the phases of these roles and what was left out, and whether all are heard."""
    meant = [index for index, span in enumerate(run.spans) if span.role in roles]
    heard_of = [run.spans[index] for index in meant if heard[index]]
    measured, left_out = [Measured() for _ in run.operations], [0] * len(run.operations)
    for bucket in run.prove["buckets"]:
        if any(span.owns(bucket["second"]) for span in heard_of):
            measured[bucket["operation"]].add(bucket)
        left_out[bucket["operation"]] += sum(
            good + bad for second, _, good, bad in closed.left_out(bucket, run.plan["prove"]["load"], run.spans)
            if any(span.owns(second) for span in heard_of))
    return place, measured, left_out, bool(meant) and all(heard[index] for index in meant)


def one(place, name, measured, left_out, least, whole, limit):
    total, causes = measured.total(), measured.in_words()
    if place == STEADY and no_chance(measured.failures(), total, limit):
        message = (f"{place}, {percent_measured(measured.failed_ppm())} of requests of {name} failed ({causes}); "
                   f"the standard allows {percent(limit)}")
        return [failed("OperationFailuresTooHigh", message)]
    if whole and total + left_out < least:
        message = f"{place}, {name} was asked {total} times; fewer than {least} are no evidence"
        return [inconclusive("OperationHardlyAsked", message)]
    if place == STEADY and whole and measured.good == 0:
        message = f"{place}, no request of {name} was answered as it should be ({causes})"
        return [inconclusive("OperationNeverServed", message)]
    return []
