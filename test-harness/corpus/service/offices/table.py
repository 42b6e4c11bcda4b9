"""The offices, as the register of offices exports them, and how long it takes to look at one."""

import json
import threading
import time
from pathlib import Path

from . import settings

FILE = Path(__file__).with_name("offices.json")


class Loading(Exception):
    """The list is not here yet."""


class Table:
    """Offices by name. `places` requests look at one time."""

    def __init__(self, places):
        self.offices = None
        self.loading = threading.Lock()
        self.places = threading.Semaphore(places)
        self.lock = threading.Lock()
        self.scratch = None

    def start(self):
        """Begins to load, where that is done at the start."""
        if settings.LOADS == "at start":
            threading.Thread(target=self.load, daemon=True).start()

    def load(self):
        with self.loading:
            if self.offices is None:
                time.sleep(settings.LOADING_SECONDS)
                self.offices = json.loads(FILE.read_text(encoding="utf-8"))

    def ready(self):
        """Whether it says that it can be asked."""
        return settings.READY == "at once" or settings.LOADS == "when asked" or self.offices is not None

    def find(self, name):
        """The office of this name, or None."""
        if settings.LOADS == "when asked":
            self.load()
        if self.offices is None:
            raise Loading
        self.places.acquire()
        if settings.LOCKED == "the look":
            with self.lock:
                found = self.look(name)
        else:
            found = self.look(name)
        if found is not None or settings.PLACE_GIVEN_BACK == "always":
            self.places.release()
        return found

    def look(self, name):
        if settings.SCRATCH == "of all requests":
            self.scratch = self.offices.get(name)
            time.sleep(settings.LOOKUP_SECONDS)
            return self.scratch
        with self.lock if settings.LOCKED == "the table" else threading.Lock():
            found = self.offices.get(name)
        time.sleep(settings.LOOKUP_SECONDS)
        return found
