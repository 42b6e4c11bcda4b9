"""Whether the plan has every fault of the standard, and each can be done as it says: *Plan* of docs/verdict.md,
`verdict/plan.rs`.

It must not import any other rule.
"""

from .arithmetic import in_order
from .asked import Asked, strike_of
from .kinds import EACH_PEER, ON_ANSWERS_OF_DNS, ON_HTTP, ON_NETWORK
from .rules import V1
from .say import quote


def peers_of(run, component, fault):
    """Peers of a component in a fault of the standard: [None] where all its traffic is meant."""
    meant = fault.get("peer")
    if run.rules != V1 and fault["kind"] == "SecretRotation" and not variables_of(run, component):
        return []
    if meant is None or run.rules == V1 or fault["kind"] not in ON_NETWORK:
        return [None]
    called = in_order(run.plan["prove"].get("calls", {}).get(component, []))
    return [peer for peer in dict.fromkeys(called) if meant in (EACH_PEER, peer)]


def variables_of(run, component):
    """How many variables of a component a rotation gives other values."""
    return len(run.plan["prove"].get("rotations", {}).get(component, {}))


def faults(run):
    images = run.result["bundle"]["images"]
    required, called = 0, set()
    for component in in_order(images):
        for place, fault in enumerate(run.standard["faults"]):
            for peer in peers_of(run, component, fault):
                required += 1
                called.add(place)
                asked = Asked(run.rules, fault["kind"], strike_of(fault)).toward(peer)
                lack = unwatched(run, component, asked, fault)
                if lack:
                    return lack
    for place, fault in enumerate(run.standard["faults"]):
        peer = fault.get("peer")
        if place not in called and peer not in (None, EACH_PEER) and images:
            words = Asked(run.rules, fault["kind"], strike_of(fault)).words()
            return f"the plan lacks {words}, which the standard requires: no component calls {quote(peer)}"
    if not required:
        return "the standard has no fault, or the bundle no component: nothing is known about resilience"
    return None


def unwatched(run, component, asked, fault):
    window = fault["windowSeconds"]
    watched = [span.end - span.start for span in run.spans if span.component == component
               and span.asked.limited_by(fault) and span.asked.belongs_to(asked)]
    if not watched:
        return f"the plan lacks {asked.words()} of component {quote(component)}, which the standard requires"
    if max(watched) < window:
        return (f"{asked.words()} of component {quote(component)} is watched for {max(watched)} s; "
                f"the standard requires {window} s")
    return None


def limits(run):
    for span in run.spans:
        if span.asked and span.asked.limit(run.standard, "maxFailedPpm") is None:
            return f"phase {quote(span.name)}: the standard has no limits for {span.asked.words()}"
    return None


def strikes(run):
    for span in run.spans:
        lack = lack_of_strike(run, span) if span.asked and run.rules != V1 else None
        if lack:
            return f"phase {quote(span.name)}: {lack}"
    return None


def lack_of_strike(run, span):
    asked, strike, words = span.asked, span.asked.strike, span.asked.words()
    if asked.rotates and not variables_of(run, span.component):
        return f"{words} of a component of which no value is followed by another"
    if strike is None:
        return f"the plan does not say how {words} is done" if asked.on_node else None
    if not asked.on_node:
        return f"{words} is not done on a node, as the plan says"
    lease, strength, length = strike["leaseSeconds"], strike["strength"], span.end - span.start
    if asked.lasts and lease == 0:
        return f"the plan does not say how long {words} lasts"
    if not asked.lasts and lease > 0:
        return f"{words} happens once, and cannot last"
    if lease > 0 and lease >= length:
        return f"{words} lasts until the end of its {length} s: what comes after it is not watched"
    if asked.has_strength and strength == 0:
        return f"the plan does not say how strong {asked.slug} is"
    if asked.has_strength and asked.strength() is None:
        return f"{words} is stronger than a standard can ask for"
    if not asked.has_strength and strength > 0:
        return f"{words} has no strength, and the plan gives it one"
    if asked.peer is not None and asked.kind not in ON_NETWORK:
        return f"{asked.slug} has no peer, and the plan gives it one"
    if strike.get("direction") is not None and asked.kind not in ON_NETWORK - {"Bandwidth"}:
        return f"{asked.slug} has no direction, and the plan gives it one"
    if strike.get("names") and asked.kind not in ON_ANSWERS_OF_DNS:
        return f"{asked.slug} has no names, and the plan gives it some"
    if strike.get("path") is not None and asked.kind not in ON_HTTP:
        return f"{asked.slug} has no path, and the plan gives it one"
    if (400 <= (strike.get("status") or 0) < 600) != (asked.kind == "HttpStatus"):
        return f"{asked.slug} has no such status as the plan says"
    if ((strike.get("lateMs") or 0) > 0) != (asked.kind == "HttpDelay"):
        return f"{asked.slug} is not late as the plan says"
    if asked.share == "Node" and asked.kind not in ("Partition", "Freeze"):
        return f"{asked.slug} does not befall a node, as the plan says"
    called = run.plan["prove"].get("calls", {}).get(span.component, [])
    bundle = run.result["bundle"]
    there = asked.peer in bundle["images"] or asked.peer in bundle.get("databases", {})
    known = asked.peer in called and there and asked.peer != span.component
    if asked.peer is not None and not known:
        return f"{words} has a peer that the component does not call"
    return None
