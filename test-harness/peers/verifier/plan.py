"""Whether the plan asks everything that the standard requires: *Plan* of docs/verdict.md, `verdict/plan.rs`.

Rows of a group stand in a module of their own, as they do there. It must not import any rule on evidence.
"""

from . import arrivals, capacity_planned, closed, comparison_planned, drawn, plan_faults, plan_standard, soak_planned
from .found import inconclusive
from .rules import ADDED
from .say import quote


def check(run):
    rules = [load, arrivals.plan_lack, checks, descriptions, phases, steady, plan_faults.faults, plan_faults.limits,
             plan_faults.strikes, capacity_planned.lack, soak_planned.lack, closed.plan_lack, drawn.plan_lack,
             comparison_planned.lack]
    lacks = [rule(run) for rule in rules] + (plan_standard.lacks(run) if run.rules in ADDED else [])
    return [inconclusive("PlanIncomplete", lack) for lack in lacks if lack]


def load(run):
    asked = run.plan["prove"]["load"]
    if asked["requestsPerMinute"] == 0 or not asked["operations"]:
        return "the plan has no load: nothing is asked of the service"
    for index, operation in enumerate(asked["operations"]):
        name, before = quote(operation["name"]), operation.get("after")
        if before is None and operation["weight"] == 0:
            return f"operation {name} of the load has weight 0: it is never asked"
        if before is not None and operation["weight"] > 0:
            return f"operation {name} of the load follows another, and has a weight of its own"
        if before is not None and before >= index:
            return f"operation {name} of the load follows one that does not stand before it"
    return None


def checks(run):
    planned = run.plan["verify"]["checks"]
    if not planned:
        return "the plan has no functional check: nothing is known about the function"
    return next((f"check {quote(check['name'])} has no step" for check in planned if not check["steps"]), None)


def descriptions(run):
    return None if run.plan["verify"]["descriptions"] else "the plan reads no description of an interface"


def phases(run):
    names = set()
    for span in run.spans:
        if span.start == span.end:
            return f"phase {quote(span.name)} has no length"
        if span.name in names:
            return f"two phases are named {quote(span.name)}"
        names.add(span.name)
    return None


def steady(run):
    struck = [index for index, span in enumerate(run.spans) if span.role == "fault"]
    first, last = (struck[0], struck[-1]) if struck else (len(run.spans), -1)
    if not any(span.role == "steady" for span in run.spans[:first]):
        return "the plan has no steady state before the first fault"
    if not any(span.role == "steady" for span in run.spans[last + 1:]):
        return "the plan has no steady state after the last fault"
    return None
