"""Canonical JSON (RFC 8785) and digests of it: *The document* of docs/verdict.md, `assurance/src/canonical.rs`.

It must not import anything of this package.
"""

import hashlib
import json


def plain(document):
    """RFC 8785 of nearly every document: not of those with numbers that are no short integers, and with letters beyond the
    first plane, by which keys are in another order. Many times as fast."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def canonical(document):
    """RFC 8785 of every document."""
    found, other = plain(document), []

    def long(digits):
        if len(digits) > 15:
            other.append(digits)

    json.loads(found, parse_float=other.append, parse_constant=other.append, parse_int=long)
    return slow(document) if other or max(found) > "\uffff" else found


def sha256(text):
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


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


def slow(value):
    """RFC 8785, as it is written there."""
    if isinstance(value, dict):
        order = sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(f"{slow(name)}:{slow(value[name])}" for name in order) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(slow, value)) + "]"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return number(value)
    return json.dumps(value, ensure_ascii=False)
