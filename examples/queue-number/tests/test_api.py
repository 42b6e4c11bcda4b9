"""The operations, asked as the server asks them."""

import json
import unittest
from datetime import datetime, timezone
from email.message import Message

from queue_number import page, ticket
from queue_number.api import answer


def headers(**named):
    message = Message()
    for name, value in named.items():
        message[name.replace("_", "-")] = value
    return message


def ask(method, target, body=b"", media_type="application/json"):
    status, fields, raw = answer(method, target, headers(Content_Type=media_type), body)
    return status, fields, json.loads(raw)


class Api(unittest.TestCase):
    def take(self, **asked):
        wanted = {"centre": "osh", "purpose": "passport", "from": "09:40", **asked}
        return ask("POST", "/v1/tickets", json.dumps(wanted).encode())

    def test_a_ticket_is_found_again(self):
        status, fields, taken = self.take()
        self.assertEqual(status, 201)
        self.assertEqual(fields["Location"], f"/v1/tickets/{taken['id']}")
        self.assertEqual((taken["centre"], taken["purpose"], taken["from"], taken["until"]), ("osh", "passport", "09:40", "10:00"))
        self.assertEqual(taken["status"], "coming")
        self.assertTrue(taken["call"].startswith("A0940-"))
        self.assertEqual(ask("GET", f"/v1/tickets/{taken['id']}")[::2], (200, taken))

    def test_wrong_requests_are_problems(self):
        body = b'{"centre":"osh","purpose":"passport","from":"09:40"}'
        for status, method, target, raw, media_type in [
            (400, "POST", "/v1/tickets", b"", "application/json"),
            (400, "POST", "/v1/tickets", b"[" * 100_000, "application/json"),
            (400, "POST", "/v1/tickets", b"\xff", "application/json"),
            (400, "POST", "/v1/tickets", b"null", "application/json"),
            (400, "POST", "/v1/tickets", b'{"centre":"osh"}', "application/json"),
            (400, "POST", "/v1/tickets", body.replace(b"osh", b"nowhere"), "application/json"),
            (400, "POST", "/v1/tickets", body.replace(b"passport", b"x"), "application/json"),
            (400, "POST", "/v1/tickets", body.replace(b"09:40", b"12:20"), "application/json"),
            (400, "POST", "/v1/tickets", body.replace(b'"09:40"', b"940"), "application/json"),
            (415, "POST", "/v1/tickets", body, "text/plain"),
            (404, "GET", "/v1/tickets/0000-0000-0000", b"", ""),
            (404, "GET", "/v1/tickets/..%2f..%2f", b"", ""),
            (404, "GET", "/v1/centres/nowhere/windows", b"", ""),
            (404, "GET", "/v2", b"", ""),
            (405, "DELETE", "/v1/tickets", b"", ""),
        ]:
            got, fields, problem = ask(method, target, raw, media_type)
            self.assertEqual((got, problem["status"], fields["Content-Type"]), (status, status, "application/problem+json"), target)

    def test_centres_and_windows(self):
        self.assertEqual(len(ask("GET", "/v1/centres")[2]["centres"]), len(ticket.CENTRES))
        windows = ask("GET", "/v1/centres/osh/windows")[2]
        self.assertEqual((windows["windows"][0], windows["windows"][-1]), ({"from": "09:00", "until": "09:20"}, {"from": "16:40", "until": "17:00"}))

    def test_the_page_speaks_three_languages(self):
        for code, word in {"ky": "Электрондук кезек", "ru": "Электронная очередь", "en": "Electronic queue"}.items():
            self.assertEqual(set(page.TEXTS[code]), set(page.TEXTS["ky"]))
            status, _, html = answer("GET", f"/?lang={code}", headers(), b"")
            self.assertEqual(status, 200)
            self.assertIn(word, html.decode())
        status, _, html = answer("POST", "/?lang=en", headers(), b"centre=osh&purpose=passport&from=09%3A40")
        self.assertEqual(status, 200)
        self.assertIn("A0940-", html.decode())
        status, _, html = answer("POST", "/?lang=en", headers(), b"centre=%22%3E")
        self.assertEqual(status, 400)
        self.assertEqual(page.choose("", headers(Accept_Language="de, ru;q=0.5")), "ru")


class Ticket(unittest.TestCase):
    def test_the_day_is_the_next_working_one_in_bishkek(self):
        for moment, day in {
            "2026-11-23T10:00:00+00:00": "2026-11-24",
            "2026-11-23T18:00:00+00:00": "2026-11-25",  # already Tuesday in Bishkek
            "2026-11-27T10:00:00+00:00": "2026-11-30",  # from Friday to Monday
        }.items():
            now = datetime.fromisoformat(moment)
            self.assertEqual(ticket.issue("osh", "passport", "09:00", now)["day"], day)

    def test_a_ticket_grows_old_and_is_unknown_before_it_was_given(self):
        given = ticket.issue("naryn", "address", "16:40", datetime(2026, 11, 23, tzinfo=timezone.utc))
        for day, status in {24: "today", 25: "past", 23: "coming"}.items():
            shown = ticket.read(given["id"], datetime(2026, 11, day, tzinfo=timezone.utc))
            self.assertEqual(shown, {**given, "status": status})
        self.assertIsNone(ticket.read(given["id"], datetime(2026, 11, 20, tzinfo=timezone.utc)))

    def test_one_wrong_sign_is_found(self):
        given = ticket.issue("naryn", "address", "16:40")["id"]
        for place, sign in enumerate(given):
            for other in "0123456789ABCDEFGHJKMNPQRSTVWXYZ":
                if sign not in ("-", other):
                    self.assertIsNone(ticket.read(given[:place] + other + given[place + 1 :]))


if __name__ == "__main__":
    unittest.main()
