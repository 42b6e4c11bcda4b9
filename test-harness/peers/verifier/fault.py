"""*Fault phases* of docs/verdict.md, `verdict/fault.rs`: whether a fault was felt, what it cost, and whether anything of it
was left.

It must not import the rules on downtime, which build on it, or any on other phases but what is slow and too few.
"""

from . import felt, lease, recovery, rotated, steady
from .found import failed, inconclusive
from .kinds import REPLACE_ALL
from .rules import ADDED
from .say import cut, first_of, percent, seconds


class Struck:
    """One fault: whom it struck and what was seen of it."""

    def __init__(self, run, span, evidence):
        self.run, self.span, self.evidence = run, span, evidence
        self.start, self.end = span.start * 1000, span.end * 1000
        self.injected, self.ready = evidence.get("injectedMs"), evidence.get("readyAgainMs")
        ordered = evidence.get("orderedMs") if run.rules in ADDED else None
        self.began = self.injected if None in (self.injected, ordered) else min(self.injected, ordered)
        before = {pod["uid"] for pod in evidence["before"] if pod["ready"]}
        gone = {pod["uid"] for pod in evidence["gone"] if self.start <= pod["atMs"] < self.end}
        self.before, self.gone = len(before), len(before & gone)
        self.asked = span.asked
        self.must = max(self.before, 1) if self.asked.kind in REPLACE_ALL else 1
        self.limit = self.asked.limit(run.standard, "maxFailedPpm")
        self.name, self.words = cut(span.component), self.asked.words()
        self.as_planned = self.injected is not None and self.gone > 0

    def check(self, measured):
        """What is found, and lost service and recovery from which something may be concluded, or None."""
        found = self.done() + self.residue()
        if not self.as_planned or self.limit is None:
            return found, None
        few = steady.too_few(self.run, self.span, measured)
        if few:
            return found + few, None
        found += self.cost(measured) + self.slow(measured) + recovery.late(self)
        return found, (recovery.lost(self), recovery.recovery(self))

    def done(self):
        errors = self.evidence["errors"]
        why = first_of(errors) if errors else "no reason was given"
        if self.injected is None:
            return [inconclusive("FaultRefused", f"{self.name}: {self.words} could not be injected: {why}")]
        found = []
        if errors:
            found.append(inconclusive("FaultErrors", f"{self.name}: {self.words} did not go as it should: {why}"))
        window = self.end - self.start
        latest = min(window // 5, max(window - self.asked.lease_ms, 0))
        if not self.start <= self.began <= self.injected <= self.start + latest:
            came = self.began if self.began < self.start else self.injected
            message = (f"{self.name}: {self.words} came {seconds(came)} after the start of the load; its phase "
                       f"began at {seconds(self.start)}, and it must come within {seconds(latest)} of that")
            found.append(inconclusive("FaultOutOfTime", message))
        if self.asked.on_node:
            who, of_lease = felt.WhoFelt(self.asked, self.evidence), lease.check(self)
            self.as_planned = who.count > 0 and not who.too_wide and not of_lease
            return found + who.check(self.name, self.words) + of_lease
        return found + self.through_api()

    def through_api(self):
        """What is found of pods that must go, and that must come with other values."""
        came, missed = rotated.given(self) if self.asked.rotates else (None, None)
        if self.asked.rotates:
            self.as_planned = self.gone > 0 and came > 0 and missed is None
        if self.gone < self.must:
            tail = (f"{self.gone} of {self.before} ready pods went within the {seconds(self.end - self.start)} of its "
                    f"phase; {self.must} must")
            return [felt.missed("NotFelt", self.name, self.words, tail)]
        if self.asked.rotates and (missed or came < max(self.before, 1)):
            what, why = missed or ("NotFelt", None)
            tail = f"of pods with the values that follow {came} came, {max(self.before, 1)} must"
            return [felt.missed(what, self.name, self.words, tail + (f"; {why}" if why else ""))]
        return []

    def residue(self):
        residue = self.evidence["residue"]
        if not residue:
            return []
        message = f"{self.name}: {self.words} left something behind: {first_of(residue)}"
        return [inconclusive("ResidueLeft", message)]

    def cost(self, measured):
        share = measured.failed_more_than(self.limit)
        if not share:
            return []
        message = (f"{self.name}: when {self.asked.phrase()}, {share}; "
                   f"the standard allows {percent(self.limit)}")
        return [failed("FaultCostTooHigh", message)]

    def slow(self, measured):
        limits = [self.asked.limit(self.run.standard, field) for field in ("p95Ms", "p99Ms")]
        return steady.slow(measured, f"{self.name}: when {self.asked.phrase()}", "Fault", *limits)
