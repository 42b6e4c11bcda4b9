"""*Downtime of a year (v2)* of docs/verdict.md, `verdict/downtime.rs`: how often each fault comes, as the regulator says,
and what it cost here, against what the service declares.

It must not import any other rule but of which components the plan has a fault.
"""

import hashlib

from .arithmetic import ceil_div
from .asked import Asked, strike_of
from .chance import Counts, Random
from .found import failed, inconclusive
from .plan_faults import peers_of
from .rules import V1
from .say import more, seconds, seconds_measured

YEARS = 5000  # that are modelled
YEAR_MS = 365 * 24 * 3_600_000
MOST_REPETITIONS = 64
MOST_FAULTS = 3  # that are named before the rest is counted


class Repeated:
    """A fault of the standard with what its repetitions cost."""

    def __init__(self, asked):
        self.asked, self.times, self.window = asked, 0, 0
        self.risks = []  # of each risk its repetitions: what was lost, and whether it was seen to end

    def year(self, counts, draw):
        """With what cannot be excluded, and as it was seen."""
        most, events = min(len(self.risks) * min(map(len, self.risks)), MOST_REPETITIONS), counts.draw(draw)
        unlike = min(draw() for _ in range(most))
        unseen = events * unlike + draw() >> 64
        tail = min((self.window << 64) // (draw() + 1), YEAR_MS)
        few = min(events, most)
        drawn = [self.one(draw()) for _ in range(few)]
        # One that was not seen to end has no upper bound but the year.
        known = ceil_div(sum(ms if ended else YEAR_MS for ms, ended in drawn) * (events - unseen), max(few, 1))
        seen = ceil_div(sum(ms for ms, _ in drawn) * events, max(few, 1))
        return min(known + unseen * tail, YEAR_MS), min(seen, YEAR_MS)

    def one(self, drawn):
        risk, rest = divmod(drawn * len(self.risks), 1 << 64)
        return self.risks[risk][rest * len(self.risks[risk]) >> 64]


def is_asked_for(run):
    faults = run.standard["faults"]
    return run.rules != V1 and bool(faults) and all(fault.get("timesAYear") is not None for fault in faults)


def modelled(run, pooled):
    """Bounds of all faults and of each alone, each as (modelled, seen), or None; with earlier repetitions or without."""
    faults = {}
    for limits in run.standard["faults"]:
        asked = Asked(run.rules, limits["kind"], strike_of(limits))
        struck = sum(len(peers_of(run, component, limits)) for component in run.result["bundle"]["images"])
        if not limits["timesAYear"] * struck:
            continue
        fault = faults.setdefault(asked.key(), Repeated(asked))
        fault.times = max(fault.times, limits["timesAYear"] * struck)
        fault.window = max(fault.window, limits["windowSeconds"] * 1000)
        fault.risks = risks_of(run, asked, pooled)
    faults = list(faults.values())
    if not faults or not all(fault.risks for fault in faults):
        return None
    lost = [[ms for risk in fault.risks for ms, _ in risk] for fault in faults]
    lines = [" ".join(map(str, [fault.times, fault.window, *of])) for fault, of in zip(faults, lost)]
    text = "\n".join([run.nonce(), *lines])
    draw = Random(int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")).next
    counts = [Counts(fault.times) for fault in faults]
    years = [[fault.year(events, draw) for fault, events in zip(faults, counts)] for _ in range(YEARS)]

    def bound(amounts):
        return sorted(amounts)[ceil_div(YEARS * 95, 100) - 1]

    whole = [bound(min(sum(fault[side] for fault in year), YEAR_MS) for year in years) for side in (0, 1)]
    alone = [[bound(year[place][side] for year in years) for side in (0, 1)] for place in range(len(faults))]
    return whole, [(fault.asked, bounds) for fault, bounds in zip(faults, alone)]


def risks_of(run, asked, pooled):
    """What each risk of a fault has cost, each time; without earlier runs each phase stands by itself."""
    risks = {}
    for of, place, lost, recovery in run.costs:
        if not of.belongs_to(asked):
            continue
        if pooled is None:
            risks[place] = [(lost, True)]
            continue
        before = [(one["lostMs"], one.get("recoveryMs") is not None) for one in pooled.of(place)]
        risks.setdefault((pooled.phases[place],), before).append((lost, recovery != "never"))
    return list(risks.values())


def check(run):
    if not is_asked_for(run):
        return []
    run.downtime, declared = modelled(run, None), run.downtime_ms
    if run.downtime is None:
        return []
    if run.pooled is None:
        return hold(run, run.downtime, "")
    run.own_downtime, run.downtime = run.downtime, modelled(run, run.pooled)
    if run.own_downtime[0][1] > declared:
        return hold(run, run.own_downtime, "")
    met = {run.pooled.phases[place] for _, place, _, _ in run.costs} - {None}
    earlier = [one for risk in met for one in run.pooled.faults[risk]]
    never = sum(one.get("recoveryMs") is None for one in earlier)
    never = f", {never} of them not seen to end" if never else ""
    return hold(run, run.downtime, f"; with {len(earlier)} repetitions of earlier runs{never}")


def hold(run, downtime, tail):
    (with_unseen, seen), alone = downtime

    def parts(side):
        most = sorted(alone, key=lambda one: -one[1][side])
        named = [f"{asked.words()} {seconds_measured(bounds[side])}" for asked, bounds in most[:MOST_FAULTS]]
        return ", ".join(named) + more(len(alone) - MOST_FAULTS)

    declared = f"declared maxDowntimePerYear is {seconds(run.downtime_ms)}; alone: "
    if seen > run.downtime_ms:
        message = (f"1 of 20 modelled years has over {seconds_measured(seen)} of downtime by the faults of the "
                   f"standard; {declared}{parts(1)}{tail}")
        return [failed("DowntimeTooLong", message)]
    if with_unseen > run.downtime_ms:
        message = (f"so few repetitions do not exclude over {seconds_measured(with_unseen)} of downtime by the faults of "
                   f"the standard in 1 of 20 years; {declared}{parts(0)}{tail}")
        return [inconclusive("DowntimeNotExcluded", message)]
    return []
