"""Whether the doses of faults agree with themselves: *Completeness of the load* of docs/verdict.md,
`verdict/completeness/doses.rs`.

It must not import any other rule.
"""

from .histogram import rises
from .kinds import AMOUNTS, ON_DNS
from .rules import V1
from .say import quote


def wrong(run):
    if run.rules == V1:
        return None
    planned = [span.asked for span in run.spans if span.asked]
    for asked, fault in zip(planned, run.prove["faults"]):
        place, doses, seen = f"phase {quote(fault['phase'])}", fault.get("doses", []), set()
        if asked.rotates and fault.get("endedMs") is not None:
            return f"{place}: {asked.words()} is not done on a node, and has no end"
        if not asked.on_node and not asked.rotates:
            if doses or fault.get("endedMs") is not None:
                return f"{place}: {asked.words()} is not done on a node, and has no dose or end"
            continue
        before = {pod["uid"] for pod in fault["before"]}
        unplaced = [pod for pod in fault["before"] if asked.share == "Node" and pod.get("node") is None
                    and (pod["ready"] or any(dose["pod"] == pod["uid"] for dose in doses))]
        if doses and unplaced:
            return f"{place}, pod {quote(unplaced[0]['uid'])}: it is not said on which node it was"
        for dose in doses:
            why = odd(asked, dose, before, (dose["pod"], dose["class"]) in seen)
            if why:
                return f"{place}, pod {quote(dose['pod'])}: {why}"
            seen.add((dose["pod"], dose["class"]))
    return None


def odd(asked, dose, before, again):
    """What is wrong with a dose, with the pods before the fault; `again`: it is not the first of its pod and class."""
    if (dose["class"] == "Dns") != (asked.kind in ON_DNS):
        return f"a dose of class {dose['class']}, which {asked.slug} does not have"
    if again:
        return f"two doses of class {dose['class']}"
    if not asked.rotates and asked.share == "One" and dose["pod"] not in before:
        return "a dose of a pod that was not there before"
    if not rises(dose["before"]) or not rises(dose["during"]):
        return "the values of a histogram of its dose do not rise"
    if asked.kind not in AMOUNTS and any(v > 1 for v, _ in dose["before"] + dose["during"]):
        return "a value of its dose is neither 0 nor 1"
    if asked.rotates and (dose["class"] != "All" or dose["during" if dose["pod"] in before else "before"]):
        return "a dose that says more than what the pod was given"
    return None
