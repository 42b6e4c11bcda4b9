"""The form of a standard: fields of `assurance/src/standard.rs` and of the kind. *The document* of docs/verdict.md.

A field that is new there is new here too. It must not import anything of this package but shapes and what a plan has too.
"""

from .form_plan import CONNECTIONS
from .form_shapes import DIRECTION, KIND, SHARE, U32, U64, WORDS, Left, each, flag, one_of, record, text
NUMBERS = [
    "timesAYear", "leaseSeconds", "requestPpm", "status", "delayMs", "jitterMs", "lossPpm", "kilobytesPerSecond",
    "resetPpm", "packetPpm", "memoryPercent", "cpuPercent", "diskPercent", "descriptorPercent", "p95Ms", "p99Ms"]
FAULT_LIMITS = record(
    kind=KIND, maxFailedPpm=U32, windowSeconds=U32, share=Left(SHARE), peer=Left(text), direction=Left(DIRECTION),
    names=Left(each(text), []), path=Left(text), **{name: Left(U32) for name in NUMBERS})
INDICATOR = record(
    name=text, definition=WORDS, formula=text, unit=text, source=text, period=text, target=text,
    measure=Left(one_of("RecoveryTime", "PredictedDowntime", "FailedRequests", "ResponseTime95", "Attempts",
                        "DaysToEntry", "EnteredInTerm", "DaysToDecision", "DecidedInTerm")),
    query=Left(text), effectiveFrom=Left(text), effectiveUntil=Left(text))
CAPACITY = record(stepsPercent=each(U32), stepSeconds=U32, headroomPercent=U32)
SOAK = record(
    soakSeconds=U32, everySeconds=U32, horizonSeconds=U32, memoryPercent=U32, descriptorPercent=U32, p95Ms=Left(U32))
STAGE = record(seconds=U32, sharePpm=U32)
SPIKE = record(basePpm=U32, peakPpm=U32, atSeconds=U32, seconds=U32)
ARRIVAL_RULE = record(
    kind=one_of("Poisson", "Constant", "Stages", "Spike", "Recorded"), stages=Left(each(STAGE), []), spike=Left(SPIKE),
    recorded=Left(each(U32), []))
STANDARD_LOAD = record(
    thinkTimeMs=U64, timeoutMs=U64, warmUpSeconds=U32, steadySeconds=U32, model=Left(one_of("Open", "Closed")),
    arrivals=Left(ARRIVAL_RULE), connections=Left(CONNECTIONS))
COMPARISON = record(blocks=U32, seconds=U32, maxP95SlowerPpm=Left(U32), mattersMs=U32)
STANDARD = record(
    name=text, version=text, steady=record(maxFailedPpm=U32, p95Ms=U32, p99Ms=U32), faults=each(FAULT_LIMITS),
    capacity=Left(CAPACITY), soak=Left(SOAK), comparison=Left(COMPARISON), history=Left(record(mostRepetitions=U32)),
    maxLagPpm=U32, minRequests=U64, maxAttempts=Left(U32), freezeWhenOverdue=Left(flag, False),
    indicators=Left(each(INDICATOR), []), **{"class": Left(one_of("basic", "important", "critical"))},
    load=Left(STANDARD_LOAD))
