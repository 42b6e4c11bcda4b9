"""Whether the moments of a fault agree with each other, and it is said when each was ordered: *Completeness of the load* of
docs/verdict.md, `verdict/completeness/orders.rs`.

It must not import any other rule.
"""

from .rules import ADDED, V1
from .say import quote


def lack(run):
    for fault in run.prove["faults"] if run.rules in ADDED else []:
        if fault.get("injectedMs") is not None and fault.get("orderedMs") is None:
            return f"phase {quote(fault['phase'])}: it is not said when the fault was ordered"
    return None


def wrong_moments(run):
    for fault in run.prove["faults"]:
        injected, ready, ended = (fault.get(name) for name in ("injectedMs", "readyAgainMs", "endedMs"))
        if ready is not None and (injected is None or ready < injected):
            return f"phase {quote(fault['phase'])}: ready again before anything was injected"
        if run.rules != V1 and ended is not None and (injected is None or ended < injected):
            return f"phase {quote(fault['phase'])}: over before anything was injected"
    return None


def wrong(run):
    if run.rules not in ADDED:
        return None
    for asked, fault in zip([span.asked for span in run.spans if span.asked], run.prove["faults"]):
        ordered, injected = fault.get("orderedMs"), fault.get("injectedMs")
        if ordered is None:
            continue
        if injected is not None and injected < ordered:
            return f"phase {quote(fault['phase'])}: acknowledged before it was ordered"
        if not asked.on_node and any(pod["atMs"] < ordered for pod in fault["gone"]):
            return f"phase {quote(fault['phase'])}: a pod went before the fault was ordered"
    return None
