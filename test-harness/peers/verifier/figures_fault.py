"""Figures of a fault phase: *Figures* of docs/verdict.md, `verdict/figures.rs`.

No conclusion is drawn here. It must not be imported by any rule.
"""

from . import downtime, history, recovery
from .fault import Struck
from .felt import WhoFelt
from .rules import V1

MILLISECONDS = {"Delay", "Jitter", "DnsDelay"}  # kinds whose strength these are; what pods felt is in microseconds


def of(run, place, span, evidence, add):
    struck = Struck(run, span, evidence) if evidence is not None else None
    took, ready = recovery.recovery(struck) if struck else None, None
    if struck and None not in (struck.injected, struck.ready) and struck.ready >= struck.injected:
        ready = struck.ready - struck.injected
    if span.asked.on_node:
        of_doses(span.asked, evidence, add)
    else:
        add("podsGone", struck.gone if struck else None, struck.must if struck else None)
    add("recoveryMs", None if took == "never" else took, run.recovery_ms)
    add("readyAgainMs", ready, None)
    if run.rules != V1:
        add("lostMs", recovery.lost(struck) if struck else None, None)
    if downtime.is_asked_for(run):
        alone = run.downtime[1] if run.downtime else []
        add("modelledDowntimeMs", next((bounds[0] for asked, bounds in alone if span.asked.belongs_to(asked)), None), None)
    if history.is_built_on(run):
        of_history(run, place, add)


def of_doses(asked, evidence, add):
    who = WhoFelt(asked, evidence) if evidence is not None else None
    strength = asked.strength() if asked.has_strength else None
    add("podsFelt", who.count if who else None, who.must if who else None)
    add("doseP50", who.least if who else None, strength * 1000 if strength and asked.kind in MILLISECONDS else strength)


def of_history(run, place, add):
    own = [took for _, at, _, took in run.costs if at == place]
    proof = run.pooled.proof(place, own, run.recovery_ms) if run.pooled else [None] * len(history.PROOF)
    for name, value in zip(history.PROOF, proof):
        add(name, value, None)
