"""The form of a plan: fields of `assurance/src/plan.rs` and the files beside it. *The document* of docs/verdict.md.

A field that is new there is new here too. It must not import anything of this package but shapes.
"""

from .form_shapes import (
    DIRECTION, KIND, SHARE, U16, U32, U64, Left, anything, each, one_of, record, sorted_set, table, text, variant)
REQUEST = record(component=Left(text), method=text, path=text, headers=Left(table(text), {}), body=Left(anything))
EXPECT = record(status=U16, headers=Left(table(text), {}), body=Left(anything), schema=Left(anything))
STEP = record(request=REQUEST, expect=EXPECT, carry=Left(table(text), {}))
CHECK = record(name=text, steps=each(STEP), weight=Left(U32, 1))
VERIFY_PLAN = record(checks=each(CHECK), descriptions=each(record(component=text, path=text)))
STRIKE = record(
    share=SHARE, leaseSeconds=U32, strength=U64, peer=Left(text), direction=Left(DIRECTION), names=Left(each(text), []),
    path=Left(text), status=Left(U32), lateMs=Left(U32))
PHASE = record(name=text, seconds=U32, role=variant(
    warmUp=record(), steady=record(), capacity=record(percent=U32), soak=record(everySeconds=U32, components=each(text)),
    fault=record(kind=KIND, component=text, strike=Left(STRIKE))))
ARRIVALS = record(
    gaps=one_of("Drawn", "Even"), stretches=each(record(seconds=U32, fromPpm=U32, toPpm=U32)))
OPERATION = record(
    name=text, request=REQUEST, expect=EXPECT, weight=U32, after=Left(U32), carry=Left(table(text), {}))
CONNECTIONS = one_of("Visits", "Kept", "Fresh")
DRAWN_PLAN = record(component=text, path=text, weight=U32, most=U32)
CLOSED = record(users=U32, thinkMs=U32)
LOAD = record(
    requestsPerMinute=U32, timeoutMs=U32, maxInFlight=U32, pauseMs=Left(U32, 0), arrivals=Left(ARRIVALS),
    connections=Left(CONNECTIONS), closed=Left(CLOSED), drawn=Left(each(DRAWN_PLAN), []), operations=each(OPERATION))
CONTROL_PLAN = record(name=text, port=U16, requestsPerSecond=U32)
TWIN_PLAN = record(name=text, port=U16, operation=U32, requestsPerSecond=U32)
COMPARISON_PLAN = variant(
    nothing=record(why=one_of("NoneConfirmed", "NothingInCommon")),
    reference=record(
        release=text, bundle=text, blocks=U32, seconds=U32, warmUpSeconds=U32, requestsPerMinute=U32,
        operations=each(U32)))
HISTORY_PLAN = record(
    dossiers=each(text),
    faults=each(record(
        risk=text, repetitions=each(record(dossier=U32, recoveryMs=Left(U64), lostMs=U64)))))
PROVE_PLAN = record(
    load=LOAD, phases=each(PHASE), calls=Left(table(sorted_set), {}),
    rotations=Left(table(table(record(key=text, next=text))), {}), control=Left(CONTROL_PLAN), twin=Left(TWIN_PLAN),
    comparison=Left(COMPARISON_PLAN), history=Left(HISTORY_PLAN))
PLAN = record(entry=text, verify=VERIFY_PLAN, prove=PROVE_PLAN)
