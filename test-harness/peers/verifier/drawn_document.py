"""An OpenAPI description as a document that was served by the service under test, and may be anything. *Drawn operations*
of docs/verdict.md, 1 and 2; `assurance/src/plan/drawn/document.rs`.

It must not import anything of this package.
"""

import json

MOST_BYTES, DEEPEST, CHAIN = 256 << 10, 64, 8
LONGEST_TARGET = 2 << 10  # of a reference too


def no_number(text):
    raise ValueError(text)


def real(text):
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(text)
    return number


def whole(text):
    return real(text) if text == "-0" or abs(real(text)) > 2**65 else int(text)


def read(text):
    """The document, or None."""
    try:
        if len(text.encode()) > MOST_BYTES or depth(text) > DEEPEST:
            return None
        document = json.loads(text, parse_constant=no_number, parse_float=real, parse_int=whole,
                              object_pairs_hook=fields)
        json.dumps(document, ensure_ascii=False).encode()  # half of a pair of surrogates is no text
    except (ValueError, RecursionError):
        return None
    return document


def fields(pairs):
    """The fields of an object; what is overwritten must be text as well."""
    kept = dict(pairs)
    if len(kept) < len(pairs):
        json.dumps([value for _, value in pairs], ensure_ascii=False).encode()
    return kept


def depth(text):
    """How deep brackets are nested, also in what another of the same name overwrites."""
    level, deepest, in_text, escaped = 0, 0, False, False
    for one in text:
        if escaped:
            escaped = False
        elif one == "\\":
            escaped = in_text
        elif one == '"':
            in_text = not in_text
        elif not in_text and one in "[{":
            level += 1
            deepest = max(deepest, level)
        elif not in_text and one in "]}":
            level = max(level - 1, 0)
    return deepest


def at(document, pointer):
    """The value at a JSON pointer, or None; what is null cannot be told from what is not there, and is used alike."""
    if pointer and not pointer.startswith("/"):
        return None
    value = document
    for token in pointer.split("/")[1:]:
        token = token.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict):
            value = value.get(token)
        elif isinstance(value, list) and token.isascii() and token.isdigit() and (token == "0" or token[0] != "0"):
            value = value[int(token)] if len(token) <= 19 and int(token) < len(value) else None
        else:
            return None
    return value


def settle(document, value):
    for _ in range(CHAIN):
        if not isinstance(value, dict) or "$ref" not in value:
            return value
        reference = value["$ref"]
        if not isinstance(reference, str) or not reference.startswith("#") or len(reference.encode()) > LONGEST_TARGET:
            return None
        value = at(document, reference[1:])
    return None


def field(value, name):
    return value.get(name) if isinstance(value, dict) else None


def listed(value, name):
    found = field(value, name)
    return found if isinstance(found, list) else []


def base(document):
    url = at(document, "/servers/0/url")
    url = url if isinstance(url, str) else "/"
    path = url
    if "://" in url:
        rest = url.split("://", 1)[1]
        path = rest[rest.index("/"):] if "/" in rest else ""
    return path.rstrip("/") if path.startswith("/") else ""
