"""The same service for a person with a browser, in three languages and without JavaScript. It must
not offer anything that the API does not.
"""

import json
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import parse_qs

from . import ticket

_FOLDER = Path(__file__).parent
TEXTS = json.loads((_FOLDER / "texts.json").read_text(encoding="utf-8"))
_PAGE = Template((_FOLDER / "page.html").read_text(encoding="utf-8"))
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}


def answer(method, query, headers, body):
    """The form, and after it was sent the ticket."""
    language = choose(query, headers)
    text = TEXTS[language]
    status, result = 200, f"<p>{escape(text['lead'])}</p>"
    if method == "POST":
        form = {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
        try:
            result = _shown(ticket.issue(form.get("centre"), form.get("purpose"), form.get("from")), text)
        except LookupError:
            status, result = 400, f'<p class="error" role="alert">{escape(text["wrong"])}</p>'
    languages = "\n".join(
        f'<a href="/?lang={code}" lang="{code}" hreflang="{code}"{" aria-current=true" if code == language else ""}>{escape(words["name"])}</a>'
        for code, words in TEXTS.items()
    )
    html = _PAGE.substitute(
        {name: escape(words) for name, words in text.items()},
        language=language,
        languages=languages,
        result=result,
        centres=_options((row["id"], row["name"][language]) for row in ticket.CENTRES),
        purposes=_options((row["id"], row["name"][language]) for row in ticket.PURPOSES),
        windows=_options((row["from"], f"{row['from']}–{row['until']}") for row in ticket.WINDOWS),
    )
    return status, {**_HEADERS, "Content-Language": language}, html.encode()


def choose(query, headers):
    """The language that the person picked, else the first of the browser's that the page has, else Kyrgyz."""
    picked = parse_qs(query).get("lang", [""])[0]
    wanted = [part.split(";")[0].split("-")[0].strip().lower() for part in headers.get("Accept-Language", "").split(",")]
    return next((code for code in [picked, *wanted] if code in TEXTS), "ky")


def _shown(issued, text):
    rows = [
        (text["call"], issued["call"]),
        (text["day"], f"{issued['day']}, {issued['from']}–{issued['until']}"),
        (text["ticket"], issued["id"]),
    ]
    return '<dl role="status">' + "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in rows) + "</dl>"


def _options(rows):
    return "".join(f'<option value="{escape(value)}">{escape(label)}</option>' for value, label in rows)
