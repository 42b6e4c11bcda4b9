"""In how many orders numbers can stand, and in how many of those so many pairs rise: *Soak* of docs/verdict.md,
`verdict/trend/order.rs`.

It must not import anything of this package.
"""

import functools


@functools.lru_cache(maxsize=None)
def orders(count):
    """Orders of so many numbers, by how many pairs rise."""
    known = [1]
    for number in range(2, count + 1):
        known = [sum(known[max(rising - number + 1, 0):rising + 1]) for rising in range(len(known) + number - 1)]
    return known
