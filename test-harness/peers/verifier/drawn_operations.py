"""Operations of a load that are drawn from a description. *Drawn operations* of docs/verdict.md, 3, 5 and 6;
`assurance/src/plan/drawn.rs`.

It must not import anything of this package but what reads the description and its values.
"""

from .arithmetic import in_order
from .drawn_document import LONGEST_TARGET, base, field, listed, read, settle
from .drawn_given import LONGEST, encoded, given, lot

MOST_PATHS, MOST_PARAMETERS = 200, 64
NOT_PLAIN = frozenset(b'"#<>?\\^`{|}')


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
    order, start = in_order(path for _, path in looked_at), base(document)
    every = [one for one in (operation(document, start, path, paths[path], nonce, plan) for path in order) if one]
    lots = sorted((lot(nonce, one["name"]), index) for index, one in enumerate(every))[:plan["most"]]
    chosen = {index for _, index in lots}
    return [one for index, one in enumerate(every) if index in chosen]
