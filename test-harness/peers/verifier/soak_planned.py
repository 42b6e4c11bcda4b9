"""Whether the plan soaks the service as the standard asks: *Plan* of docs/verdict.md, `verdict/soak/planned.rs`.

It must not import any other rule.
"""

from .arithmetic import in_order
from .say import quote

LOOKS = range(60, 121)  # at a pod in a soak
LONGEST_SOAK, FURTHEST = 86_400, 31_536_000  # seconds


def lack(run):
    soaked = struck = False
    for span in run.spans:
        struck = struck or span.role == "fault"
        if span.role != "soak":
            continue
        if soaked:
            return f"phase {quote(span.name)} is a second soak"
        if struck:
            return f"phase {quote(span.name)} soaks the service after a fault: what grows may be what that left"
        soaked = True
    span, soak = run.soak, run.standard.get("soak")
    length = span.end - span.start if span else 0
    if span:
        looks = length // span.every if span.every else 0
        if length > LONGEST_SOAK:
            return f"phase {quote(span.name)} soaks the service for {length} s; {LONGEST_SOAK} s are the most"
        if looks not in LOOKS:
            return (f"phase {quote(span.name)}: {looks} looks at each pod; from {LOOKS[0]} to {LOOKS[-1]} make a trend")
        for start, stretch in run.starts():
            level = stretch["fromPpm"] == stretch["toPpm"] == 1_000_000
            if start < span.end and start + stretch["seconds"] > span.start and not level:
                return f"phase {quote(span.name)}: the load is not at the declared rate"
    if soak is None:
        return None
    if span is None:
        return "the plan lacks the soak, which the standard requires"
    if soak["horizonSeconds"] > FURTHEST:
        return f"the standard looks {soak['horizonSeconds']} s ahead; {FURTHEST} s are the most"
    if length < soak["soakSeconds"]:
        return f"the soak lasts {length} s; the standard requires {soak['soakSeconds']} s"
    if span.every > soak["everySeconds"]:
        return f"the soak looks every {span.every} s; the standard requires every {soak['everySeconds']} s"
    left_out = in_order(set(run.result["bundle"]["images"]) - set(span.soaked))
    return f"the soak leaves out component {quote(left_out[0])}" if left_out else None
