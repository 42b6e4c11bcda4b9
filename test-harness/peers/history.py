"""Repetitions of earlier runs: which a plan means, and what they prove. Written from docs/verdict.md, "Earlier runs"."""

import hashlib

import form

MOST = 30  # repetitions of one risk
MAX_EXACT = 2**53 - 1
WHOLE = 10**18  # a chance of 1
ONE_IN = 20
PROOF = "repetitions", "earlierRepetitions", "recoveredPercent", "attemptsNotCounted"  # figures of a fault


def digest(document):
    return "sha256:" + hashlib.sha256(form.canonical(document).encode()).hexdigest()


def risks(result, allowed):
    """The risk of each phase of the plan, or None; `allowed` is the share that may fail of each, None where it has none."""
    prove = result["plan"]["prove"]
    bundle, load = digest(result["bundle"]), digest(prove["load"])
    found, to = [], 0
    for phase, ppm in zip(prove["phases"], allowed):
        begins, to = to, to + phase["seconds"]
        if ppm is None:
            found.append(None)
            continue
        fault = phase["role"]["fault"]
        risk = {"rules": result["rules"], "bundle": bundle, "load": load, "component": fault["component"],
                "kind": fault["kind"], "seconds": phase["seconds"], "allowedPpm": ppm}
        if prove["load"].get("arrivals") is not None:
            risk["fromSeconds"] = begins
        if fault.get("strike") is not None:
            risk["strike"] = fault["strike"]
        rotation = prove.get("rotations", {}).get(fault["component"])
        if fault["kind"] == "SecretRotation" and rotation is not None and not result["rules"].endswith("/v1"):
            risk["rotation"] = rotation
        found.append(digest(risk))
    return found


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


def percent(count, late):
    """The largest percent of events that are in time, with 95 % confidence."""
    def chance(part):
        chances = [WHOLE] + [0] * late
        for _ in range(count):
            before = 0
            for place, now in enumerate(chances):
                chances[place], before = -(-(now * part + before * (100 - part)) // 100), now
        return sum(chances)
    return next((part for part in range(99, 0, -1) if chance(part) * ONE_IN <= WHOLE), 0)


def pool(result, allowed, quote):
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
    lack = (other(plan["faults"], planned, quote) or odd(plan, min(asked["mostRepetitions"], MOST))
            or other_dossiers(plan, attempt))
    return lack, None if lack else Pooled(plan, of_phases, max(attempt - 1, 0))


def other(faults, planned, quote):
    for place in range(max(len(faults), len(planned))):
        found = faults[place]["risk"] if place < len(faults) else None
        wanted = planned[place] if place < len(planned) else None
        if found != wanted:
            found, wanted = ("nothing" if one is None else quote(one) for one in (found, wanted))
            return f"earlier repetitions {place + 1} are of the risk {found}; that of the plan is {wanted}"
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
                return f"a number is larger than {MAX_EXACT}, the largest that canonical JSON keeps exactly"
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
