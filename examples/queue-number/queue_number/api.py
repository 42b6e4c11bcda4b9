"""The operations of the service: what `openapi.json` describes, and the page for people. It must
keep nothing between two requests.
"""

import json
from pathlib import Path
from urllib.parse import unquote

from . import page, places, ticket
from .server import as_json, problem

DESCRIPTION = Path(__file__).with_name("openapi.json").read_bytes()
DAY = "public, max-age=60"


def answer(method, target, headers, body):
    """Answers one request."""
    path, _, query = target.partition("?")
    parts = [unquote(part, errors="replace") for part in path.split("/")[1:]]
    match parts:
        case [""]:
            allowed, act = ("GET", "POST"), lambda: page.answer(method, query, headers, body)
        case ["openapi.json"]:
            allowed, act = ("GET",), lambda: (200, {"Content-Type": "application/json"}, DESCRIPTION)
        case ["v1", "centres"]:
            allowed, act = ("GET",), _centres
        case ["v1", "centres", centre, "windows"]:
            allowed, act = ("GET",), lambda: _windows(centre)
        case ["v1", "tickets"]:
            allowed, act = ("POST",), lambda: _issue(headers, body)
        case ["v1", "tickets", ticket_id]:
            allowed, act = ("GET",), lambda: _show(ticket_id)
        case _:
            return problem(404, "there is nothing at this address")
    if method not in allowed and not (method == "HEAD" and "GET" in allowed):
        return problem(405, "this address does not take that method", {"Allow": ", ".join(allowed)})
    try:
        return act()
    except places.Away:
        return problem(503, "the places cannot be looked up now")


def _centres():
    purposes = [{"id": purpose["id"], "name": purpose["name"]} for purpose in ticket.PURPOSES]
    return as_json(200, {"centres": ticket.CENTRES, "purposes": purposes}, {"Cache-Control": DAY})


def _windows(centre):
    if all(row["id"] != centre for row in ticket.CENTRES):
        return problem(404, "there is no such centre")
    day = ticket.next_working_day(ticket.today()).isoformat()
    return as_json(200, {"centre": centre, "day": day, "windows": ticket.WINDOWS}, {"Cache-Control": DAY})


def _issue(headers, body):
    if headers.get_content_type() != "application/json":
        return problem(415, "the request must be application/json")
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        return problem(400, "the request is not JSON")
    names = {"centre", "purpose", "from"}
    if not isinstance(asked, dict) or set(asked) != names or not all(isinstance(v, str) for v in asked.values()):
        return problem(400, "the request must have the texts centre, purpose and from, and nothing else")
    try:
        issued = ticket.issue(asked["centre"], asked["purpose"], asked["from"])
    except LookupError as unknown:
        return problem(400, unknown.args[0])
    return as_json(201, issued, {"Location": f"/v1/tickets/{issued['id']}", "Cache-Control": "no-store"})


def _show(ticket_id):
    shown = ticket.read(ticket_id)
    if shown is None:
        return problem(404, "no ticket with this id was given out")
    return as_json(200, shown, {"Cache-Control": "no-store"})
