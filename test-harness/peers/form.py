"""The form of a dossier, for the second verifier: which fields each part has, and when one is left out.

It stands beside verify.py: a payload is believed only if it is written as its own canonical form, so that nobody reads
another document in the same bytes. It must not import anything but Python's standard library. A field that is new in
operator/assurance/src/{dossier,plan,standard,evidence,verdict}.rs or in the manifest is new here too.
"""

import json
import re


class NotItsForm(Exception):
    """Where a document has another form than it must have."""


class Left:
    """A field that is left out where it would have this value."""

    def __init__(self, shape, value=None):
        self.shape, self.value = shape, value


def refuse(place, why):
    raise NotItsForm(f"{place or 'the document'}: {why}")


def text(value, place):
    if not isinstance(value, str):
        refuse(place, "no text")


def flag(value, place):
    if not isinstance(value, bool):
        refuse(place, "neither true nor false")


def anything(value, place):
    """Free JSON."""


def whole(bits):
    def shape(value, place):
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << bits:
            refuse(place, f"no whole number of {bits} bits")
    return shape


U16, U32, U64 = whole(16), whole(32), whole(64)


def span(value, place):
    text(value, place)
    if not re.fullmatch(r"([0-9]{1,6}h)?([0-9]{1,6}m)?([0-9]{1,6}s)?([0-9]{1,6}ms)?", value):
        refuse(place, "no length of time")


def one_of(*names):
    def shape(value, place):
        if not isinstance(value, str) or value not in names:
            refuse(place, "none of " + ", ".join(names))
    return shape


def maybe(inner):
    def shape(value, place):
        if value is not None:
            inner(value, place)
    return shape


def each(inner):
    def shape(value, place):
        if not isinstance(value, list):
            refuse(place, "no list")
        for index, one in enumerate(value):
            inner(one, f"{place}[{index}]")
    return shape


def row(length, name, inner):
    def shape(value, place):
        each(inner)(value, place)
        if len(value) != length:
            refuse(place, f"no {name}")
    return shape


def pair(inner):
    return row(2, "pair", inner)


def triple(inner):
    return row(3, "triple", inner)


def sorted_set(value, place):
    each(text)(value, place)
    if value != sorted(set(value), key=lambda name: name.encode("utf-8", "surrogatepass")):
        refuse(place, "no set in order")


def table(inner, key=text):
    def shape(value, place):
        if not isinstance(value, dict):
            refuse(place, "no object")
        for name, one in value.items():
            key(name, f"{place}, key")
            inner(one, f"{place}.{name[:60]}")
    return shape


def record(**fields):
    def shape(value, place):
        if not isinstance(value, dict):
            refuse(place, "no object")
        for name in value:
            if name not in fields:
                refuse(place, f"unknown field {name[:60]}")
        for name, field in fields.items():
            inner, left = (field.shape, True) if isinstance(field, Left) else (field, False)
            if name in value:
                inner(value[name], f"{place}.{name}")
                if left and value[name] == field.value:
                    refuse(f"{place}.{name}", "is left out where it says nothing")
            elif not left:
                refuse(place, f"no field {name}")
    return shape


def variant(**shapes):
    def shape(value, place):
        if not isinstance(value, dict) or len(value) != 1 or next(iter(value)) not in shapes:
            refuse(place, "none of " + ", ".join(shapes))
        (name, inner), = value.items()
        shapes[name](inner, f"{place}.{name}")
    return shape


KIND = one_of(
    "PodKill", "RollingRestart", "ContainerKill", "Freeze", "Partition", "Delay", "Loss", "Bandwidth", "DnsOutage",
    "Reset", "MemoryPressure", "Jitter", "CpuStarvation", "DiskFull", "DescriptorExhaustion", "DnsFailure",
    "DnsWrongAddress", "DnsDelay", "HttpReset", "HttpDelay", "HttpStatus", "HttpCut", "Duplicate", "Corrupt",
    "Reorder", "ControlPlaneOutage", "Eviction", "SecretRotation")
SHARE, DIRECTION = one_of("One", "All", "Node"), one_of("In", "Out", "Both")
WORDS = record(ky=text, ru=text, en=text)
CELLS = each(pair(U64))

# --- the plan ----------------------------------------------------------------------------------

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

