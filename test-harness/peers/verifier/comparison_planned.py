"""Whether the plan compares as the standard asks: *Plan* of docs/verdict.md, `verdict/comparison/planned.rs`.

It must not import any other rule, but the turns of a comparison.
"""

from .comparison_turns import FEWEST, LONGEST_PART, MOST


def lack(run):
    plan, asked, load = run.plan["prove"].get("comparison"), run.standard.get("comparison"), run.plan["prove"]["load"]
    if plan is None:
        return asked and "the plan lacks the comparison with the last confirmed release, which the standard requires"
    if asked is None:
        return "the plan has a comparison, and the standard asks for none"
    if "reference" not in plan:
        return None
    plan = plan["reference"]
    blocks, part, rate, operations = plan["blocks"], plan["seconds"], plan["requestsPerMinute"], plan["operations"]
    if not FEWEST <= blocks <= MOST:
        return f"the comparison has {blocks} blocks; from {FEWEST} to {MOST} can be read"
    if not 2 <= part <= LONGEST_PART:
        return (f"a part of a block of the comparison lasts {part} s; from 2 s to {LONGEST_PART} s can be read")
    if plan["warmUpSeconds"] > LONGEST_PART:
        return f"the comparison warms up for {plan['warmUpSeconds']} s; {LONGEST_PART} s are the most"
    if rate != load["requestsPerMinute"]:
        return f"the comparison asks {rate} times a minute; the load {load['requestsPerMinute']}"
    if not operations or any(one >= len(run.operations) or run.operations[one].get("after") is not None
                             for one in operations):
        return "the comparison has no operation, or one that begins no visit of the load"
    if any(one >= two for one, two in zip(operations, operations[1:])):
        return "the operations of the comparison do not rise"
    if blocks < asked["blocks"]:
        return f"the comparison has {blocks} blocks; the standard requires {asked['blocks']}"
    if part < asked["seconds"]:
        return f"a part of a block of the comparison lasts {part} s; the standard requires {asked['seconds']} s"
    return None
