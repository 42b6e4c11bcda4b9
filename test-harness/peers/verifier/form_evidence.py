"""The form of what was measured: fields of `assurance/src/evidence.rs` and the files beside it. *The document* of
docs/verdict.md.

A field that is new there is new here too. It must not import anything of this package but shapes.
"""

from .form_shapes import CELLS, U16, U32, U64, Left, each, flag, maybe, one_of, pair, record, table, text, triple
MUTANT = record(mutation=one_of("WrongStatus", "EmptyBody", "WrongValues"), rejected=flag)
STEP_RESULT = record(status=maybe(U16), deviations=each(text), mutants=each(MUTANT))
ANSWER = record(status=U16, contradictions=each(text))
CONTRACT = record(
    component=text, path=text, unreadable=maybe(text), digest=text,
    operations=each(record(method=text, path=text, answers=each(ANSWER))))
VERIFY = record(nonce=text, checks=each(record(name=text, steps=each(STEP_RESULT))), contracts=each(CONTRACT))
CAUSE = one_of("Connect", "Broken", "Timeout", "Status", "Content", "Unsent")
BUCKET = record(second=U32, operation=U32, good=U64, failed=table(U64, CAUSE), latencyUs=CELLS)
DOSE = record(pod=text, way=text, before=CELLS, during=CELLS, **{"class": one_of("All", "New", "Pooled", "Dns")})
TRIES = record(pod=text, before=U32, beforeMs=U32, untilMs=U32, during=U32, fromMs=U32, duringMs=U32)
FAULT = record(
    phase=text, orderedMs=Left(U64), injectedMs=maybe(U64), errors=each(text),
    before=each(record(uid=text, ready=flag, node=Left(U32))),
    gone=each(record(uid=text, atMs=U64)), readyAgainMs=maybe(U64), residue=each(text), endedMs=Left(U64),
    doses=Left(each(DOSE), []), tries=Left(each(TRIES), []))
NODE = record(
    cpuMilli=U64, memoryBytes=U64, architecture=text, kernel=text,
    pods=each(record(component=text, count=U32, cpuMilli=maybe(U64), memoryBytes=maybe(U64))))
SOAKED_POD = record(
    component=text, uid=text, ready=flag, goneMs=Left(U64), errors=Left(each(text), []),
    runs=each(record(memoryLimit=U64, descriptorLimit=U64, samples=each(triple(U64)))))
SECOND = record(second=U32, good=U64, failed=U64, latencyUs=CELLS)
COMPARED = record(
    candidate=each(BUCKET), reference=each(BUCKET), lagUs=each(CELLS), control=Left(each(SECOND)))
PROVE = record(
    nonce=text, startedUnixMs=U64, phases=each(record(name=text, fromMs=U64, toMs=U64)), buckets=each(BUCKET),
    slots=each(pair(U32)), lagUs=CELLS, stepLagUs=Left(each(CELLS), []), faults=each(FAULT),
    control=Left(each(SECOND)),
    twin=Left(record(percent=U32, buckets=each(BUCKET))), profile=Left(record(nodes=each(NODE))),
    soak=Left(each(SOAKED_POD)),
    drawn=Left(each(record(component=text, path=text, description=text, operations=each(text)))),
    comparison=Left(COMPARED))
