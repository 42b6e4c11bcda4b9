"""Whether the plan is of the class and the load of the standard (v3): *Plan* of docs/verdict.md,
`verdict/plan/standard.rs` and `standard/model.rs`.

It must not import any other rule but that of the load's shape.
"""

from . import plan_standard_shape
from .arithmetic import MAX_U32
from .say import quote, seconds


def lacks(run):
    """What the plan lacks of the class and the load of the standard (v3)."""
    name, load, plan = run.standard.get("class"), run.standard.get("load"), run.plan["prove"]["load"]
    if name is None or load is None:
        return ["the standard does not say for which class it is, or under which load"]
    found, of = [], run.result["record"]["class"]
    if of != name:
        found.append(f"the standard is for services of class {quote(name)}, and this one is of class {quote(of)}")
    timeout = min(load["timeoutMs"], MAX_U32)
    if plan["timeoutMs"] != timeout:
        found.append(f"an answer may take {seconds(plan['timeoutMs'])}; the standard asks for {seconds(timeout)}")
    users = run.result["availability"]["simultaneousUsers"]
    rate = max(min(users * 60_000 // max(load["thinkTimeMs"], 1), MAX_U32), 1)
    if plan["requestsPerMinute"] != rate:
        found.append(f"the load is {plan['requestsPerMinute']} requests a minute; by the standard {users} "
                     f"simultaneousUsers make {rate}")
    for index, span in enumerate(run.spans):
        length = span.end - span.start
        if span.role == "warmUp" and index > 0:
            found.append(f"phase {quote(span.name)} is a warm-up, and not the first phase: nothing in it would be judged")
            break
        if span.role == "warmUp" and length > load["warmUpSeconds"]:
            found.append(f"phase {quote(span.name)} warms up for {length} s; the standard allows "
                         f"{load['warmUpSeconds']} s")
            break
    for span in run.spans:
        length = span.end - span.start
        if span.role == "steady" and length < load["steadySeconds"]:
            found.append(f"phase {quote(span.name)} is steady for {length} s; the standard requires "
                         f"{load['steadySeconds']} s")
            break
    found += [lack for lack in [model(run, load, plan)] if lack]
    planned, asked = plan.get("connections") or "Visits", load.get("connections") or "Visits"
    if planned != asked:
        found.append(f"connections of the load are `{planned}`; the standard asks for `{asked}`")
    of_shape = [plan_standard_shape.lack(run, load), plan_standard_shape.misplaced(run, load)]
    return found + [lack for lack in of_shape if lack]


def model(run, load, plan):
    """Whether users wait as the standard says, and as many (v3)."""
    asked, planned = load.get("model") == "Closed", plan.get("closed")
    if asked != (planned is not None):
        words = {True: "closed", False: "open"}
        return f"the load is of the {words[not asked]} model; the standard asks for the {words[asked]} one"
    if not asked:
        return None
    wanted = (run.result["availability"]["simultaneousUsers"], max(min(load["thinkTimeMs"], MAX_U32), 1))
    said = [f"{users} users who think for {seconds(think)}"
            for users, think in ((planned["users"], planned["thinkMs"]), wanted)]
    return f"the closed model has {said[0]}; by the standard it has {said[1]}" if said[0] != said[1] else None
