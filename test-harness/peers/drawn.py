"""Operations of a load that are drawn from an OpenAPI description, for the second verifier.

It stands beside verify.py and is written from docs/verdict.md. It must not import anything but Python's standard library.
The description was served by the service under test: it may be anything.
"""

import copy
import hashlib
import json

MOST_BYTES, DEEPEST, CHAIN, LONGEST, MOST = 256 << 10, 64, 8, 200, 32
UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
NOT_PLAIN = frozenset(b'"#<>?\\^`{|}')


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
        if len(text.encode()) > MOST_BYTES:
            return None
        document = json.loads(text, parse_constant=no_number, parse_float=real, parse_int=whole)
        json.dumps(document, ensure_ascii=False).encode()  # half of a pair of surrogates is no text
    except (ValueError, RecursionError):
        return None
    return document if is_shallow(document, DEEPEST) else None


def is_shallow(value, left):
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return all(left > 0 and is_shallow(one, left - 1) for one in inner)


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
            value = value[int(token)] if int(token) < len(value) else None
        else:
            return None
    return value


def settle(document, value):
    for _ in range(CHAIN):
        if not isinstance(value, dict) or "$ref" not in value:
            return value
        reference = value["$ref"]
        if not isinstance(reference, str) or not reference.startswith("#"):
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
    named = sorted(examples.items(), key=lambda item: item[0].encode()) if isinstance(examples, dict) else []
    found = [words([field(parameter, "example")]),
             words([field(settle(document, example), "value") for _, example in named]),
             words([field(schema, "example")]), words(listed(schema, "examples")), words(listed(schema, "enum")),
             words([field(schema, "default")])]
    return next((values for values in found if values), None)


def encoded(text):
    return "".join(chr(byte) if byte in UNRESERVED else f"%{byte:02X}" for byte in text.encode())


def lot(nonce, *words_of):
    return hashlib.sha256("\n".join((nonce, *words_of)).encode()).hexdigest()


def parameters(document, holders):
    """By place and name in order, or None."""
    every = {}
    for holder in holders:
        for parameter in listed(holder, "parameters"):
            parameter = settle(document, parameter)
            place, name = field(parameter, "in"), field(parameter, "name")
            if not isinstance(place, str) or not isinstance(name, str):
                return None
            every[place, name] = parameter
    return sorted(every.items(), key=lambda item: (item[0][0].encode(), item[0][1].encode()))


def operation(document, path, item, nonce, plan):
    item = settle(document, item)
    get = field(item, "get")
    if not isinstance(get, dict) or "requestBody" in get:
        return None
    security = get["security"] if "security" in get else field(document, "security")
    if isinstance(security, list) and security:
        return None
    every, target, query = parameters(document, (item, get)), base(document) + path, []
    if every is None:
        return None
    for (place, name), parameter in every:
        if place != "path" and parameter.get("required") is not True:
            continue
        values = given(document, parameter)
        if not values or place not in ("path", "query"):
            return None
        value = encoded(values[int(lot(nonce, path, place, name)[:16], 16) % len(values)])
        if place == "path":
            target = target.replace("{" + name + "}", value)
        else:
            query.append(f"{encoded(name)}={value}")
    if not all(0x21 <= byte <= 0x7e and byte not in NOT_PLAIN for byte in target.encode()):
        return None
    if query:
        target += "?" + "&".join(query)
    responses = get.get("responses")
    statuses = [int(status) for status in (responses if isinstance(responses, dict) else ())
                if len(status) == 3 and status.isascii() and status.isdigit() and status[0] == "2"]
    if not statuses:
        return None
    request = {"component": plan["component"], "method": "GET", "path": target}
    return {"name": f"GET {target}", "request": request, "expect": {"status": min(statuses)}, "weight": plan["weight"]}


def draw(text, plan, nonce):
    document = read(text)
    paths = field(document, "paths")
    if not isinstance(paths, dict):
        return []
    order = sorted((path for path in paths if path.startswith("/")), key=lambda path: path.encode())
    every = [one for one in (operation(document, path, paths[path], nonce, plan) for path in order) if one]
    lots = sorted((lot(nonce, one["name"]), index) for index, one in enumerate(every))[:plan["most"]]
    chosen = {index for _, index in lots}
    return [one for index, one in enumerate(every) if index in chosen]


def name_of(one):
    return one["component"] + one["path"]


def pairs(result):
    """Each description of the plan with what the evidence has in its place, and what follows from it."""
    seen = (result["evidence"].get("prove") or {}).get("drawn") or []
    nonce = result["announcement"]["nonce"]
    return [(plan, one, draw(one["description"], plan, nonce))
            for plan, one in zip(result["plan"]["prove"]["load"].get("drawn") or [], seen)]


def effective(result):
    """The result with the operations that were drawn behind those of its plan."""
    if not result["plan"]["prove"]["load"].get("drawn"):
        return result
    drawn = [one for _, _, operations in pairs(result) for one in operations]
    result = copy.deepcopy(result)
    result["plan"]["prove"]["load"]["operations"] += drawn
    return result


def plan_lack(rules_know_it, plan, quote):
    known, verified = set(), [(one["component"], one["path"]) for one in plan["verify"]["descriptions"]]
    for one in plan["prove"]["load"].get("drawn") or []:
        name = quote(name_of(one))
        if not rules_know_it:
            return "the plan draws operations from a description, which these rules do not know"
        if (one["component"], one["path"]) not in verified:
            return f"operations are drawn from description {name}, which is not verified"
        if name_of(one) in known:
            return f"operations are drawn from description {name} twice"
        known.add(name_of(one))
        if one["weight"] == 0 or one["most"] == 0:
            return f"no operation is drawn from description {name}"
        if one["most"] > MOST:
            return f"{one['most']} operations may be drawn from description {name}; {MOST} are the most"
    return None


def lack(result, mismatch, quote):
    planned = [name_of(one) for one in result["plan"]["prove"]["load"].get("drawn") or []]
    seen = [name_of(one) for one in (result["evidence"]["prove"].get("drawn") or [])]
    differ = mismatch("drawn description", planned, seen)
    if differ:
        return differ
    return next((f"description {quote(name_of(plan))}: it gives nothing that could be drawn"
                 for plan, _, operations in pairs(result) if not operations), None)


def wrong(result, mismatch, quote):
    for plan, seen, operations in pairs(result):
        name, digest = quote(name_of(plan)), "sha256:" + hashlib.sha256(seen["description"].encode()).hexdigest()
        for one in (result["evidence"].get("verify") or {"contracts": []})["contracts"]:
            if (one["component"], one["path"]) == (plan["component"], plan["path"]) and one["digest"] != digest:
                return f"description {name}: what was drawn from is not what was verified"
        differ = mismatch("operation", [one["name"] for one in operations], seen["operations"])
        if differ:
            return f"description {name}: not as it was to be drawn: {differ}"
    return None
