"""*What pods were given (v2)* of docs/verdict.md, `verdict/rotated.rs`: whether a rotation of secrets came to the pods.

It must not import any other rule but what the plan gives them.
"""

from .arithmetic import in_order
from .dose_said import worst
from .histogram import sides
from .plan_faults import variables_of
from .say import quote


def given(struck):
    """How many pods came with all values that follow, and the first pod of which something else is known."""
    variables = variables_of(struck.run, struck.span.component)
    doses = {dose["pod"]: dose for dose in struck.evidence.get("doses", [])}
    known = {pod["uid"] for pod in struck.evidence["before"]}
    said, came = [], 0
    for pod in in_order({pod["uid"] for pod in struck.evidence["before"] if pod["ready"]}):
        former, follows = sides(doses[pod]["before"]) if pod in doses else (0, 0)
        if follows > 0:
            said.append(("NotFelt", pod, f"{follows} of its values were those that follow before it already"))
        elif former == 0 or former != variables:
            said.append(("Unknown", pod, f"{former} of {variables} values were seen before it"))
    for pod in in_order(set(doses) - known):
        former, follows = sides(doses[pod]["during"])
        if former > 0:
            said.append(("NotFelt", pod, f"it came with {former} of its values as before"))
        elif follows == 0 or follows != variables:
            said.append(("Unknown", pod, f"{follows} of {variables} values were seen when it had come"))
        else:
            came += 1
    return came, worst([(what, f"pod {quote(pod)}: {why}") for what, pod, why in said])
