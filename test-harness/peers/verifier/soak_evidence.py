"""Whether what was seen of the soak agrees with the plan and with itself: *Completeness of the load* of docs/verdict.md,
`verdict/soak/evidence.rs`.

It must not import any other rule, but how often the plan may look.
"""

from .say import quote, seconds
from .soak_planned import LOOKS


def wrong(run):
    pods, span, known = run.prove.get("soak"), run.soak, set()
    if pods is None:
        return None
    if span is None:
        return "the plan has no soak, and the evidence has one"
    for pod in pods:
        why = wrong_pod(span, pod) if pod["uid"] not in known else "it is there twice"
        known.add(pod["uid"])
        if why:
            return f"the soak, pod {quote(pod['uid'])}: {why}"
    return None


def wrong_pod(span, pod):
    moments = [sample[0] for life in pod["runs"] for sample in life["samples"]]
    if pod["component"] not in span.soaked:
        return f"component {quote(pod['component'])} was not to be looked at"
    if len(moments) > LOOKS[-1] + 1:
        return f"it was looked at {len(moments)} times; {LOOKS[-1] + 1} are the most"
    if any(not life["samples"] for life in pod["runs"]):
        return "a life of its container in which it was not looked at"
    if any(one >= two for one, two in zip(moments, moments[1:])):
        return "the moments at which it was looked at do not rise"
    for at in moments:
        if not span.start * 1000 <= at < span.end * 1000:
            return (f"it was looked at {seconds(at)} after the start of the load; "
                    f"the soak is from {span.start} s to {span.end} s")
    return None
