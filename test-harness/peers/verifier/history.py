"""*Earlier runs* of docs/verdict.md, `verdict/history.rs`: which of their repetitions count, and what they prove.

It must not import any other rule, but which numbers are too large.
"""

from .arithmetic import MAX_EXACT
from .completeness_numbers import TOO_LARGE
from .history_quantile import percent
from .risk import risks
from .say import difference

MOST = 30  # repetitions of one risk
PROOF = "repetitions", "earlierRepetitions", "recoveredPercent", "attemptsNotCounted"  # figures of a fault


class Pooled:
    """Earlier repetitions that count."""

    def __init__(self, plan, of_phases, attempts):
        places = {fault["risk"]: place for place, fault in enumerate(plan["faults"])}
        self.phases = [places.get(risk) for risk in of_phases]
        self.faults = [fault["repetitions"] for fault in plan["faults"]]
        self.dossiers = len(plan["dossiers"])
        self.attempts = attempts  # announced before this one

    def of(self, phase):
        risk = self.phases[phase]
        return [] if risk is None else self.faults[risk]

    def proof(self, phase, own, declared):
        """Repetitions, those of earlier runs, the percentile that they prove, and attempts of which none counts; `own` as
        [recovery], or []."""
        earlier = [one.get("recoveryMs") for one in self.of(phase)]
        own = ["never" if ms == "never" else ms for ms in own if ms is not None]
        late = sum(ms in (None, "never") or ms > declared for ms in earlier + own)
        count, of = len(earlier) + len(own), {one["dossier"] for one in self.of(phase)}
        return count, len(earlier), percent(count, late) if count else None, self.attempts - len(of)


def pool(result, allowed):
    """What the plan lacks, or None; and the earlier repetitions that count, or None."""
    plan, asked = result["plan"]["prove"].get("history"), result["standard"].get("history")
    if plan is None:
        lack = "the plan does not say on which earlier runs it builds, which the standard requires"
        return (None if asked is None else lack), None
    if asked is None:
        return "the plan builds on earlier runs, and the standard asks for none", None
    of_phases = risks(result, allowed)
    planned = list(dict.fromkeys(risk for risk in of_phases if risk is not None))
    attempt = result["announcement"]["attempt"]
    lack = (other([fault["risk"] for fault in plan["faults"]], planned) or odd(plan, min(asked["mostRepetitions"], MOST))
            or other_dossiers(plan, attempt))
    return lack, None if lack else Pooled(plan, of_phases, max(attempt - 1, 0))


def other(seen, planned):
    differ = difference(planned, seen)
    if differ:
        return f"earlier repetitions {differ[0]} are of the risk {differ[2]}; that of the plan is {differ[1]}"
    return None


def odd(plan, most):
    known = len(plan["dossiers"])
    for number, fault in enumerate(plan["faults"], 1):
        if len(fault["repetitions"]) > most:
            return f"earlier repetitions {number} are {len(fault['repetitions'])}; {most} are the most"
        before = 0
        for one in fault["repetitions"]:
            if one["dossier"] >= known:
                return f"earlier repetitions {number} are of dossier {one['dossier']}; there are {known}"
            if one["dossier"] < before:
                return f"earlier repetitions {number} are not in the order of the log"
            if max(one["lostMs"], one.get("recoveryMs") or 0) > MAX_EXACT:
                return TOO_LARGE
            before = one["dossier"]
    return None


def other_dossiers(plan, attempt):
    """Dossiers of nothing, one of them twice, or more than there were attempts."""
    of = {one["dossier"] for fault in plan["faults"] for one in fault["repetitions"]}
    known = set()
    for place, dossier in enumerate(plan["dossiers"]):
        if dossier in known:
            return f"earlier dossier {place} is an earlier one again"
        if place not in of:
            return f"earlier dossier {place} has no repetition"
        known.add(dossier)
    if len(known) > max(attempt - 1, 0):
        return f"{len(known)} earlier dossiers are of this bundle, and this is attempt {attempt} at it"
    return None


def is_built_on(run):
    return run.standard.get("history") is not None and run.plan["prove"].get("history") is not None
