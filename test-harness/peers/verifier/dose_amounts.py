"""Faults of which each sample is an amount: *What a pod felt (v2)* of docs/verdict.md, `verdict/dose.rs`.

Each function is given what was asked for, and the `[value, count]` pairs before the fault and while it lasted. It must not
import any rule.
"""

from .dose_said import felt, not_felt, too_few_samples, unknown
from .histogram import Histogram
from .say import latency


def delayed(asked_ms, before, during, what="packets"):
    before, during = Histogram(before), Histogram(during)
    counts = before.count(), during.count()
    if min(counts) < 5:
        return too_few_samples(what, *counts, 5)
    asked, was, now, quarter = asked_ms * 1000, before.percentile(50), during.percentile(50), during.percentile(25)
    least, most = asked * 4 // 5, asked * 3 // 2
    wanted = f"asked was {latency(asked)} more, and from {latency(least)} to {latency(most)} more is felt"
    if not least <= now - was <= most:
        return not_felt(f"{what} took {latency(was)} before it and {latency(now)} while it lasted; {wanted}")
    if quarter < least:
        return not_felt(f"a quarter of {what} took no more than {latency(quarter)} while it lasted; {wanted}")
    return felt(now - was)


def uneven(asked_ms, before, during):
    before, during = Histogram(before), Histogram(during)
    counts = before.count(), during.count()
    if min(counts) < 20:
        return too_few_samples("packets", *counts, 20)
    asked = asked_ms * 1000
    least, most, hardly = asked // 5 * 4, asked // 2 * 3, asked // 5
    first, was, last = (before.percentile(percent) for percent in (10, 50, 90))
    low, high = during.percentile(10), during.percentile(90)
    if last - first > asked // 2:
        return unknown(f"packets took from {latency(first)} to {latency(last)} before it already, leaving out a tenth "
                       f"at each end; that hides {latency(asked)}")
    wanted = (f"felt is a tenth that takes from {latency(least)} to {latency(most)} more, and a tenth that takes no "
              f"more than {latency(hardly)} more")
    if not least <= high - was <= most:
        return not_felt(f"half of packets took {latency(was)} before it, and a tenth {latency(high)} or more while it "
                        f"lasted; {wanted}")
    if low > was + hardly:
        return not_felt(f"half of packets took {latency(was)} before it, and only a tenth {latency(low)} or less while "
                        f"it lasted; {wanted}")
    return felt(high - was)


def limited(asked, before, during):
    before, during = Histogram(before), Histogram(during)
    counts = before.count(), during.count()
    if min(counts) < 2:
        return too_few_samples("seconds", *counts, 2)
    was, most = before.percentile(50), during.percentile(100)
    if was * 4 <= asked * 5:
        return unknown(f"in half of the seconds before it no more than {was} kB left; {asked} kB/s is felt only by a "
                       f"pod that sends over a quarter more")
    if most * 4 > asked * 5:
        return not_felt(f"up to {most} kB left in a second while it lasted; asked was {asked} kB/s, "
                        f"and up to a quarter more is felt")
    if most * 2 < asked:
        return not_felt(f"no more than {most} kB left in any second while it lasted; asked was {asked} kB/s, "
                        f"and half of that must be reached")
    return felt(most)


def filled(asked, before, during, taken):
    part, became, who = taken
    before, during = Histogram(before), Histogram(during)
    counts = before.count(), during.count()
    if min(counts) < 5:
        return too_few_samples("moments", *counts, 5)
    was, now, quarter = before.percentile(50), during.percentile(50), during.percentile(25)
    if was + 20 > asked:
        return unknown(f"in half of the moments before it {was} % {part} or more were {became}; {asked} % is felt "
                       f"only by {who} 20 points less")
    if quarter + 10 < asked:
        return not_felt(f"in a quarter of the moments while it lasted no more than {quarter} % {part} were {became}; "
                        f"asked was {asked} %, and 10 points less is felt")
    return felt(now)
