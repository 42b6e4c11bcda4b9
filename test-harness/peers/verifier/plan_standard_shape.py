"""Whether requests are planned to come in the shape that the standard has, and the phases are those that it is for (v3):
*Shape of the load* in docs/verdict.md, `verdict/plan/standard/shape.rs`.

It must not import any rule but those of the plan that must find nothing before this one is looked at.
"""

from . import arrivals, capacity_planned, shape, soak_planned
from .say import percent, quote


def lack(run, load):
    """Whether requests are planned to come as the standard says (v3)."""
    if arrivals.plan_lack(run) or capacity_planned.lack(run) or soak_planned.lack(run):
        return None
    try:
        asked = shape.plain(*shape.of(load.get("arrivals"), run.spans))
    except shape.Misfit:
        return f"the standard's shape of the load does not fit into the {run.seconds} s of the plan"
    own = run.plan["prove"]["load"].get("arrivals")
    planned = ("Drawn", [shape.level(run.seconds)])
    if own is not None:
        stretches = [(one["seconds"], one["fromPpm"], one["toPpm"]) for one in own["stretches"]]
        planned = shape.plain(own["gaps"], stretches)
    words = {"Drawn": "drawn by chance", "Even": "even"}
    if planned[0] != asked[0]:
        return f"gaps of the load are {words[planned[0]]}; by the standard they are {words[asked[0]]}"
    for index in range(max(len(planned[1]), len(asked[1]))):
        first, second = planned[1][index:index + 1], asked[1][index:index + 1]
        if first != second:
            said = [f"{one[0][0]} s from {percent(one[0][1])} to {percent(one[0][2])}" if one else "nothing"
                    for one in (first, second)]
            return f"stretch {index + 1} of the load is {said[0]}; by the standard it is {said[1]}"
    return None


def misplaced(run, load):
    """Whether a shape whose rate changes stands where the standard puts it (v3)."""
    if (load.get("arrivals") or {"kind": "Poisson"})["kind"] in ("Poisson", "Constant"):
        return None
    if all(span.role != "warmUp" for span in run.spans):
        return "the plan has no warm-up, with which the standard's shape of the load begins"
    asked, steady, struck = {"warmUp": load["warmUpSeconds"], "steady": load["steadySeconds"]}, 0, set()
    for span in run.spans:
        length, one = asked.get(span.role), (span.component, span.asked and span.asked.key())
        if span.role == "fault":
            windows = [limits["windowSeconds"] for limits in run.standard["faults"] if span.asked.limited_by(limits)]
            length = max(windows, default=None)
        if length is None:
            continue
        if span.end - span.start != length:
            return (f"phase {quote(span.name)} lasts {span.end - span.start} s; by the standard's shape of the load "
                    f"it lasts {length} s")
        steady += span.role == "steady"
        if steady > 2 or (span.role == "fault" and one in struck):
            return f"phase {quote(span.name)} is one more than the standard's shape of the load is for"
        struck.add(one)
    return None
