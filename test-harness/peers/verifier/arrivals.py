"""Arrivals at a rate that changes: whether the plan says it for the whole run, how many visits it plans, and whether they
came. *Plan* and *The generator* of docs/verdict.md, `verdict/arrivals.rs`.

It must not import any other rule but closed.py, which says how many visits users make who wait.
"""

from . import closed
from .found import inconclusive
from .load import asked_of, beginning


def plan_lack(run):
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


def planned(run, stretches=None):
    """Visits that are planned for the whole run before the ladder, or for some stretches of it."""
    load = run.plan["prove"]["load"]
    arrivals = load.get("arrivals")
    if stretches is None and load.get("closed") is not None:
        buckets = [one for one in (run.prove or {"buckets": []})["buckets"] if not run.in_ladder(one["second"])]
        return closed.planned(load, buckets, run.before_ladder())
    if arrivals is not None:
        stretches = stretches or [one for start, one in run.starts() if not run.in_ladder(start)]
        area = sum(stretch["seconds"] * (stretch["fromPpm"] + stretch["toPpm"]) for stretch in stretches)
        requests = area * load["requestsPerMinute"] // 120_000_000
    else:
        requests = load["requestsPerMinute"] * run.before_ladder() // 60
    return beginning(requests, run.operations)


def came(run, start, end):
    """Visits that began from one second to another."""
    return sum(asked_of(bucket) for bucket in run.prove["buckets"]
               if start <= bucket["second"] < end and run.begins(bucket["operation"]))


def falls_short(due, wanted, times):
    """Whether fewer than nine tenths came, and so few that it is no chance, which reaches as far as the root of `times`."""
    lacks = max(wanted - due, 0)
    return due * 10 < wanted * 9 and lacks * lacks > wanted * times


def too_low(run):
    """The first stretch in which the load did not come."""
    for start, stretch in run.starts():
        end = start + stretch["seconds"]
        if run.in_ladder(start):
            break
        due, wanted = came(run, start, end), planned(run, [stretch])
        if falls_short(due, wanted, 25):
            message = (f"from {start} s to {end} s, {due} requests were due where {wanted} were planned; "
                       "the load did not come as planned")
            return [inconclusive("LoadTooLow", message)]
    return []
