"""Whether the evidence is whole, is of this run, and agrees with itself: *Completeness of the checks* and *Completeness of
the load* of docs/verdict.md, `verdict/completeness.rs`.

Rows of a group stand in a module of their own, as they do there. It must not import any rule on the service under test.
"""

from . import (
    comparison_evidence, completeness_doses, completeness_load, completeness_numbers, completeness_orders, control, drawn,
    soak_evidence, twin)
from .completeness_load import SLOTS
from .found import inconclusive
from .say import mismatch, quote, seconds

BOUNDARY_MS = 1000


def of_another_run(run, what, nonce):
    if nonce != run.nonce() or not nonce:
        message = f"{what}: the evidence carries the nonce {quote(nonce)}, announced was {quote(run.nonce())}"
        return [inconclusive("EvidenceOfAnotherRun", message)]
    return []


def of_verify(run):
    if run.verify is None:
        return [inconclusive("EvidenceMissing", "the functional checks left no evidence")]
    lacks = of_another_run(run, "the functional checks", run.verify["nonce"])
    incomplete = [checks(run), contracts(run)]
    return lacks + [inconclusive("EvidenceIncomplete", lack) for lack in incomplete if lack]


def checks(run):
    planned, seen = run.plan["verify"]["checks"], run.verify["checks"]
    lack = mismatch("check", [check["name"] for check in planned], [check["name"] for check in seen])
    if lack:
        return lack
    for check, result in zip(planned, seen):
        if len(result["steps"]) > len(check["steps"]):
            return f"check {quote(check['name'])}: the evidence has more steps than the plan"
    return None


def contracts(run):
    planned, seen = run.plan["verify"]["descriptions"], run.verify["contracts"]
    names = [[one["component"] + one["path"] for one in side] for side in (planned, seen)]
    lack = mismatch("description", *names)
    if lack:
        return lack
    for name, one in zip(names[1], seen):
        if one.get("unreadable") is None and not one["digest"]:
            return f"description {quote(name)}: its digest is missing"
    return None


def of_prove(run):
    if run.prove is None:
        return [inconclusive("EvidenceMissing", "the load and the faults left no evidence")]
    lacks = of_another_run(run, "the load", run.prove["nonce"])
    incomplete = [phases(run), slots(run), faults(run), control.lack(run), completeness_orders.lack(run),
                  drawn.lack(run.result)]
    contradictory = [completeness_numbers.wrong(run), completeness_load.wrong_buckets(run),
                     completeness_load.wrong_latencies(run.prove["buckets"]), completeness_load.wrong_sums(run),
                     completeness_load.wrong_lag(run), completeness_orders.wrong_moments(run), completeness_doses.wrong(run),
                     control.wrong(run), twin.wrong(run), completeness_orders.wrong(run), soak_evidence.wrong(run),
                     drawn.wrong(run.result), comparison_evidence.wrong(run)]
    lacks += [inconclusive("EvidenceIncomplete", lack) for lack in incomplete if lack]
    return lacks + [inconclusive("EvidenceContradictory", lack) for lack in contradictory if lack]


def phases(run):
    seen = run.prove["phases"]
    lack = mismatch("phase", [span.name for span in run.spans], [phase["name"] for phase in seen])
    if lack:
        return lack
    end = None
    for span, phase in zip(run.spans, seen):
        start, previous, end = phase["fromMs"], end, phase["toMs"]
        if previous is not None and previous != start:
            return f"phase {quote(span.name)} does not begin where the one before it ended"
        far = [abs(planned * 1000 - ms) > BOUNDARY_MS for planned, ms in ((span.start, start), (span.end, end))]
        if end < start or any(far):
            return (f"phase {quote(span.name)} lasted from {seconds(start)} to {seconds(end)}; "
                    f"planned was {span.start} s to {span.end} s")
    return None


def slots(run):
    planned, seen = run.seconds * SLOTS, len(run.prove["slots"])
    return None if planned == seen else f"the load has {seen} tenths of a second, planned were {planned}"


def faults(run):
    planned = [span.name for span in run.spans if span.role == "fault"]
    return mismatch("fault", planned, [fault["phase"] for fault in run.prove["faults"]])
