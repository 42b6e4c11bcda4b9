"""Shapes of which the form of a dossier is made: each takes a value and its place, and refuses what is not so. *The
document* of docs/verdict.md.

It must not import anything of this package.
"""

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
