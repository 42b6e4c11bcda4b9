"""Who felt a fault on the node: *What a pod felt* and *Felt by enough (v2)* of docs/verdict.md, `verdict/felt.rs`.

It must not import any other rule but what one dose says.
"""

import functools

from . import dose_amounts, dose_sides
from .arithmetic import in_order
from .dose_said import felt, unknown, worst
from .found import inconclusive
from .kinds import ON_DNS, ON_HTTP, ON_PACKETS, TAKEN
from .say import quote

CLASSES = {"All": "", "New": ", new connections", "Pooled": ", open connections", "Dns": ""}
DOSES = {
    "ContainerKill": dose_sides.killed,
    "Freeze": dose_sides.frozen,
    "Partition": dose_sides.cut_off,
    "DnsOutage": dose_sides.cut_off,
    "Loss": dose_sides.lost,
    "Reset": functools.partial(dose_sides.lost, gone="reset"),
    "Delay": dose_amounts.delayed,
    "Bandwidth": dose_amounts.limited,
    "Jitter": dose_amounts.uneven,
    "DnsFailure": dose_sides.misled,
    "DnsWrongAddress": dose_sides.misled,
    "DnsDelay": functools.partial(dose_amounts.delayed, what="answers"),
    **dict.fromkeys(ON_HTTP, functools.partial(dose_sides.in_part, what="answers")),
    **dict.fromkeys(ON_PACKETS, functools.partial(dose_sides.in_part, what="packets")),
    "ControlPlaneOutage": dose_sides.out_of_reach,
    **{kind: functools.partial(dose_amounts.filled, taken=taken) for kind, taken in TAKEN.items()},
}


def missed(what, name, words, tail):
    """A fault that fewer felt than must, or of which nobody knows."""
    if what == "NotFelt":
        return inconclusive("FaultNotFelt", f"{name}: {words} was not felt: {tail}")
    return inconclusive("FaultDoseUnknown", f"{name}: it is not known whether {words} was felt: {tail}")


def of_pod(asked, doses):
    """The class that decided, and what the pod felt."""
    whole = "Dns" if asked.kind in ON_DNS else "All"
    strength = asked.strength()
    if asked.has_strength and strength is None:
        return whole, unknown("the plan does not say how strong it is")
    if not doses:
        return whole, unknown("nothing was measured")
    said = [(name, DOSES[asked.kind](strength, dose["before"], dose["during"]))
            for name in CLASSES for dose in doses if dose["class"] == name]
    for name, dose in said:
        if dose[0] == "NotFelt":
            return name, dose
    names = {name for name, _ in said}
    missing = [name for name in (["Dns"] if whole == "Dns" else ["New", "Pooled"]) if name not in names]
    if whole not in names and missing:
        return missing[0], unknown("nothing was measured")
    strengths = [dose[1] for _, dose in said if dose[0] == "Felt"]
    return (whole, felt(least_of(asked, strengths))) if strengths else said[0]


def least_of(asked, strengths):
    """The strength of the one that felt least: a limit of bandwidth is less the more it lets through."""
    strengths = [strength for strength in strengths if strength is not None]
    return (max if asked.kind == "Bandwidth" else min)(strengths, default=None)


class WhoFelt:
    """Who felt a fault on the node."""

    def __init__(self, asked, evidence):
        pods = {}
        for dose in evidence.get("doses", []):
            pods.setdefault(dose["pod"], []).append(dose)
        ready = {pod["uid"]: pod.get("node") for pod in evidence["before"] if pod["ready"]}
        nodes = {pod.get("node") for pod in evidence["before"] if pod["uid"] in pods}
        meant = {"One": lambda pod: pod in pods, "All": lambda pod: True, "Node": lambda pod: ready[pod] in nodes}
        judged = in_order(filter(meant[asked.share], ready))
        said = [(pod, *of_pod(asked, pods.get(pod, []))) for pod in judged]
        strengths = [dose[1] for _, _, dose in said if dose[0] == "Felt"]
        self.ready, self.count, self.struck = len(ready), len(strengths), len(pods)
        self.least, self.must = least_of(asked, strengths), 1 if asked.share == "One" else max(len(judged), 1)
        self.nodes = len(nodes) if asked.share == "Node" else 0
        self.of_all = {"One": False, "All": True, "Node": self.must >= self.ready}[asked.share]
        self.missed = worst([(dose[0], f"pod {quote(pod)}{CLASSES[name]}: {dose[1]}") for pod, name, dose in said]) or (
            "Unknown", "nothing was measured in a ready pod")
        self.too_wide = asked.share == "One" and self.struck > 1 or self.nodes > 1

    def check(self, name, words):
        found = []
        if self.count < self.must:
            what, why = self.missed
            tail = f"{self.count} of {self.ready} ready pods felt it, {self.must} must; {why}"
            found.append(missed(what, name, words, tail))
        if self.too_wide:
            what = f"pods on {self.nodes} nodes" if self.nodes else f"{self.struck} pods"
            found.append(inconclusive("FaultTooWide", f"{name}: {words} struck {what}; one was planned"))
        return found
