"""*Soak* of docs/verdict.md, `verdict/soak.rs`: what grows while nothing is broken, and where that leads.

It must not import any other rule but whether its phase says anything.
"""

from . import control, soak_planned, steady
from .arithmetic import in_order
from .found import failed, inconclusive
from .say import latency, latency_measured, quote
from .soak_pod import grown, lack_of_pod, leads, least_looks
from .soak_series import latencies_of
from .trend import Trend


class Trends:
    """What became of a soak: its restarts, and each trend with its limit."""

    def __init__(self, restarts):
        self.restarts, self.memory, self.descriptors, self.latency = restarts, [], [], None


def check(run):
    """What is found of pods and latency in the soak; notes what became of it."""
    span, soak = run.soak, run.standard.get("soak")
    if span is None or soak is None:
        return []
    measured = run.load[run.spans.index(span)]
    if control.disturbed(run, span) or steady.too_few(run, span, measured) or soak_planned.lack(run):
        return []
    pods = run.prove.get("soak")
    if pods is None:
        return [inconclusive("SoakMissing", "nobody looked at memory and descriptors during the soak")]
    there = {pod["component"] for pod in pods if pod["ready"]}
    found = [inconclusive("SoakPodMissing", f"the soak: no pod of component {quote(name)} was ready when it began")
             for name in in_order(set(run.result["bundle"]["images"]) - there)]
    pods = sorted(pods, key=lambda pod: (pod["component"].encode(), pod["uid"].encode()))
    looks = (span.end - span.start) // span.every
    lacks = [lack_of_pod(span, pod, looks) for pod in pods]
    whole = sum(pod["ready"] and lack is None for pod, lack in zip(pods, lacks))
    series, horizon = 2 * whole + (soak.get("p95Ms") is not None), soak["horizonSeconds"] * 1000
    run.trends = Trends(sum(max(len(pod["runs"]) - 1, 0) for pod in pods))
    for pod, lack in zip(pods, lacks):
        if lack is not None:
            found.append(lack)
        elif pod["ready"]:
            life = pod["runs"][0]
            found += grown(run, pod, series, 1, soak["memoryPercent"], life["memoryLimit"])
            found += grown(run, pod, series, 2, soak["descriptorPercent"], life["descriptorLimit"])
    if soak.get("p95Ms") is not None:
        found += slowed(run, Trend(latencies_of(run, looks), horizon, series), looks)
    return found


def slowed(run, trend, looks):
    samples, limit = latencies_of(run, looks), run.standard["soak"]["p95Ms"] * 1000
    least = least_looks(looks)
    if len(samples) < least or not trend.known:
        return [inconclusive("SoakTooFewSamples", f"in the soak, answers came in {len(samples)} of {looks} stretches; "
                                                  f"fewer than {least} are no evidence")]
    run.trends.latency = trend
    if trend.ahead <= limit:
        return []
    last = latency_measured(trend.last)
    how = (f"{latency_measured(trend.first)} and then {last} in {leads(run, trend, latency_measured)}" if trend.grows
           else f"{last} at its end")
    return [failed("LatencyGrows", f"in the soak, 95 % of answers came within {how}; the standard allows "
                                   f"{latency(limit)}")]
