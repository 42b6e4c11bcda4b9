"""The verdict on a test result: *The result* of docs/verdict.md, whose groups of rules are here in their order;
`assurance/src/verdict.rs`.

It must not import anything that reads dossiers.
"""

from . import (
    capacity, comparison, completeness, contract, control, downtime, drawn, figures, functional, generator, history,
    operations, plan, soak, steady, twin)
from .fault import Struck
from .found import inconclusive
from .rules import ADDED, KNOWN, KNOWN_WORDS
from .run import Run
from .say import quote


def judge(result):
    """The verdict on a test result."""
    if result["rules"] not in KNOWN:
        message = f"the result names the rules {quote(result['rules'])}; known are {KNOWN_WORDS}"
        return verdict([inconclusive("UnknownRules", message)], [])
    run = Run(drawn.effective(result))
    allowed = [allowed_of(run, span) for span in run.spans]
    lack, run.pooled = history.pool(result, allowed)  # of what was announced, and not of what was drawn
    found = plan.check(run) + ([inconclusive("PlanIncomplete", lack)] if lack else [])
    found += completeness.of_verify(run) or functional.check(run) + contract.check(run)
    void = completeness.of_prove(run) or generator.voids(run) or twin.voids(run)
    if twin.silences(void):
        found = []
    found += void or proven(run)
    return verdict(found, figures.of(run))


def allowed_of(run, span):
    """Of ten tenths of a second that serve after a fault, the share that may fail."""
    limit = span.asked.limit(run.standard, "maxFailedPpm") if span.role == "fault" else None
    return None if limit is None else max(limit, run.standard["steady"]["maxFailedPpm"])


def proven(run):
    """What follows from what was measured, where nothing voids it."""
    found, heard = phases(run)
    found = generator.saturated(run) + found
    if run.rules in ADDED:
        found += operations.check(run, heard)
    return found + soak.check(run) + capacity.climb(run) + downtime.check(run) + comparison.check(run)


def phases(run):
    """What is found of each phase before the ladder, and whether it is heard; notes what the faults cost."""
    faults, found, heard = iter(run.prove["faults"]), [], []
    for place, (span, measured) in enumerate(zip(run.spans, run.load)):
        if span.percent is not None:
            continue
        void = control.disturbed(run, span)
        found += void
        heard.append(not void and not steady.too_few(run, span, measured))
        struck = Struck(run, span, next(faults)) if span.role == "fault" else None
        if void:
            continue
        if span.role in ("steady", "soak"):
            found += steady.check(run, span, measured)
        elif struck:
            of_fault, cost = struck.check(measured)
            found += of_fault
            run.costs += [] if cost is None else [(span.asked, place, *cost)]
    return found, heard


def verdict(found, measured):
    found = [one for outcome in ("Failed", "Inconclusive") for one in found if one[0] == outcome]
    findings = [{"code": code, "message": message} for _, code, message in found]
    return {"outcome": found[0][0] if found else "Passed", "findings": findings, "figures": measured}
