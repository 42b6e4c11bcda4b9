"""The risk of each fault phase, by which runs are told apart: *Earlier runs* of docs/verdict.md, `assurance/src/risk.rs`.

It must not import any rule.
"""

from .canonical import canonical, sha256
from .rules import V1


def digest(document):
    return sha256(canonical(document))


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
        if fault["kind"] == "SecretRotation" and rotation is not None and result["rules"] != V1:
            risk["rotation"] = rotation
        found.append(digest(risk))
    return found
