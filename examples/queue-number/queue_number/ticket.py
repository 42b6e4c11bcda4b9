"""What a ticket is. Tickets are not stored: a ticket's id carries its content, so any replica
answers for any ticket, also one that was started a second ago. It must not know of HTTP.

No personal datum is asked for or kept: a place in a queue needs none (items 26 and 61).
"""

import json
import zlib
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

from . import places

# Kyrgyzstan has had one time, UTC+6, without summer time since 2005.
BISHKEK = timezone(timedelta(hours=6))
EPOCH = date(2024, 1, 1)

_data = json.loads(Path(__file__).with_name("centres.json").read_text(encoding="utf-8"))
CENTRES = _data["centres"]
PURPOSES = _data["purposes"]

# Twenty-minute windows from 09:00 to 12:00 and from 13:00 to 17:00.
_STARTS = [minute for minute in range(9 * 60, 17 * 60, 20) if not 12 * 60 <= minute < 13 * 60]
WINDOWS = [
    {"from": f"{start // 60:02}:{start % 60:02}", "until": f"{(start + 20) // 60:02}:{(start + 20) % 60:02}"}
    for start in _STARTS
]

# Crockford's base 32: no I, L, O or U, which people misread.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
# Parts of an id and their widths in bits, most significant first: 60 bits, 12 signs.
_WIDTHS = {"centre": 6, "purpose": 4, "window": 6, "day": 14, "place": 14, "check": 16}


def today(now=None):
    """The day in Bishkek."""
    return (now or datetime.now(timezone.utc)).astimezone(BISHKEK).date()


def next_working_day(day):
    """The first day after `day` that is no Saturday or Sunday. Public holidays are not known here."""
    day += timedelta(days=1)
    while day.weekday() >= 5:
        day += timedelta(days=1)
    return day


def _pack(parts):
    number = 0
    for name, width in _WIDTHS.items():
        number = number << width | parts[name]
    return number


def _check(parts):
    content = _pack({**parts, "check": 0})
    return zlib.crc32(content.to_bytes(8, "big")) & 0xFFFF


def _ticket(parts, now):
    day = EPOCH + timedelta(days=parts["day"])
    purpose = PURPOSES[parts["purpose"]]
    window = WINDOWS[parts["window"]]
    number = _pack({**parts, "check": _check(parts)})
    signs = "".join(_ALPHABET[number >> shift & 31] for shift in range(55, -5, -5))
    status = "coming" if day > now else "today" if day == now else "past"
    return {
        "id": f"{signs[:4]}-{signs[4:8]}-{signs[8:]}",
        # What the display in the hall shows.
        "call": f"{purpose['letter']}{window['from'].replace(':', '')}-{parts['place']:05}",
        "centre": CENTRES[parts["centre"]]["id"],
        "purpose": purpose["id"],
        "day": day.isoformat(),
        **window,
        "status": status,
    }


def issue(centre, purpose, start, now=None):
    """A new ticket for the next working day. LookupError names what is unknown; places.Away."""
    parts = {
        "centre": _index(CENTRES, "id", centre, "there is no such centre"),
        "purpose": _index(PURPOSES, "id", purpose, "there is no such purpose"),
        "window": _index(WINDOWS, "from", start, "no window begins at that time"),
        "day": (next_working_day(today(now)) - EPOCH).days,
    }
    parts["place"] = places.take(parts, 1 << _WIDTHS["place"])
    return _ticket(parts, today(now))


def read(ticket_id, now=None):
    """The ticket with this id, or None for a text that was never given out. places.Away."""
    signs = ticket_id.replace("-", "")
    if len(signs) != 12 or ticket_id != f"{signs[:4]}-{signs[4:8]}-{signs[8:]}" or any(s not in _ALPHABET for s in signs):
        return None
    number = 0
    for sign in signs:
        number = number << 5 | _ALPHABET.index(sign)
    parts = {}
    for name, width in reversed(_WIDTHS.items()):
        parts[name] = number & (1 << width) - 1
        number >>= width
    latest = (next_working_day(today(now)) - EPOCH).days
    known = (
        parts["check"] == _check(parts)
        and parts["centre"] < len(CENTRES)
        and parts["purpose"] < len(PURPOSES)
        and parts["window"] < len(WINDOWS)
        and parts["day"] <= latest
        and places.given(parts)
    )
    return _ticket(parts, today(now)) if known else None


def _index(rows, key, value, otherwise):
    for index, row in enumerate(rows):
        if row[key] == value:
            return index
    raise LookupError(otherwise)
