"""Operations of a load that are drawn from an OpenAPI description, for the second verifier.

It stands beside verify.py and is written from docs/verdict.md. It must not import anything but Python's standard library.
The description was served by the service under test: it may be anything.
"""

import copy
import hashlib
import json

MOST_BYTES, DEEPEST, CHAIN, LONGEST, MOST = 256 << 10, 64, 8, 200, 32
MOST_PATHS, MOST_PARAMETERS, MOST_VALUES, LONGEST_TARGET = 200, 64, 100, 2 << 10  # and a reference is as long at most
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


def short(found):
    """Of a longer list, or of more examples, none is taken."""
    return found if len(found) <= MOST_VALUES else type(found)()


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
    examples = short(examples) if isinstance(examples, dict) else {}
    named = sorted(examples.items(), key=lambda item: item[0].encode())
    found = [words([field(parameter, "example")]),
             words([field(settle(document, example), "value") for _, example in named]),
             words([field(schema, "example")]), words(short(listed(schema, "examples"))), words(short(listed(schema, "enum"))),
             words([field(schema, "default")])]
    return next((values for values in found if values), None)


def encoded(text):
    return "".join(chr(byte) if byte in UNRESERVED else f"%{byte:02X}" for byte in text.encode())


def lot(nonce, *words_of):
    return hashlib.sha256("\n".join((nonce, *words_of)).encode()).hexdigest()


def parameters(document, holders):
    """By place and name in order, or None."""
    every = {}
    if sum(len(listed(holder, "parameters")) for holder in holders) > MOST_PARAMETERS:
        return None
    for holder in holders:
        for parameter in listed(holder, "parameters"):
            parameter = settle(document, parameter)
            place, name = field(parameter, "in"), field(parameter, "name")
            if not all(isinstance(one, str) and len(one.encode()) <= LONGEST for one in (place, name)):
                return None
            every[place, name] = parameter
    return sorted(every.items(), key=lambda item: (item[0][0].encode(), item[0][1].encode()))


def operation(document, start, path, item, nonce, plan):
    item = settle(document, item)
    get = field(item, "get")
    if not isinstance(get, dict) or "requestBody" in get:
        return None
    security = get["security"] if "security" in get else field(document, "security")
    if isinstance(security, list) and security:
        return None
    every, target, query = parameters(document, (item, get)), start + path, []
    if every is None or len(target.encode()) > LONGEST_TARGET:
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
            if len(target.encode()) > LONGEST_TARGET:
                return None
        else:
            query.append(f"{encoded(name)}={value}")
    if not all(0x21 <= byte <= 0x7e and byte not in NOT_PLAIN for byte in target.encode()):
        return None
    if query:
        target += "?" + "&".join(query)
        if len(target) > LONGEST_TARGET:
            return None
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
    looked_at = sorted((lot(nonce, path), path) for path in paths if path.startswith("/"))[:MOST_PATHS]
    order, start = sorted((path for _, path in looked_at), key=lambda path: path.encode()), base(document)
    every = [one for one in (operation(document, start, path, paths[path], nonce, plan) for path in order) if one]
    lots = sorted((lot(nonce, one["name"]), index) for index, one in enumerate(every))[:plan["most"]]
    chosen = {index for _, index in lots}
    return [one for index, one in enumerate(every) if index in chosen]


def name_of(one):
    return one["component"] + one["path"]


def pairs(result):
    """Each description of the plan with what the evidence has in its place, and what follows from it, where that is
    byte for byte what was verified."""
    seen = (result["evidence"].get("prove") or {}).get("drawn") or []
    nonce = result["announcement"]["nonce"]
    return [(plan, one, draw(one["description"], plan, nonce) if is_verified(result, plan, one) else [])
            for plan, one in zip(result["plan"]["prove"]["load"].get("drawn") or [], seen)]


def is_verified(result, plan, seen):
    """Whether it has the text that was verified, and nothing else was verified of that component and path."""
    contracts = (result["evidence"].get("verify") or {"contracts": []})["contracts"]
    verified = {one["digest"] for one in contracts if (one["component"], one["path"]) == (plan["component"], plan["path"])}
    return verified == {"sha256:" + hashlib.sha256(seen["description"].encode()).hexdigest()}


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
    for plan, one, operations in pairs(result):
        if not operations:
            why = "it gives nothing that could be drawn"
            if not is_verified(result, plan, one):
                why = "what was drawn from is not what was verified"
            return f"drawn description {quote(name_of(plan))}: {why}"
    return None


def wrong(result, mismatch, quote):
    for plan, seen, operations in pairs(result):
        differ = mismatch("operation", [one["name"] for one in operations], seen["operations"])
        if differ and is_verified(result, plan, seen):
            return f"drawn description {quote(name_of(plan))}: not as it was to be drawn: {differ}"
    return None
