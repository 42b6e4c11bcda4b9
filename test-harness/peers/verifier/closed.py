"""Users who wait for their answers: whether the plan says it, what such users make, and what they left out while they
waited. *Left out* in *Arithmetic* and *Plan* of docs/verdict.md, `verdict/closed.rs`.

It must not import anything of this package but words, rules.py, histogram.py and load.py.
"""

from .histogram import count_of
from .load import asked_of
from .rules import ADDED
from .say import quote

AWAY_US = 100_000  # who found nobody may stay away for so long
STEPS = 64  # in which the requests of one wait stand at most
MOST = 2**128 - 1


def think_us(closed):
    return max(closed["thinkMs"], 1) * 1000


def steps(waited, think):
    """Of one wait: pairs of when, from its begin on, something was left out, and how many such requests there are."""
    count = max(waited // think - 1, 0)
    most = min(count, STEPS)
    up_to = [step * count // max(most, 1) for step in range(most + 1)]
    return [(last * think, last - before) for before, last in zip(up_to, up_to[1:])]


def left_out(bucket, load, spans):
    """What users left out who waited for the requests of a bucket: second, latency or None, how many good and failed."""
    if load.get("closed") is None:
        return []
    think, timeout = think_us(load["closed"]), load["timeoutMs"] * 1000
    began, lost = bucket["second"], bucket["failed"].get("Timeout", 0)
    in_fault = any(span.role == "fault" and span.owns(began) for span in spans)
    ended = max(asked_of(bucket) - lost, 0)
    bad, all_of_them, failed, out = max(ended - bucket["good"], 0), 0, 0, []
    for value, count in bucket["latencyUs"]:
        waited = min(value, timeout)
        for after, times in steps(waited, think):
            times *= count
            all_of_them += times
            before, failed = failed, min(all_of_them * bad, MOST) // ended if ended else 0
            of_these = max(failed - before, 0)
            out.append((began + after // 1_000_000, -((after - waited) // 1000) * 1000, max(times - of_these, 0), of_these))
    if lost:
        out += [(began + after // 1_000_000, None, 0, times * lost) for after, times in steps(timeout, think)]
    end = spans[-1].end if spans else 0
    return [(began if in_fault else second, *what) for second, *what in out if second < end]


def planned(load, buckets, seconds):
    """Requests that the users made in so many seconds by the time that they did not wait."""
    unanswered = load["timeoutMs"] * 1000 + AWAY_US
    waited = 0
    for bucket in buckets:
        answered = count_of(bucket["latencyUs"])
        waited += sum(min(value, load["timeoutMs"] * 1000) * count for value, count in bucket["latencyUs"])
        waited += max(asked_of(bucket) - answered, 0) * unanswered
    return max(load["closed"]["users"] * seconds * 1_000_000 - waited, 0) // think_us(load["closed"])


def plan_lack(run):
    load = run.plan["prove"]["load"]
    closed = load.get("closed")
    if closed is None:
        return None
    if run.rules not in ADDED:
        return "the plan has a closed model, which these rules do not know"
    if closed["users"] == 0 or closed["thinkMs"] == 0:
        return "the closed model has no user, or none who thinks"
    if load.get("arrivals") is not None:
        return "the closed model has arrivals: its users come when they were answered"
    if run.ladder is not None:
        return "the closed model has a ladder: a step would ask less, the slower the service is"
    if load.get("pauseMs", 0) > 0:
        return "the closed model has a pause beside the time that users think"
    if load["maxInFlight"] < closed["users"]:
        return f"the closed model has {load['maxInFlight']} places in flight for {closed['users']} users"
    for index, operation in enumerate(load["operations"]):
        if sum(other.get("after") == index for other in load["operations"]) > 1:
            return (f"operation {quote(operation['name'])} of the closed model is followed by more than one: "
                    "a user does one thing at a time")
    return None
