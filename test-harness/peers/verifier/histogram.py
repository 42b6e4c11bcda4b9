"""Percentiles of `[value, count]` pairs: *Arithmetic* of docs/verdict.md, `verdict/histogram.rs`.

It must not import anything of this package but arithmetic.py.
"""

from .arithmetic import ceil_div


class Histogram:
    def __init__(self, cells=()):
        self.cells = {}
        self.add(cells)

    def add(self, cells):
        for value, count in cells:
            self.cells[value] = self.cells.get(value, 0) + count

    def count(self):
        return sum(self.cells.values())

    def percentile(self, percent, beyond=0):
        """Among the samples and `beyond` more, which are larger than any."""
        total = self.count() + beyond
        if total == 0:
            return None
        rank, seen = ceil_div(total * percent, 100), 0
        for value in sorted(self.cells):
            seen += self.cells[value]
            if seen >= rank and self.cells[value] > 0:
                return value
        return None


def count_of(cells):
    return sum(count for _, count in cells)


def rises(cells):
    return all(one[0] < two[0] for one, two in zip(cells, cells[1:]))


def sides(cells):
    """How many are 0 and how many 1."""
    return [sum(count for value, count in cells if value == side) for side in (0, 1)]
