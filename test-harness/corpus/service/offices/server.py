"""HTTP/1.1 on the standard library's threading server: connections that stay open, an end after SIGTERM that no
user feels. It must not know what the service does: `part.answer` does.
"""

import contextlib
import json
import socket
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def as_json(status, value, media_type="application/json"):
    """An answer: status, media type, body."""
    return status, media_type, json.dumps(value, ensure_ascii=False).encode() + b"\n"


def problem(status, detail):
    """An RFC 9457 answer."""
    value = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": int(status), "detail": detail}
    return as_json(status, value, "application/problem+json")


class Server(ThreadingHTTPServer):
    """Serves `part.answer(method, path, body)` and two probes, on so many connections at most. Who still comes when
    it has been told to end is served, or turned away."""

    request_queue_size = 256
    daemon_threads = True
    block_on_close = False

    def __init__(self, address, part, connections, turns_away):
        self.part = part
        self.turns_away = turns_away
        self.most = connections
        self.leaving = threading.Event()
        self.left = threading.Event()
        self.changed = threading.Condition()
        self.open = {}  # connection → whether a request is under way on it
        super().__init__(address, Connection)

    def verify_request(self, request, client_address):
        return len(self.open) < self.most

    def process_request(self, request, client_address):
        self.mark(request, False)
        super().process_request(request, client_address)

    def shutdown_request(self, request):
        super().shutdown_request(request)
        self.mark(request, None)

    def handle_error(self, request, client_address):
        """A client that went away is no news."""

    def mark(self, connection, busy):
        with self.changed:
            if busy is None:
                self.open.pop(connection, None)
            else:
                self.open[connection] = busy
            self.changed.notify_all()

    def leave(self, propagation, finish=10.0):
        """Readiness goes first; whoever still comes is served for a while, then the door closes and requests
        under way are finished."""
        self.leaving.set()
        threading.Event().wait(propagation)
        self.shutdown()
        self.server_close()
        with self.changed:
            for connection, busy in self.open.items():
                if not busy:
                    with contextlib.suppress(OSError):
                        connection.shutdown(socket.SHUT_RD)
            self.changed.wait_for(lambda: not self.open, timeout=finish)
        self.left.set()


class Connection(BaseHTTPRequestHandler):
    """One client connection and the requests on it."""

    protocol_version = "HTTP/1.1"
    server_version = "offices"
    sys_version = ""
    timeout = 120
    wbufsize = -1
    disable_nagle_algorithm = True

    def handle_one_request(self):
        try:
            super().handle_one_request()
        except OSError:
            self.close_connection = True
        self.server.mark(self.connection, False)
        if self.server.leaving.is_set() and self.server.socket.fileno() < 0:
            self.close_connection = True

    def parse_request(self):
        self.server.mark(self.connection, True)
        return super().parse_request()

    def dispatch(self):
        body = self.rfile.read(min(int(self.headers.get("Content-Length", "0")), 4096))
        leaving = self.server.leaving.is_set()
        turned_away = leaving and self.server.turns_away
        if self.path == "/healthz":
            answer = as_json(200, {"status": "ok"})
        elif self.path == "/readyz":
            ready = self.server.part.ready() and not leaving
            answer = as_json(200, {"status": "ready"}) if ready else problem(503, "not ready")
        elif turned_away:
            answer = problem(503, "the service is being shut down")
        else:
            try:
                answer = self.server.part.answer(self.command, self.path.split("?", 1)[0], body)
            except Exception as error:
                self.log_error("%s: %r", self.path, error)
                answer = problem(500, "the request could not be answered")
        status, media_type, body = answer
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        if leaving and not turned_away:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = dispatch

    def log_request(self, code="-", size="-"):
        """Silent."""
