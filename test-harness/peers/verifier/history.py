"""*Earlier runs* of docs/verdict.md, `verdict/history.rs`: which of their repetitions count, and what they prove.

It must not import any other rule, but which numbers are too large.
"""

from .arithmetic import MAX_EXACT
from .completeness_numbers import TOO_LARGE
from .history_quantile import percent
from .risk import risks
from .say import difference

MOST = 30  # repetitions of one risk


class Pooled:
    """Earlier repetitions that count."""

    def __init__(self, plan, of_phases):
        names = [fault["risk"] for fault in plan["faults"]]
        self.phases = [names.index(risk) if risk in names else None for risk in of_phases]
        self.faults = [fault["repetitions"] for fault in plan["faults"]]
        self.dossiers = len(plan["dossiers"])

    def of(self, phase):
        risk = self.phases[phase]
        return [] if risk is None else self.faults[risk]

    def proof(self, phase, own, declared):
        """Repetitions, those of earlier runs, and the percentile that they prove; `own` as [recovery], or []."""
        earlier = [one.get("recoveryMs") for one in self.of(phase)]
        own = ["never" if ms == "never" else ms for ms in own if ms is not None]
        late = sum(ms in (None, "never") or ms > declared for ms in earlier + own)
        count = len(earlier) + len(own)
        return count, len(earlier), percent(count, late) if count else None


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
    lack = other([fault["risk"] for fault in plan["faults"]], planned) or odd(plan, min(asked["mostRepetitions"], MOST))
    return lack, None if lack else Pooled(plan, of_phases)


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
        for one in fault["repetitions"]:
            if one["dossier"] >= known:
                return f"earlier repetitions {number} are of dossier {one['dossier']}; there are {known}"
            if max(one["lostMs"], one.get("recoveryMs") or 0) > MAX_EXACT:
                return TOO_LARGE
    return None


def is_built_on(run):
    return run.standard.get("history") is not None and run.plan["prove"].get("history") is not None
