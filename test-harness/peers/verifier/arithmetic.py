"""*Arithmetic* of docs/verdict.md: integers, shares, lengths of time, the order of names.

It stands under everything else and must not import anything of this package.
"""

import re

MAX_EXACT = 2**53 - 1  # the largest integer that canonical JSON keeps
MAX_U32 = 2**32 - 1


def ceil_div(a, b):
    return -(-a // b)


def exact(value):
    return min(value, MAX_EXACT)


def share_ppm(part, whole):
    return exact(ceil_div(part * 1_000_000, whole)) if whole > 0 else None


def span_ms(text):
    units = {"h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}
    return sum(int(number) * units[unit] for number, unit in re.findall(r"([0-9]+)(ms|h|m|s)", text))


def in_order(names):
    """By their bytes."""
    return sorted(names, key=lambda name: name.encode())
