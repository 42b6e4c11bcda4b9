"""Operations that are drawn: whether the plan says from which descriptions, and whether what was asked is what follows
from them. *Drawn operations* and *Completeness of the load* of docs/verdict.md, `verdict/drawn.rs`.

It must not import any other rule.
"""

import copy

from .canonical import sha256
from .drawn_operations import draw
from .rules import ADDED
from .say import mismatch, quote

MOST = 32  # operations of a description


def name_of(one):
    return one["component"] + one["path"]


def pairs(result):
    """Each description of the plan with what the evidence has in its place, and what follows from it, where that is
    byte for byte what was verified."""
    seen = (result["evidence"].get("prove") or {}).get("drawn") or []
    nonce = result["announcement"]["nonce"]
    return [(plan, one, draw(one["description"], plan, nonce) if is_verified(result, plan, one) else [])
            for plan, one in zip(result["plan"]["prove"]["load"].get("drawn") or [], seen)]


def is_verified(result, plan, seen):
    """Whether it has the text that was verified, and nothing else was verified of that component and path."""
    contracts = (result["evidence"].get("verify") or {"contracts": []})["contracts"]
    verified = {one["digest"] for one in contracts if (one["component"], one["path"]) == (plan["component"], plan["path"])}
    return verified == {sha256(seen["description"])}


def effective(result):
    """The result with the operations that were drawn behind those of its plan."""
    if not result["plan"]["prove"]["load"].get("drawn"):
        return result
    behind = [one for _, _, operations in pairs(result) for one in operations]
    result = copy.deepcopy(result)
    result["plan"]["prove"]["load"]["operations"] += behind
    return result


def plan_lack(run):
    plan = run.plan
    known, verified = set(), [(one["component"], one["path"]) for one in plan["verify"]["descriptions"]]
    for one in plan["prove"]["load"].get("drawn") or []:
        name = quote(name_of(one))
        if run.rules not in ADDED:
            return "the plan draws operations from a description, which these rules do not know"
        if (one["component"], one["path"]) not in verified:
            return f"operations are drawn from description {name}, which is not verified"
        if name_of(one) in known:
            return f"operations are drawn from description {name} twice"
        known.add(name_of(one))
        if one["weight"] == 0 or one["most"] == 0:
            return f"no operation is drawn from description {name}"
        if one["most"] > MOST:
            return f"{one['most']} operations may be drawn from description {name}; {MOST} are the most"
    return None


def lack(result):
    planned = [name_of(one) for one in result["plan"]["prove"]["load"].get("drawn") or []]
    seen = [name_of(one) for one in (result["evidence"]["prove"].get("drawn") or [])]
    differ = mismatch("drawn description", planned, seen)
    if differ:
        return differ
    for plan, one, operations in pairs(result):
        if not operations:
            why = "it gives nothing that could be drawn"
            if not is_verified(result, plan, one):
                why = "what was drawn from is not what was verified"
            return f"drawn description {quote(name_of(plan))}: {why}"
    return None


def wrong(result):
    for plan, seen, operations in pairs(result):
        differ = mismatch("operation", [one["name"] for one in operations], seen["operations"])
        if differ and is_verified(result, plan, seen):
            return f"drawn description {quote(name_of(plan))}: not as it was to be drawn: {differ}"
    return None
