"""Turns, percentiles and bounds of a comparison, for the second verifier: from docs/verdict.md, Comparison.

It stands beside verify.py, which says what follows. It must not import anything but Python's standard library.
"""

import hashlib

FEWEST, MOST = 8, 64  # blocks
PARTS = 4  # of a block
FEWEST_REQUESTS = 100  # to either, in what is judged of a block
LONGEST_PART = 3_600  # seconds
EQUAL = 1_000_000
ONE_IN = 200


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


def least(count):
    """Blocks of so many that must say something."""
    return max(FEWEST, -(-3 * count // 4))


def rank(count):
    """The largest r for which fewer than r throws of `count` coins are heads at most once in 200 times."""
    ways, below, found = 1, 0, 0
    while found < count <= MOST:
        below += ways
        if below * ONE_IN > 1 << count:
            break
        ways = ways * (count - found) // (found + 1)
        found += 1
    return found


class Change:
    """What the blocks bound, each a pair of microseconds: of the candidate and of the other."""

    def __init__(self, pairs):
        ratios = sorted(min(one * 1_000_000 // max(two, 1), 2**53 - 1) for one, two in pairs)
        longer = sorted(max(one - two, 0) for one, two in pairs)
        at = rank(len(pairs)) - 1
        self.least, self.most = ratios[at], ratios[len(pairs) - 1 - at]
        self.middle, self.longer = ratios[-(-len(pairs) // 2) - 1], longer[at]
