"""*The comparison* of docs/verdict.md, `verdict/comparison.rs`: what the blocks bound, beside the last confirmed release.

It must not import any other rule but whether the plan has a comparison.
"""

from . import comparison_planned
from .arithmetic import ceil_div, exact
from .comparison_block import asked_in, says_nothing, within
from .comparison_turns import FEWEST, MOST, NAMES, blocks, reference_of
from .found import failed, inconclusive
from .load import beginning_weight
from .say import latency_measured, percent, percent_measured, quote

EQUAL = 1_000_000
ONE_IN = 200


def least_blocks(count):
    """Blocks of so many that must say something."""
    return max(FEWEST, ceil_div(3 * count, 4))


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
        ratios = sorted(exact(one * EQUAL // max(two, 1)) for one, two in pairs)
        longer = sorted(max(one - two, 0) for one, two in pairs)
        at = rank(len(pairs)) - 1
        self.least, self.most = ratios[at], ratios[len(pairs) - 1 - at]
        self.middle, self.longer = ratios[ceil_div(len(pairs), 2) - 1], longer[at]


def check(run):
    """What is found beside the last confirmed release; notes what became of the blocks."""
    plan, asked = reference_of(run), run.standard.get("comparison")
    if asked is None or comparison_planned.lack(run):
        return []
    unlike = too_little_in_common(run, plan, asked)
    if unlike:
        return [inconclusive("ComparisonMissing", unlike)]
    if plan is None:
        return []
    if run.prove.get("comparison") is None:
        return [inconclusive("ComparisonMissing", f"the last confirmed release (bundle {quote(plan['bundle'])}) was not "
                                                  f"asked beside the candidate; nobody knows whether that is slower")]
    pairs, void = [], None
    for index, turns in enumerate(blocks(plan, run.nonce())):
        why = says_nothing(run, plan, index, turns)
        if why:
            void = void or f"; block {index + 1}: {why}"
        else:
            pairs.append(tuple(within(asked_in(run, side, turns)) for side in NAMES))
    run.compared, least = (len(pairs), None), least_blocks(plan["blocks"])
    if len(pairs) < least:
        return [inconclusive("ComparisonVoid", f"{len(pairs)} of {plan['blocks']} blocks beside the last confirmed release "
                                               f"say something; {least} are needed{void or ''}")]
    change = Change(pairs)
    run.compared, limit = (len(pairs), change), asked.get("maxP95SlowerPpm")
    if limit is None or change.least <= EQUAL + limit or change.longer <= asked["mattersMs"] * 1000:
        return []

    def longer(ratio):
        return percent_measured(max(ratio - EQUAL, 0))

    return [failed("SlowerThanConfirmed", f"beside the last confirmed release, 95 % of answers took "
                                          f"{longer(change.middle)} longer, at least {longer(change.least)} and "
                                          f"{latency_measured(change.longer)} with 99.5 % confidence over {len(pairs)} "
                                          f"blocks; the standard allows {percent(limit)}")]


def too_little_in_common(run, plan, asked):
    """Why what both are asked says too little for a limit to be held against it."""
    if asked.get("maxP95SlowerPpm") is None:
        return None
    if plan is None and run.plan["prove"]["comparison"]["nothing"]["why"] == "NoneConfirmed":
        return None
    every = beginning_weight(run.operations)
    known = sum(run.operations[index]["weight"] for index in plan["operations"]) if plan else 0
    if plan and known * 2 >= every:
        return None
    return (f"the last confirmed release knows operations with {known} of the weight {every} of those that begin a visit; "
            f"at least half is needed, or nobody knows whether that is slower")
