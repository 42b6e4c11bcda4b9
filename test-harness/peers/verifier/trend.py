"""Whether numbers over time grow, and not by chance: Kendall's order, the line of Theil and Sen, exactly. *Soak* of
docs/verdict.md, `verdict/trend.rs`.

It must not import anything of this package but arithmetic and in how many orders numbers can stand.
"""

import math

from .arithmetic import exact
from .trend_order import orders

LEVEL = 2 * 1_000  # ways to grow, and runs of which one may be blamed
MOST_INDEPENDENT = 30
LEAST_SAMPLES = 20


def middle(values):
    """The value in the middle, the lower one of two."""
    return sorted(values)[(len(values) + 1) // 2 - 1]


def sign(number):
    return (number > 0) - (number < 0)


def growth(samples, horizon):
    slopes = []
    for index, (start, before) in enumerate(samples):
        slopes += [(after - before) * horizon // max(end - start, 1) for end, after in samples[index + 1:]]
    return middle(slopes)


def independent(samples, slope, horizon):
    """As how many independent numbers these count, by the noise around the line."""
    count = len(samples)
    above = [value * horizon - slope * at for at, value in samples]
    ranks = [sum(sign(one - other) for other in above) for one in above]
    whole = sum(rank * rank for rank in ranks)
    if whole == 0:
        return min(MOST_INDEPENDENT, count)
    after = max(sum(one * two for one, two in zip(ranks, ranks[1:])), 0)
    seen, whole = after * count + 4 * whole + 8 * after, whole * count
    return 0 if seen >= whole else min(count * (whole - seen) // (whole + seen), MOST_INDEPENDENT)


def in_order(samples, slope, horizon, level):
    count, worth = len(samples), independent(samples, slope, horizon)
    pairs = count * (count - 1) // 2
    order = sum(sign(samples[two][1] - samples[one][1]) for one in range(count) for two in range(one + 1, count))
    rising = worth * (worth - 1) // 2 * (pairs + order) // (2 * pairs)
    return sum(orders(worth)[rising:]) * level <= math.factorial(worth)


def rises_throughout(samples, level):
    parts = 1 + (level - 1).bit_length()
    count = len(samples)
    if parts > count:
        return False
    middles = [middle([value for _, value in samples[part * count // parts:(part + 1) * count // parts]])
               for part in range(parts)]
    return all(one < two for one, two in zip(middles, middles[1:]))


class Trend:
    """Samples are pairs of milliseconds and a number, rising in time; the horizon is in milliseconds."""

    def __init__(self, samples, horizon, series):
        count = len(samples)
        self.known = count >= LEAST_SAMPLES
        if not self.known:
            return
        ends, half, level = count // 10, count // 2, LEVEL * series
        self.first = middle([value for _, value in samples[:ends]])
        self.last = middle([value for _, value in samples[-ends:]])
        whole, early, late = (growth(part, horizon) for part in (samples, samples[:half], samples[half:]))
        self.grows = whole > 0 and late > 0 and 2 * late >= early and (
            in_order(samples, whole, horizon, level) or rises_throughout(samples, level))
        self.ahead = exact(self.last + (min(whole, late) if self.grows else 0))
