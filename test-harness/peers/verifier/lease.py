"""*Lease (v2)* of docs/verdict.md, `verdict/lease.rs`: what lasts must end by itself, neither early nor late.

It must not import any other rule.
"""

from .found import inconclusive
from .say import seconds

LEASE_LATE_MS = 1000


def check(struck):
    ended, lease = struck.evidence.get("endedMs"), struck.asked.lease_ms
    if not struck.asked.lasts:
        return []
    what = f"{struck.name}: {struck.words}"
    if ended is None:
        message = f"{what} was not seen to end; its lease is {seconds(lease)}"
        return [inconclusive("LeaseNotSeenToEnd", message)]
    lasted = ended - struck.injected
    if lasted > lease + LEASE_LATE_MS:
        return [inconclusive("LeaseOverrun", f"{what} lasted {seconds(lasted)}; its lease is {seconds(lease)}")]
    if ended > struck.end:
        message = f"{what} ended {seconds(ended)} after the start of the load; its phase ended at {seconds(struck.end)}"
        return [inconclusive("LeaseOverrun", message)]
    if lasted * 10 < lease * 9:
        message = f"{what} lasted only {seconds(lasted)}; its lease is {seconds(lease)}"
        return [inconclusive("LeaseCutShort", message)]
    return []
