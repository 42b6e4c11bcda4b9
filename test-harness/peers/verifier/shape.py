"""The arrivals that a standard asks of a run: its shape of the load, fitted into the phases. *Shape of the load* in
docs/verdict.md, `assurance/src/plan/shape.rs`.

It must not import anything of this package but arithmetic.py.
A stretch is a triple: seconds, and the shares at its begin and its end in parts per million.
"""

from .arithmetic import MAX_U32

WHOLE = 1_000_000


class Misfit(Exception):
    """The shape is longer than the run, or lacks what its kind needs."""


def level(seconds, ppm=WHOLE):
    return (min(seconds, MAX_U32), ppm, ppm)


def fit(rule, seconds):
    """Gaps and stretches of a run of so many seconds; None where each request comes at a moment of its own at one rate."""
    kind = (rule or {}).get("kind", "Poisson")
    if kind == "Poisson":
        return None
    if kind == "Constant":
        return "Even", [level(seconds)]
    return "Drawn", {"Stages": stages, "Spike": spike, "Recorded": recorded}[kind](rule, seconds)


def stages(rule, seconds):
    asked = rule.get("stages") or []
    taken = sum(stage["seconds"] for stage in asked)
    if not asked or taken > seconds:
        raise Misfit
    before, stretches = asked[0]["sharePpm"], []
    for stage in asked:
        stretches.append((stage["seconds"], before, stage["sharePpm"]))
        before = stage["sharePpm"]
    return stretches + ([level(seconds - taken, before)] if taken < seconds else [])


def spike(rule, seconds):
    asked = rule.get("spike")
    if asked is None:
        raise Misfit
    start = asked["atSeconds"]
    end = start + asked["seconds"]
    if end >= seconds:
        raise Misfit
    parts = [(start, asked["basePpm"]), (end - start, asked["peakPpm"]), (seconds - end, asked["basePpm"])]
    return [level(length, ppm) for length, ppm in parts if length > 0]


def recorded(rule, seconds):
    shares = rule.get("recorded") or []
    if len(shares) != 24 or seconds < 24:
        raise Misfit
    starts = [hour * seconds // 24 for hour in range(25)]
    return [level(end - start, ppm) for start, end, ppm in zip(starts, starts[1:], shares)]


def within(stretches, start, seconds):
    """The same with the declared rate from a second on for so many: the shape stands still meanwhile."""
    out, at, soak = [], 0, [level(seconds)]
    for length, first, last in stretches:
        if soak and start < at + length:
            before = min(max(start - at, 0), length)
            ppm = (first * (length - before) + last * before) // max(length, 1)
            halves = [(before, first, ppm)], soak, [(length - before, ppm, last)]
            out += [one for half in halves for one in half if one[0] > 0 or half is soak]
            soak = []
        else:
            out.append((length, first, last))
        at += length
    return out + soak


def of(rule, spans):
    """Gaps and stretches that a plan with these phases has."""
    ladder = next((index for index, span in enumerate(spans) if span.role == "capacity"), len(spans))
    before, steps = spans[:ladder], spans[ladder:]
    seconds = before[-1].end if before else 0
    soak = next((span for span in before if span.role == "soak"), None)
    length = soak.end - soak.start if soak else 0
    gaps, stretches = fit(rule, seconds - length) or ("Drawn", None)
    if stretches is None:
        stretches = [level(seconds)]
    elif soak:
        stretches = within(stretches, soak.start, length)
    return gaps, stretches + [level(span.end - span.start, span.percent * 10_000) for span in steps]


def plain(gaps, stretches):
    """Neighbouring stretches of one and the same rate are one."""
    out = []
    for length, first, last in stretches:
        if out and first == last and out[-1][1:] == (first, last):
            out[-1] = (min(out[-1][0] + length, MAX_U32), first, last)
        else:
            out.append((length, first, last))
    return gaps, out
