"""Offices that the component `store` keeps: asked over connections that are kept, within a time, and asked again."""

import http.client
import json
import os
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
        self.idle = []
        self.lock = threading.Lock()
        self.never_closed = []

    def start(self):
        if settings.NAMES == "looked up beside":
            threading.Thread(target=self.look_up, daemon=True).start()
        for _ in range(4):
            self.idle.append(None)

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
        for tries in range(1 + settings.RETRIES):
            try:
                status, body = self.first(f"/offices/{name}", tries > 0)
            except LOST:
                if settings.LOST == "the end":
                    os._exit(1)
                continue
            if status == 200:
                return json.loads(body)
            if status == 404:
                return None
        raise Away

    def first(self, path, again):
        """The first answer of those that are asked for at the same time."""
        if settings.ASKED_AT_ONCE == 1:
            return self.once(path, again)
        answers = queue.SimpleQueue()

        def one():
            try:
                answers.put(self.once(path, again))
            except LOST as error:
                answers.put(error)

        for _ in range(settings.ASKED_AT_ONCE):
            threading.Thread(target=one, daemon=True).start()
        answer = answers.get()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def once(self, path, again):
        """One try; if it is made again, over a new connection, since all the others may be lost too."""
        if settings.CONNECTIONS == "one each time":
            connection = self.connect()
            self.never_closed.append(connection)
            return self.exchange(connection, path)
        with self.lock:
            fresh = again and settings.LOST == "opened again" or not self.idle
            connection = None if fresh else self.idle.pop(0)
        try:
            if connection is None:
                connection = self.connect()
            answer = self.exchange(connection, path)
        except LOST:
            if connection is not None:
                connection.close()
            if settings.LOST == "kept":
                connection = Lost()
            else:
                connection = None
            raise
        finally:
            if connection is not None:
                with self.lock:
                    self.idle.append(connection)
        return answer

    def exchange(self, connection, path):
        connection.auto_open = 0
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
        if answer.will_close:
            connection.close()
            connection.auto_open = 1
        return answer.status, body


class Lost:
    """A connection that was lost, and that nobody opens again."""

    auto_open = 0

    def request(self, *_):
        raise http.client.NotConnected

    def close(self):
        pass
