"""Which percentile of recovery repetitions prove: *Earlier runs* of docs/verdict.md, `verdict/history/quantile.rs`.

It must not import anything of this package but arithmetic.py.
"""

from .arithmetic import ceil_div

WHOLE = 10**18  # a chance of 1
ONE_IN = 20


def percent(count, late):
    """The largest percent of events that are in time, with 95 % confidence."""
    def chance(part):
        chances = [WHOLE] + [0] * late
        for _ in range(count):
            before = 0
            for place, now in enumerate(chances):
                chances[place], before = ceil_div(now * part + before * (100 - part), 100), now
        return sum(chances)
    return next((part for part in range(99, 0, -1) if chance(part) * ONE_IN <= WHOLE), 0)
