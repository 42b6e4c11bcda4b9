"""The component that people ask: offices, their hours, bookings."""

import base64
import json
import threading
import time
from collections import OrderedDict, deque
from pathlib import Path

from . import settings
from .remote import Away, Remote
from .server import as_json, problem
from .table import Loading, Table

DESCRIPTION = Path(__file__).with_name("openapi.json")
PAGE = 2 << 20


class Front:
    def __init__(self, store):
        self.remote = Remote(store) if store else None
        self.table = None if store else Table(settings.WORKERS)
        self.places = threading.Semaphore(settings.WORKERS)
        self.timetable = Timetable()
        self.order = Order()
        self.bookings = {}
        self.pages = OrderedDict()
        self.notes = deque(maxlen=settings.NOTES_KEPT)
        self.count = 0
        self.loaded = threading.Event()

    def start(self):
        (self.remote or self.table).start()
        threading.Thread(target=self.load, daemon=True).start()
        threading.Thread(target=self.note, daemon=True).start()

    def load(self):
        """The calendar comes over a slow line."""
        if self.remote:
            time.sleep(settings.LOADING_SECONDS)
        self.timetable.start()
        self.loaded.set()

    def ready(self):
        return self.loaded.is_set() and (self.remote or self.table).ready()

    def note(self):
        """Writes down what was asked, for the statistics, as fast as those take it."""
        while True:
            time.sleep(1 / settings.NOTED_A_SECOND)
            if self.notes:
                self.notes.popleft()

    def answer(self, method, path, body):
        if path == "/openapi.json":
            return 200, "application/json", DESCRIPTION.read_bytes()
        self.order.one_more()
        try:
            if method == "POST" and path == "/v1/bookings":
                return self.book(json.loads(body))
            if path.startswith("/v1/bookings/"):
                return self.booking(path.removeprefix("/v1/bookings/"))
            if path.startswith("/v1/offices/"):
                return self.office(path.removeprefix("/v1/offices/"))
        except (Loading, Away):
            return problem(503, "the offices cannot be read now")
        except (ValueError, KeyError, TypeError):
            return problem(400, "that is no booking")
        return problem(404, "there is nothing here")

    def find(self, name):
        if not self.remote:
            return self.table.find(name)
        with self.places:
            return self.remote.find(name)

    def office(self, name):
        office = self.find(name)
        if office is None:
            return problem(404, "there is no such office")
        self.keep(name)
        return as_json(200, {"id": name, **office, "hours": self.timetable.now()})

    def keep(self, name):
        """Keeps the page for whoever comes back, and notes it."""
        self.count += 1
        page = bytes([self.count % 251]) * PAGE
        self.pages[self.count] = page
        while settings.PAGES_KEPT and len(self.pages) > settings.PAGES_KEPT:
            self.pages.popitem(last=False)
        self.notes.append(page)

    def book(self, wish):
        office, day = str(wish["office"]), str(wish["day"])
        if self.find(office) is None:
            return problem(404, "there is no such office")
        carried = base64.b32encode(json.dumps([office, day]).encode()).decode().rstrip("=")
        self.bookings = {**self.bookings, carried: True} if settings.BOOKINGS == "in memory" else {}
        return as_json(201, {"id": carried, "office": office, "day": day})

    def booking(self, number):
        if settings.BOOKINGS == "in memory" and number not in self.bookings:
            return problem(404, "there is no such booking")
        try:
            office, day = json.loads(base64.b32decode(number + "=" * (-len(number) % 8)))
        except (ValueError, TypeError):
            return problem(404, "there is no such booking")
        return as_json(200, {"id": number, "office": office, "day": day})


class Timetable:
    """The hours of today, which hold for three seconds. One works them out again, beside those who ask: they are told
    what was worked out last."""

    def __init__(self):
        self.until = 0.0
        self.worked = threading.Lock()

    def start(self):
        """Returns when there is one."""
        self.work_out()
        if settings.TIMETABLE_BY == "one":
            threading.Thread(target=self.go_on, daemon=True).start()

    def go_on(self):
        while True:
            time.sleep(settings.TIMETABLE_SECONDS)
            self.work_out()

    def now(self):
        if settings.TIMETABLE_BY == "everybody" and time.monotonic() >= self.until:
            self.work_out()
        return "09:00-18:00"

    def work_out(self):
        with self.worked:  # the calendar has one connection
            time.sleep(settings.TIMETABLE_TAKES)
            self.until = time.monotonic() + settings.TIMETABLE_SECONDS


class Order:
    """Puts the index in order from time to time."""

    def __init__(self):
        self.count = 0
        self.lock = threading.Lock()

    def one_more(self):
        if settings.ORDERED == "in between":
            with self.lock:
                self.count += 1
                if self.count % settings.ORDERED_EVERY == 0:
                    self.put()
            return
        self.count += 1
        if self.count % settings.ORDERED_EVERY == 0:
            threading.Thread(target=self.put, daemon=True).start()

    def put(self):
        time.sleep(settings.ORDERED_TAKES)
