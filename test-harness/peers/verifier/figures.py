"""*Figures* of docs/verdict.md, `verdict/figures.rs`: what was measured, beside its limits.

No conclusion is drawn here. It must not be imported by any rule.
"""

import functools

from . import arrivals, capacity, comparison, control, downtime, figures_fault, history, twin
from .arithmetic import exact, share_ppm
from .comparison_turns import reference_of
from .generator import MAX_UNSENT_PPM, lag_limit, lag_p99, unsent_ppm


def of(run):
    figures = []

    def add(phase, name, value, limit):
        value, limit = (None if number is None else exact(number) for number in (value, limit))
        figures.append({"phase": phase, "name": name, "value": value, "limit": limit})

    of_run(run, functools.partial(add, ""))
    proven = run.prove is not None
    faults = iter(run.prove["faults"] if proven else [])
    lags = iter(run.prove.get("stepLagUs", []) if proven else [])
    for place, (span, measured) in enumerate(zip(run.spans, run.load)):
        add_here = functools.partial(add, span.name)
        of_phase(run, span, measured, add_here)
        if span.percent is not None:
            lag = next(lags, None)
            add_here("unsentPpm", unsent_ppm(measured), MAX_UNSENT_PPM)
            add_here("lagP99Us", None if lag is None else lag_p99(lag), lag_limit(run))
        if span.role == "soak" and run.standard.get("soak") is not None:
            of_soak(run, add_here)
        if span.role == "fault":
            figures_fault.of(run, place, span, next(faults, None), add_here)
    return figures


def of_run(run, add):
    """Of the whole run before the ladder."""
    proven = run.prove is not None
    add("requests", run.begun if proven else None, exact(arrivals.planned(run) * 9 // 10))
    add("unsentPpm", unsent_ppm(run.whole), MAX_UNSENT_PPM)
    add("lagP99Us", lag_p99(run.prove["lagUs"]) if proven else None, lag_limit(run))
    if run.plan["prove"]["load"].get("closed") is not None:
        add("omittedRequests", run.whole.omitted_good + run.whole.omitted_failed if proven else None, None)
    if run.twin:
        seen = run.prove.get("twin") if proven else None
        add("twinPercent", seen["percent"] if seen else None, None)
    if downtime.is_asked_for(run):
        whole = run.downtime[0] if run.downtime else (None, None)
        add("modelledDowntimeMs", whole[0], run.downtime_ms)
        add("seenDowntimeMs", whole[1], run.downtime_ms)
        if history.is_built_on(run):
            add("ownSeenDowntimeMs", run.own_downtime[0][1] if run.own_downtime else None, run.downtime_ms)
    if history.is_built_on(run):
        add("earlierRuns", run.pooled.dossiers if run.pooled else None, None)
    asked = run.standard.get("capacity")
    if asked is not None or run.ladder is not None:
        add("heldPercent", capacity.held(run), asked["headroomPercent"] if asked else None)
        add("brokeAtPercent", capacity.broke_at(run), None)
    of_comparison(run, add)


def of_comparison(run, add):
    plan, asked = reference_of(run), run.standard.get("comparison")
    if plan is None or asked is None:
        return
    said, change = run.compared or (None, None)
    limit = asked.get("maxP95SlowerPpm")
    add("comparedBlocks", said, comparison.least_blocks(plan["blocks"]))
    add("comparedPpm", change and change.middle, None)
    add("comparedLeastPpm", change and change.least, None if limit is None else comparison.EQUAL + limit)
    add("comparedMostPpm", change and change.most, None)


def of_phase(run, span, measured, add):
    steady, least, limits = run.standard["steady"], None, (None, None, None)
    if span.role in ("steady", "soak", "capacity"):
        least, limits = run.least(), (steady["maxFailedPpm"], steady["p95Ms"] * 1000, steady["p99Ms"] * 1000)
    elif span.role == "fault":
        share, *times = (span.asked.limit(run.standard, field) for field in ("maxFailedPpm", "p95Ms", "p99Ms"))
        least, limits = run.least(), (share, *(None if ms is None else ms * 1000 for ms in times))
    add("requests", measured.total() if run.prove is not None else None, least)
    add("failedPpm", measured.failed_ppm(), limits[0])
    add("p95Us", measured.latency.percentile(95), limits[1])
    add("p99Us", measured.latency.percentile(99), limits[2])
    if run.control and span.role != "warmUp":
        add("controlP95Us", control.asked_in(run, span)[2], lag_limit(run))
    if run.twin and span.role == "steady":
        add("twinP95Us", twin.asked_in(run, span)[1], steady["p95Ms"] * 1000)


def of_soak(run, add):
    soak, trends = run.standard["soak"], run.trends
    add("restarts", trends.restarts if trends else None, 0)
    for name, part, seen in (("memoryAheadPpm", soak["memoryPercent"], trends and trends.memory),
                             ("descriptorsAheadPpm", soak["descriptorPercent"], trends and trends.descriptors)):
        shares = [share_ppm(trend.ahead * part, limit * 100) for trend, limit in seen or []]
        add(name, max(shares, default=None), part * 10_000)
    if soak.get("p95Ms") is not None:
        add("p95AheadUs", trends.latency.ahead if trends and trends.latency else None, soak["p95Ms"] * 1000)