# --- the standard ------------------------------------------------------------------------------

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
    capacity=Left(CAPACITY), soak=Left(SOAK), comparison=Left(COMPARISON), history=Left(record(mostRepetitions=U32)), maxLagPpm=U32, minRequests=U64, maxAttempts=Left(U32), freezeWhenOverdue=Left(flag, False), indicators=Left(each(INDICATOR), []),
    **{"class": Left(one_of("basic", "important", "critical"))},
    load=Left(STANDARD_LOAD))

# --- what was measured -------------------------------------------------------------------------

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
FAULT = record(
    phase=text, orderedMs=Left(U64), injectedMs=maybe(U64), errors=each(text),
    before=each(record(uid=text, ready=flag, node=Left(U32))),
    gone=each(record(uid=text, atMs=U64)), readyAgainMs=maybe(U64), residue=each(text), endedMs=Left(U64),
    doses=Left(each(DOSE), []))
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

# --- the dossier -------------------------------------------------------------------------------

AVAILABILITY = record(maxDowntimePerYear=span, recoveryTime=span, simultaneousUsers=U32)
REGISTER = record(
    owner=record(name=text, registrationNumber=text, role=one_of("owner", "processor", "supplier")), users=each(text),
    usedIn=each(text), interactsWith=each(text), methodsOfUse=each(text), resultsOfUse=each(text),
    protection=each(record(position=text, name=text, email=text, phone=text)), availability=AVAILABILITY,
    formats=record(data=each(text), interfaces=each(text)))
INSTRUCTIONS = record(
    url=text, rights=WORDS, duties=WORDS, procedures=each(record(goal=WORDS, steps=each(WORDS))), data=each(text),
    operations=each(one_of("creation", "updating", "refining", "change", "search")), changedRecords=each(text),
    proactive=flag)
RECORD = record(
    titles=WORDS, decision=text, reportedBy=text, host=text, data=REGISTER, instructions=INSTRUCTIONS,
    **{"class": text})
FIGURE = record(phase=text, name=text, value=maybe(U64), limit=maybe(U64))
VERDICT = record(
    outcome=one_of("Passed", "Inconclusive", "Failed"), findings=each(record(code=text, message=text)),
    figures=each(FIGURE))
ENVELOPE = record(payloadType=text, payload=text, signatures=each(record(keyid=text, sig=text)))
RESULT = record(
    rules=text,
    subject=record(
        participant=text, service=text, release=text, releaseUid=text, source=text, commit=text, specHash=text),
    bundle=record(images=table(text), databases=Left(table(text), {}), manifests=text, configuration=text),
    standard=STANDARD, availability=AVAILABILITY, announcement=record(id=text, nonce=text, attempt=U32), plan=PLAN,
    evidence=record(verify=maybe(VERIFY), prove=maybe(PROVE)),
    measurements=Left(record(verify=Left(ENVELOPE), prove=Left(ENVELOPE))), record=RECORD, verdict=VERDICT)
STATEMENT = record(
    _type=text, subject=each(record(name=text, digest=table(text))), predicateType=text, predicate=RESULT)


# --- canonical JSON (RFC 8785) -----------------------------------------------------------------

def number(value):
    """As ECMAScript writes it: every number is a double."""
    value = float(value)
    if value != value or value in (float("inf"), float("-inf")):
        raise ValueError("a number that is none")
    if value == 0:
        return "0"
    mantissa, _, exponent = f"{abs(value)!r}".partition("e")
    before, _, after = mantissa.partition(".")
    after = "" if after == "0" else after
    digits = (before + after).lstrip("0")
    point = len(before) + int(exponent or 0) - (len(before + after) - len(digits))
    digits = digits.rstrip("0")
    sign = "-" if value < 0 else ""
    if len(digits) <= point <= 21:
        return sign + digits + "0" * (point - len(digits))
    if 0 < point <= 21:
        return sign + digits[:point] + "." + digits[point:]
    if -6 < point <= 0:
        return sign + "0." + "0" * -point + digits
    shown = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
    return f"{sign}{shown}e{'+' if point > 0 else '-'}{abs(point - 1)}"


def canonical(value):
    if isinstance(value, dict):
        order = sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(f"{canonical(name)}:{canonical(value[name])}" for name in order) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return number(value)
    return json.dumps(value, ensure_ascii=False)


def hold(statement, payload):
    """Refuses a payload that is not the canonical form of the statement in it."""
    if canonical(statement).encode() != payload:
        raise NotItsForm("it is no canonical JSON (RFC 8785)")
    STATEMENT(statement, "")
