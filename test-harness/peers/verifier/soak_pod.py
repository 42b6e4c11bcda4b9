"""One pod in a soak: whether it can be judged, and whether what it uses leads beyond its limits. *Soak* of
docs/verdict.md, `verdict/soak/pod.rs`.

It must not import any other rule.
"""

from .arithmetic import ceil_div, exact
from .found import failed, inconclusive
from .say import cut, memory, memory_measured, quote, seconds
from .trend import Trend


def least_looks(looks):
    return ceil_div(9 * looks, 10)


def lack_of_pod(span, pod, looks):
    name, uid, restarts, gone = cut(pod["component"]), quote(pod["uid"]), max(len(pod["runs"]) - 1, 0), pod.get("goneMs")
    if restarts:
        return failed("SoakRestarted", f"{name}: the container of pod {uid} was started again {restarts} times during the "
                                       f"soak, in which nothing was broken")
    if not pod["ready"]:
        return None
    if gone is not None and span.start * 1000 <= gone < span.end * 1000:
        return inconclusive("SoakPodGone", f"{name}: pod {uid} went {seconds(gone)} after the start of the load, during "
                                           f"the soak, in which nothing was broken")
    seen, least = len(pod["runs"][0]["samples"]) if pod["runs"] else 0, least_looks(looks)
    if seen < least:
        errors = pod.get("errors") or []
        why = f": {cut(errors[0])}" if errors else ""
        return inconclusive("SoakTooFewSamples", f"{name}: pod {uid} was looked at {seen} times during the soak; fewer "
                                                 f"than {least} are no evidence{why}")
    return None


def grown(run, pod, series, which, part, limit):
    code, what, used, say, say_limit = (
        ("MemoryGrows", "memory", "memory", memory_measured, memory) if which == 1 else
        ("DescriptorsGrow", "descriptors", "open descriptors", str, str))
    limit, name, uid = exact(limit * part // 100), cut(pod["component"]), quote(pod["uid"])
    samples = [(sample[0], sample[which]) for sample in pod["runs"][0]["samples"]]
    trend = Trend(samples, run.standard["soak"]["horizonSeconds"] * 1000, series)
    if limit == 0 or not trend.known:
        return [inconclusive("SoakUnbounded", f"{name}: pod {uid} has no limit of {what}: nobody knows how much of it "
                                              f"there is to use up")]
    (run.trends.memory if which == 1 else run.trends.descriptors).append((trend, limit))
    if trend.ahead <= limit:
        return []
    how = (f"grew from {say(trend.first)} to {say(trend.last)} in {leads(run, trend, say)}" if trend.grows
           else f"was at {say(trend.last)}")
    return [failed(code, f"{name}: {used} of pod {uid} {how}; the standard allows {say_limit(limit)}")]


def leads(run, trend, say):
    return (f"{run.soak.end - run.soak.start} s; that is no chance, and leads to {say(trend.ahead)} within "
            f"{run.standard['soak']['horizonSeconds']} s")
