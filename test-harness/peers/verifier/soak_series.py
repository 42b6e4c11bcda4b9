"""Latency in a soak as a series of numbers: *Soak* of docs/verdict.md, `verdict/soak/series.rs`.

It must not import any rule.
"""

from .histogram import Histogram


def latencies_of(run, looks):
    """The 95th percentile of latency in each stretch of the soak in which an answer came."""
    span, stretches = run.soak, {}
    every = (span.end - span.start) // looks
    for bucket in run.prove["buckets"]:
        place = (bucket["second"] - span.start) // every
        if 0 <= place < looks:
            stretches.setdefault(place, Histogram()).add(bucket["latencyUs"])
    samples = [((span.start + place * every) * 1000, stretches[place].percentile(95)) for place in sorted(stretches)]
    return [sample for sample in samples if sample[1] is not None]
