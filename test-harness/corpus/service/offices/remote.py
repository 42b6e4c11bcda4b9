"""Offices that the component `store` keeps: asked within a time, and asked again."""

import http.client
import itertools
import json
import queue
import socket
import threading
import time
from urllib.parse import urlsplit

from . import settings

LOST = (OSError, http.client.HTTPException)


class Away(Exception):
    """The store did not answer."""


class Remote:
    def __init__(self, url):
        parts = urlsplit(url)
        self.name, self.port = parts.hostname, parts.port
        self.address = None
        self.never_closed = []
        self.kept = [[threading.Lock(), None] for _ in range(4)]
        self.turns = itertools.count()
        self.away_until = 0.0

    def start(self):
        if settings.NAMES == "looked up beside":
            threading.Thread(target=self.look_up, daemon=True).start()

    def look_up(self):
        while True:
            try:
                self.address = socket.gethostbyname(self.name)
            except OSError:
                pass  # the last one is still good
            time.sleep(5 if self.address else 0.2)

    def ready(self):
        return settings.NAMES != "looked up beside" or self.address is not None

    def connect(self):
        address = self.address if settings.NAMES == "looked up beside" else self.name
        if address is None:
            raise OSError("the store's name is not known yet")
        connection = http.client.HTTPConnection(address, self.port, timeout=settings.TRY_SECONDS)
        connection.connect()
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def find(self, name):
        """The office of this name, or None. Raises Away."""
        for _ in range(settings.CALLS - 1):
            self.ask(name)
        return self.ask(name)

    def ask(self, name):
        if settings.NAMES == "looked up each time":
            try:
                socket.gethostbyname(self.name)
            except OSError as error:
                raise Away from error
        if time.monotonic() < self.away_until:
            raise Away
        for _ in range(1 + settings.RETRIES):
            try:
                status, body = self.first(f"/offices/{name}")
            except LOST:
                if settings.LOST == "given up for five seconds":
                    self.away_until = time.monotonic() + 5
                continue
            if status == 200:
                return json.loads(body)
            if status == 404:
                return None
        raise Away

    def first(self, path):
        """The first answer of those that are asked for at the same time."""
        if settings.ASKED_AT_ONCE == 1:
            return self.once(path)
        answers = queue.SimpleQueue()

        def one():
            try:
                answers.put(self.once(path))
            except LOST as error:
                answers.put(error)

        for _ in range(settings.ASKED_AT_ONCE):
            threading.Thread(target=one, daemon=True).start()
        answer = answers.get()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def once(self, path):
        """One try, over a connection of its own: so the next one may meet another pod."""
        if settings.CONNECTIONS == "a few for ever":
            return self.over_a_kept_one(path)
        connection = self.connect()
        try:
            return self.exchange(connection, path)
        finally:
            if settings.CONNECTIONS == "one each time":
                connection.close()
            else:
                self.never_closed.append(connection)

    def over_a_kept_one(self, path):
        """One try over the connection whose turn it is. They were opened once."""
        turn = next(self.turns) % len(self.kept)
        with self.kept[turn][0]:
            if self.kept[turn][1] is None:
                self.kept[turn][1] = self.connect()
            return self.exchange(self.kept[turn][1], path)

    def exchange(self, connection, path):
        connection.auto_open = 0
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
