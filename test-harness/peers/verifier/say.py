"""Numbers and names as a person would say them: the end of *Arithmetic* in docs/verdict.md, `verdict/say.rs`.

Measured values are rounded up, limits are exact. It must not import anything of this package but arithmetic.py.
"""

from .arithmetic import ceil_div

LONGEST = 200  # characters that are quoted from evidence


def up(value, step):
    return ceil_div(value, step) * step


def decimal(value, digits):
    whole, rest = divmod(value, 10**digits)
    return f"{whole}.{rest:0{digits}d}".rstrip("0") if rest else str(whole)


def percent(ppm):
    return decimal(ppm, 4) + " %"


def percent_measured(ppm):
    return percent(up(ppm, 1 if ppm < 10_000 else 100 if ppm < 100_000 else 1_000))


def latency(us):
    return decimal(us, 3) + " ms"


def latency_measured(us):
    return latency(us if us < 10_000 else up(us, 1_000))


def seconds(ms):
    return decimal(ms, 3) + " s"


def seconds_measured(ms):
    return seconds(up(ms, 100))


def memory(bytes_of):
    return decimal(bytes_of * 10 // 2**20, 1) + " MiB"


def memory_measured(bytes_of):
    return decimal(ceil_div(bytes_of * 10, 2**20), 1) + " MiB"


def cut(text):
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


def quote(text):
    return f"`{cut(text)}`"


def more(rest):
    return f" and {rest} more" if rest > 0 else ""


def first_of(texts):
    """The first of some texts, and how many there are beside it."""
    return cut(texts[0]) + more(len(texts) - 1)


def quote_or_nothing(text):
    return "nothing" if text is None else quote(text)


def difference(planned, seen):
    """The first place, from 1, at which two lists of texts differ, with what either has there, or None."""
    for place in range(max(len(planned), len(seen))):
        want = planned[place] if place < len(planned) else None
        found = seen[place] if place < len(seen) else None
        if want != found:
            return place + 1, quote_or_nothing(want), quote_or_nothing(found)
    return None


def mismatch(what, planned, seen):
    differ = difference(planned, seen)
    if differ:
        return f"{what} {differ[0]}: planned was {differ[1]}, the evidence has {differ[2]}"
    return None
