"""Turns of a comparison, which of the two is asked when: *The comparison* of docs/verdict.md,
`assurance/src/plan/comparison.rs`.

It must not import anything of this package.
"""

import hashlib

FEWEST, MOST = 8, 64  # blocks
PARTS = 4  # of a block
LONGEST_PART = 3_600  # seconds
NAMES = {"candidate": "the candidate", "reference": "the last confirmed release"}


def reference_of(run):
    """What the plan says of the release beside which the candidate is asked, or None."""
    return (run.plan["prove"].get("comparison") or {}).get("reference")


def length(plan):
    return 2 * plan["warmUpSeconds"] + min(plan["blocks"], MOST) * PARTS * plan["seconds"]


def blocks(plan, nonce):
    """Of each block its four turns: whose, from which second, to which."""
    drawn = hashlib.sha256(f"{nonce} comparison".encode()).digest()
    start, found = 2 * plan["warmUpSeconds"], []
    for block in range(min(plan["blocks"], MOST)):
        first, second = "candidate", "reference"
        if drawn[block // 8] >> block % 8 & 1:
            first, second = second, first
        turns = []
        for side in (first, second, second, first):
            turns.append((side, start, start + plan["seconds"]))
            start += plan["seconds"]
        found.append(turns)
    return found


def seconds_of(plan, nonce, side):
    """From which second to which the one of the two is asked: to warm up, and then in its turns."""
    warm = plan["warmUpSeconds"]
    first = (0, warm) if side == "candidate" else (warm, 2 * warm)
    return [first] + [(start, end) for block in blocks(plan, nonce) for of, start, end in block if of == side]
