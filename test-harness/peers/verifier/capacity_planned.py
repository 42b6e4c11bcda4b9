"""Whether the plan asks for the whole ladder of the standard, rising, at the rate that each step names: *Plan* of
docs/verdict.md, `verdict/capacity/planned.rs`.

It must not import any other rule.
"""

from .say import quote


def lack(run):
    last = None
    for span in run.spans:
        phase, before, last = f"phase {quote(span.name)}", last, last if span.percent is None else span.percent
        if span.percent is None and before is not None:
            return f"{phase} comes after a step of the ladder, and is none"
        if span.percent is not None and span.percent <= 100:
            return f"{phase}: {span.percent} % is no step above the declared rate"
        if None not in (span.percent, before) and span.percent <= before:
            return f"{phase}: a step of {span.percent} % does not rise above {before} %"
    for span in run.spans:
        if span.percent is not None and not at_rate(run, span):
            return f"phase {quote(span.name)}: the load is not at {span.percent} % of the declared rate"
    capacity = run.standard.get("capacity")
    if capacity is None:
        return None
    if capacity["headroomPercent"] not in capacity["stepsPercent"]:
        return f"the standard asks that {capacity['headroomPercent']} % hold, and has no such step"
    for percent_of in capacity["stepsPercent"]:
        lengths = [span.end - span.start for span in run.spans if span.percent == percent_of]
        if not lengths:
            return f"the plan lacks the step of {percent_of} %, which the standard requires"
        if max(lengths) < capacity["stepSeconds"]:
            return (f"the step of {percent_of} % lasts {max(lengths)} s; "
                    f"the standard requires {capacity['stepSeconds']} s")
    return None


def at_rate(run, span):
    covered = 0
    for start, stretch in run.starts():
        end = start + stretch["seconds"]
        if start < span.end and end > span.start:
            if not stretch["fromPpm"] == stretch["toPpm"] == span.percent * 10_000:
                return False
            if start < span.start or end > span.end:
                return False
            covered += stretch["seconds"]
    return covered == span.end - span.start
