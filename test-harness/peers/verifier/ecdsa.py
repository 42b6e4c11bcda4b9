"""ECDSA P-256, as in SEC 1, and its keys in PEM: *The document* of docs/verdict.md, 1; `assurance/src/dsse.rs`.

Verification only, so nothing here is secret. It must not import anything of this package but why a key is refused.
"""

import base64
import hashlib

from .refused import DoesNotHold
P = 2**256 - 2**224 + 2**192 + 2**96 - 1
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
G = (0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
     0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5)
SPKI = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")


def add_points(one, two):
    if one is None or two is None:
        return one or two
    if one[0] == two[0] and (one[1] + two[1]) % P == 0:
        return None
    if one == two:
        slope = (3 * one[0] * one[0] - 3) * pow(2 * one[1], -1, P)
    else:
        slope = (two[1] - one[1]) * pow(two[0] - one[0], -1, P)
    x = (slope * slope - one[0] - two[0]) % P
    return x, (slope * (one[0] - x) - one[1]) % P


def multiply(point, factor):
    result = None
    while factor:
        if factor & 1:
            result = add_points(result, point)
        point, factor = add_points(point, point), factor >> 1
    return result


def read_key(pem):
    """A point from an SPKI PEM."""
    pem = pem[max(pem.find("-----BEGIN"), 0):]  # lines before it say when the key signs
    der = base64.b64decode("".join(line for line in pem.splitlines() if line and not line.startswith("-----")))
    x, y = int.from_bytes(der[len(SPKI):len(SPKI) + 32], "big"), int.from_bytes(der[len(SPKI) + 32:], "big")
    if not der.startswith(SPKI) or len(der) != len(SPKI) + 64 or (y * y - x * x * x + 3 * x - B) % P or max(x, y) >= P:
        raise DoesNotHold("the key is no PEM of an ECDSA P-256 key")
    return x, y


def read_key_of(path):
    with open(path, encoding="ascii") as file:
        return read_key(file.read())


def read_signature(der):
    """r and s from strict DER, or None."""
    numbers, rest = [], der[2:]
    if len(der) < 8 or der[0] != 0x30 or der[1] != len(rest):
        return None
    for _ in range(2):
        if len(rest) < 3 or rest[0] != 2 or not 0 < rest[1] <= len(rest) - 2:
            return None
        number, rest = rest[2:2 + rest[1]], rest[2 + rest[1]:]
        if number[0] & 0x80 or (len(number) > 1 and number[0] == 0 and not number[1] & 0x80):
            return None
        numbers.append(int.from_bytes(number, "big"))
    return numbers if not rest else None


def verify(key, message, signature):
    numbers = read_signature(signature)
    if numbers is None or not all(0 < number < N for number in numbers):
        return False
    r, s = numbers
    inverse, digest = pow(s, -1, N), int.from_bytes(hashlib.sha256(message).digest(), "big")
    point = add_points(multiply(G, digest * inverse % N), multiply(key, r * inverse % N))
    return point is not None and point[0] % N == r
