"""What was asked of one fault phase, how a person says that, and the limits that a standard has for it: *Faults* of
docs/verdict.md, `verdict/asked.rs`.

It must not import anything of this package but the table of kinds, versions of the rules, words and arithmetic.
"""

import json

from .arithmetic import MAX_U32
from .kinds import EACH_PEER, ON_PACKETS, PHRASE, SLUG, STRENGTH, STRONGEST, TAKEN, THROUGH_API
from .rules import V1
from .say import percent, quote

WAY = {"In": " on the way in", "Out": " on the way out", "Both": " both ways"}
# Fields of a fault's limits that the first rules did not know.
LATER = ["leaseSeconds", "share", "peer", "direction", "names", "path", "status", *STRENGTH.values(), "p95Ms", "p99Ms",
         "timesAYear"]
OF = {"One": "", "All": " of all pods", "Node": " of all pods on one node"}


def strike_of(limits):
    """What the limits of a fault ask for, if it is a fault on the node."""
    if limits["kind"] in THROUGH_API:
        return None
    strengths = [limits.get(field) for field in STRENGTH.values()]
    strike = {
        "share": limits.get("share") or "One",
        "leaseSeconds": limits.get("leaseSeconds") or 0,
        "strength": next((strength for strength in strengths if strength is not None), 0),
    }
    more = {field: limits[field] for field in ("peer", "direction", "path", "status") if limits.get(field) is not None}
    if limits["kind"] == "HttpDelay" and limits.get("delayMs") is not None:
        more["lateMs"] = limits["delayMs"]
    return strike | more | ({"names": limits["names"]} if limits.get("names") else {})


class Asked:
    """What was asked of one fault phase."""

    def __init__(self, rules, kind, strike):
        if strike is not None:
            strike = {field: value for field, value in strike.items() if value is not None}
        self.rules, self.kind, self.strike, self.slug = rules, kind, strike, SLUG[kind]
        self.peer = strike.get("peer") if strike else None
        self.on_node = rules != V1 and kind not in THROUGH_API
        self.rotates = rules != V1 and kind == "SecretRotation"
        self.lasts = self.on_node and kind != "ContainerKill"
        self.has_strength = kind in STRENGTH
        self.share = strike["share"] if strike is not None else "One"
        self.lease_ms = strike["leaseSeconds"] * 1000 if self.lasts and strike else 0

    def strength(self):
        """As strong as a standard can ask for, or None."""
        most = STRONGEST.get(self.kind, MAX_U32)
        return self.strike["strength"] if self.strike and 0 < self.strike["strength"] <= most else None

    def toward(self, peer):
        """The same, with traffic of one peer alone."""
        return Asked(self.rules, self.kind, {**self.strike, "peer": peer} if self.strike else None)

    def belongs_to(self, other):
        """Whether it is the fault `other` of a standard, which may mean each peer."""
        if other.peer == EACH_PEER and self.peer is not None:
            other = other.toward(self.peer)
        return self.key() == other.key()

    def key(self):
        return self.kind, json.dumps(self.strike and {"names": [], **self.strike}, sort_keys=True)

    def words(self):
        if not self.on_node or self.strike is None:
            return self.slug
        strike, lease = self.strike, self.strike["leaseSeconds"]
        names, path = ", ".join(quote(name) for name in strike.get("names", [])), strike.get("path")
        return "".join((
            self.slug, self.amount(),
            f" of traffic with {quote(self.peer)}" if self.peer is not None else "",
            f" of answers for {names}" if names else "",
            f" of requests under {quote(path)}" if path is not None else "",
            WAY.get(strike.get("direction"), ""),
            f" for {lease} s" if lease else "", OF[self.share]))

    def amount(self):
        """How strong, with the blank before it."""
        strength = self.strike["strength"]
        if self.kind in ("Delay", "Jitter", "DnsDelay"):
            return f" of {strength} ms"
        if self.kind == "Bandwidth":
            return f" of {strength} kB/s"
        if self.kind in TAKEN:
            return f" of {strength} %"
        if self.kind == "HttpDelay":
            return f" of {self.strike.get('lateMs') or 0} ms of {percent(strength)}"
        if self.kind == "HttpStatus":
            return f" {self.strike.get('status') or 0} of {percent(strength)}"
        return f" of {percent(strength)}" if self.kind in ("HttpReset", "HttpCut", "Loss", "Reset", *ON_PACKETS) else ""

    def phrase(self):
        return PHRASE[self.kind] + (f" ({self.words()})" if self.on_node else "")

    def limited_by(self, limits):
        if limits["kind"] != self.kind:
            return False
        if self.rules == V1:
            plain = all(limits.get(field) is None for field in LATER)
            return self.kind in THROUGH_API - {"SecretRotation"} and self.strike is None and plain
        return self.belongs_to(Asked(self.rules, limits["kind"], strike_of(limits)))

    def limit(self, standard, field):
        """The strictest of a field, or None."""
        matching = [limits for limits in standard["faults"] if self.limited_by(limits)]
        return min((one[field] for one in matching if one.get(field) is not None), default=None)
