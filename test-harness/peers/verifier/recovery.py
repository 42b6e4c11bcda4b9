"""What a fault cost and how soon requests came through again, from the traffic alone: *What follows* in *Fault phases* of
docs/verdict.md, `verdict/recovery.rs`.

It must not import any other rule but who felt the fault.
"""

from .arithmetic import ceil_div
from .completeness_load import SLOTS
from .felt import WhoFelt
from .found import failed, inconclusive
from .kinds import ONE_BY_ONE
from .rules import ADDED
from .say import seconds, seconds_measured

SLOT_MS = 100
TOGETHER = 10  # slots with requests that are looked at together


def slots_due(struck, since):
    """Slots with requests, from a moment in milliseconds on: index, good, failed."""
    first, last = max(struck.span.start * SLOTS, since // SLOT_MS), struck.span.end * SLOTS
    slots = enumerate(struck.run.prove["slots"][first:last], first)
    return [(index, good, bad) for index, (good, bad) in slots if good + bad > 0]


def lost(struck):
    if struck.injected is None:
        return None
    due, end = slots_due(struck, struck.began), min(struck.span.end * SLOTS, len(struck.run.prove["slots"]))
    until = [slot[0] for slot in due[1:]] + [end]
    return sum(ceil_div((to - at) * SLOT_MS * bad, good + bad) for (at, good, bad), to in zip(due, until))


def back_from(struck):
    """From when on it could serve again: where all pods are struck, not before the lease is over."""
    asked = struck.asked
    of_node = asked.on_node and asked.share == "Node"
    of_all = asked.share == "All" or of_node and WhoFelt(asked, struck.evidence).of_all
    return struck.began + (asked.lease_ms if of_all else 0)


def went_from(struck, since):
    """When ready pods went, where a fault strikes them one after another (v3)."""
    if struck.asked.kind not in ONE_BY_ONE or struck.run.rules not in ADDED:
        return []
    ready = {pod["uid"] for pod in struck.evidence["before"] if pod["ready"]}
    return [pod["atMs"] for pod in struck.evidence["gone"] if pod["uid"] in ready and since <= pod["atMs"] < struck.end]


def recovery(struck):
    """Milliseconds to recovery, "never", or None where it cannot be said."""
    if struck.injected is None or struck.limit is None:
        return None
    since = back_from(struck)
    went = went_from(struck, since)
    allowed_ppm = max(struck.limit, struck.run.standard["steady"]["maxFailedPpm"])
    due = slots_due(struck, since)
    if len(due) < TOGETHER:
        return None
    longest, served = 0, True
    for place in reversed(range(len(due) - TOGETHER + 1)):
        window = due[place:place + TOGETHER]
        bad = sum(slot[2] for slot in window)
        total = bad + sum(slot[1] for slot in window)
        serves = bad <= ceil_div(total * allowed_ppm, 1_000_000)
        if not serves and place == len(due) - TOGETHER:
            return "never"
        if not serves and served:
            end = due[place + 1][0] * SLOT_MS
            longest = max(longest, end - max((at for at in went if at < end), default=since))
        served = serves
    return longest


def late(struck):
    after = f"{struck.name}: after {struck.asked.phrase()}"
    took, declared = recovery(struck), struck.run.recovery_ms
    if took is None:
        message = f"{after}, requests were due in too few moments to see when it served again"
        return [inconclusive("RecoveryNotMeasured", message)]
    if took == "never":
        message = f"{after}, it did not serve again within the {struck.span.end - struck.span.start} s watched"
        return [failed("RecoveryTooSlow", message)]
    if took > declared:
        message = (f"{after}, it served again after {seconds_measured(took)}; "
                   f"declared recoveryTime is {seconds(declared)}")
        return [failed("RecoveryTooSlow", message)]
    if struck.ready is None:
        message = f"{after}, requests were served, but its pods were not seen to be ready again"
        return [inconclusive("NotSeenReadyAgain", message)]
    return []
