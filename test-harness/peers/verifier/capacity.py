"""*The ladder* of docs/verdict.md, `verdict/capacity.rs`: up to which step above the declared rate the steady limits hold.

It must not import any other rule but the steady ones and those that say whether a step says anything.
"""

from . import control, generator, steady
from .arithmetic import ceil_div, in_order
from .arrivals import came, falls_short
from .found import failed, inconclusive
from .generator import MAX_UNSENT_PPM, lag_limit, lag_p99, unsent_beyond
from .load import beginning
from .say import percent, percent_measured, quote


def climb(run):
    """What is found of the steps that must hold; notes what became of each."""
    must_hold = (run.standard.get("capacity") or {}).get("headroomPercent")
    found, steps = [], [(span, part) for span, part in zip(run.spans, run.load) if span.percent is not None]
    for (span, measured), lag in zip(steps, run.prove.get("stepLagUs", [])):
        state, of_step = "Untold", []
        if "Broke" not in [one for _, one in run.steps]:
            void = control.disturbed(run, span) or not_asked(run, span, measured, lag) or steady.too_few(run, span, measured)
            of_step = void or beyond(run, span, measured)
            state = "Unknown" if void else "Broke" if of_step else "Held"
        run.steps.append((span.percent, state))
        if must_hold is not None and span.percent <= must_hold:
            found += of_step
    return found + (unplaced(run) if must_hold is not None and run.steps else [])


def not_asked(run, span, measured, lag):
    late, limit, load = lag_p99(lag), lag_limit(run), run.plan["prove"]["load"]
    planned = beginning(load["requestsPerMinute"] * span.percent * (span.end - span.start) // 6_000, run.operations)
    due, unsent = came(run, span.start, span.end), unsent_beyond(measured)
    if late is not None and late > limit:
        why = generator.late(late, limit)
    elif due == 0 or falls_short(due, planned, 25):
        why = f"{due} requests were due where {planned} were planned"
    elif unsent is not None:
        why = (f"{percent_measured(unsent)} of requests ({measured.failed['Unsent']}) were never sent; "
               f"{percent(MAX_UNSENT_PPM)} is allowed")
    else:
        return []
    return [inconclusive("StepNotAsked", f"phase {quote(span.name)}: the load generator could not ask for {span.percent} % "
                                         f"of the declared rate: {why}; nothing is concluded from this step")]


def beyond(run, span, measured):
    limits, found = run.standard["steady"], []
    place = f"phase {quote(span.name)}: at {span.percent} % of the declared rate"
    share = measured.failed_more_than(limits["maxFailedPpm"])
    if share and measured.failures() > ceil_div(measured.total() * limits["maxFailedPpm"], 1_000_000):
        message = f"{place}, {share}; the standard allows {percent(limits['maxFailedPpm'])}"
        found.append(failed("CapacityFailuresTooHigh", message))
    return found + steady.slow(measured, place, "Capacity", limits["p95Ms"], limits["p99Ms"])


def unplaced(run):
    profile, why = run.prove.get("profile"), None
    if profile is None:
        why = "its profile is missing"
    else:
        there = {pods["component"] for node in profile["nodes"] for pods in node["pods"] if pods["count"]}
        absent = in_order(set(run.result["bundle"]["images"]) - there)
        why = f"its profile has no pod of component {quote(absent[0])}" if absent else None
    message = f"it is not known on what the ladder was asked: {why}"
    return [inconclusive("ProfileMissing", message)] if why else []


def held(run):
    if run.steps and run.steps[0][1] == "Broke":
        return 0
    highest = None
    for step, state in run.steps:
        if state != "Held":
            break
        highest = step
    return highest


def broke_at(run):
    return next((step for step, state in run.steps if state == "Broke"), None)
