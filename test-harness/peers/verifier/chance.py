"""Chance that is the same on every machine, and how often a fault comes in a year: *Downtime of a year (v2)* of
docs/verdict.md, `verdict/chance.rs`.

It must not import anything of this package.
"""

MASK = 2**64 - 1
SHAPE = 4  # of the distribution of a fault's rate


class Random:
    """SplitMix64."""

    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = mixed = self.state + 0x9E3779B97F4A7C15 & MASK
        mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9 & MASK
        mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB & MASK
        return mixed ^ mixed >> 31


class Counts:
    """Events in a year that come so many times on average."""

    def __init__(self, times):
        power, powers = (times << 64) // (times + SHAPE), []
        while power:
            powers.append(power)
            power = power * power >> 64
        self.bits = [(1 << bit, power) for bit, power in enumerate(powers)][::-1]

    def draw(self, draw):
        events = 0
        for _ in range(SHAPE):
            drawn, reached = draw(), 1 << 64
            for step, power in self.bits:
                further = reached * power >> 64
                if further > drawn:
                    reached = further
                    events += step
        return events
