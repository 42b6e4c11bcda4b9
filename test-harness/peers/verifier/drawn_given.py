"""Values that a description gives a parameter, and lots that are drawn among them. *Drawn operations* of docs/verdict.md,
4; `assurance/src/plan/drawn/given.rs`.

It must not import anything of this package but drawn_document.py.
"""

import hashlib

from .drawn_document import field, listed, settle

LONGEST, MOST_VALUES = 200, 100
UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


def short(found):
    """Of a longer list, or of more examples, none is taken."""
    return found if len(found) <= MOST_VALUES else type(found)()


def word(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if -2**63 <= value < 2**63 else None
    return value if isinstance(value, str) and 1 <= len(value.encode()) <= LONGEST else None


def words(values):
    return [one for one in map(word, values) if one is not None]


def given(document, parameter):
    schema = settle(document, field(parameter, "schema"))
    examples = field(parameter, "examples")
    examples = short(examples) if isinstance(examples, dict) else {}
    named = sorted(examples.items(), key=lambda item: item[0].encode())
    found = [words([field(parameter, "example")]),
             words([field(settle(document, example), "value") for _, example in named]),
             words([field(schema, "example")]), words(short(listed(schema, "examples"))),
             words(short(listed(schema, "enum"))),
             words([field(schema, "default")])]
    return next((values for values in found if values), None)


def encoded(text):
    return "".join(chr(byte) if byte in UNRESERVED else f"%{byte:02X}" for byte in text.encode())


def lot(nonce, *words_of):
    return hashlib.sha256("\n".join((nonce, *words_of)).encode()).hexdigest()
