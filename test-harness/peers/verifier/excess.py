"""Whether so many failed requests are more than chance makes of a limit: *Operations (v3)* of docs/verdict.md,
`verdict/excess.rs`.

It must not import anything of this package.
"""

ONE_IN = 10_000  # runs of a service exactly at its limit that may be blamed for what is chance
MOST_TERMS = 1_000


def no_chance(bad, total, limit):
    """Whether so many failures are more than chance makes of the limit."""
    mean, million = total * limit, 1_000_000
    if bad < 2 or bad * million <= mean:
        return False
    if mean == 0:
        return True
    term, together, over = million, 0, (bad + 1) * million - mean
    for left in range(bad, max(bad - MOST_TERMS, 0), -1):
        term = term * left * million // mean
        together += term
        if together * over >= (ONE_IN - 1) * million * million * (bad + 1):
            return True
    return False
