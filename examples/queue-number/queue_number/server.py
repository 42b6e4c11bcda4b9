"""HTTP/1.1 as a cluster needs it, on the standard library's threading server: connections that
stay open, limits on time and size, RFC 9457 problems for every failure, and an end after
SIGTERM that no user feels. It must not know what the service does: `answer` does.
"""

import contextlib
import json
import socket
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LARGEST_BODY = 4096
# Longer than the 90 s for which common proxies keep an idle connection, so that it is never
# we who close one in the moment in which a request is sent on it.
IDLE_SECONDS = 120
REQUEST_SECONDS = 10


def as_json(status, value, headers=None, media_type="application/json"):
    """An answer: status, headers, body."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    return status, {"Content-Type": media_type, **(headers or {})}, body


def problem(status, detail, headers=None):
    """An RFC 9457 answer."""
    value = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": int(status), "detail": detail}
    return as_json(status, value, headers, "application/problem+json")


def hang_up(connection):
    """Ends an idle connection: its thread reads what has already arrived, then an end of file."""
    with contextlib.suppress(OSError):  # the client went away first
        connection.shutdown(socket.SHUT_RD)


class Server(ThreadingHTTPServer):
    """Serves `answer(method, path, headers, body) -> (status, headers, body)` and two probes."""

    request_queue_size = 256
    daemon_threads = True
    block_on_close = False  # `leave` waits by itself, with a limit

    def __init__(self, address, answer, ready=lambda: True):
        self.answer = answer
        self.ready = ready
        self.leaving = threading.Event()
        self._changed = threading.Condition()
        self._busy = {}  # connection → whether a request is under way on it
        super().__init__(address, Connection)

    def process_request(self, request, client_address):
        # Here and not in the connection's own thread, so that no accepted one is ever uncounted.
        self.mark(request, False)
        super().process_request(request, client_address)

    def shutdown_request(self, request):
        super().shutdown_request(request)
        self.mark(request, None)

    def mark(self, connection, busy):
        """Notes that a connection has a request under way, is idle, or (None) is gone."""
        with self._changed:
            if busy is None:
                self._busy.pop(connection, None)
            else:
                self._busy[connection] = busy
            self._changed.notify_all()

    def leave(self, propagation=4.0, finish=10.0):
        """Ends without a failed request: readiness goes first; whoever still comes until nodes
        and ingresses have heard of it is served, and asked to come back on a new connection;
        then the door closes and requests under way are finished. Blocks until then.
        """
        self.leaving.set()
        # Nothing inside the pod can observe that every node has heard of it: a time, not an event.
        threading.Event().wait(propagation)
        self.shutdown()
        self.server_close()
        with self._changed:
            for connection, busy in self._busy.items():
                if not busy:
                    hang_up(connection)
            return self._changed.wait_for(lambda: not self._busy, timeout=finish)


class Connection(BaseHTTPRequestHandler):
    """One client connection and the requests on it."""

    protocol_version = "HTTP/1.1"
    server_version = "queue-number"
    sys_version = ""
    timeout = IDLE_SECONDS
    wbufsize = -1  # one segment for head and body
    disable_nagle_algorithm = True

    def handle_one_request(self):
        try:
            super().handle_one_request()
        except OSError:
            self.close_connection = True
        self.server.mark(self.connection, False)
        self.connection.settimeout(IDLE_SECONDS)
        if self.server.leaving.is_set() and self.server.socket.fileno() < 0:
            self.close_connection = True

    def parse_request(self):
        # The request's first line is here: from now on it is awaited by somebody.
        self.server.mark(self.connection, True)
        self.connection.settimeout(REQUEST_SECONDS)
        return super().parse_request()

    def dispatch(self):
        """Reads the body, if any, and answers."""
        refused, body = self._body()
        if refused:
            self.close_connection = True  # the rest of the body is unread
            return self._send(*refused)
        path = self.path.split("?", 1)[0]
        if path == "/healthz":
            answer = as_json(200, {"status": "ok"})
        elif path == "/readyz":
            if self.server.leaving.is_set() or not self.server.ready():
                answer = problem(503, "leaving" if self.server.leaving.is_set() else "starting")
            else:
                answer = as_json(200, {"status": "ready"})
        else:
            try:
                answer = self.server.answer(self.command, self.path, self.headers, body)
            except Exception as error:  # one request's failure must not end the connection's thread unanswered
                self.log_error("%s: %r", path, error)
                answer = problem(500, "the request could not be answered")
        return self._send(*answer)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_TRACE = dispatch

    def _body(self):
        if self.headers.get("Transfer-Encoding"):
            return problem(411, "the request must say its length"), b""
        text = self.headers.get("Content-Length", "0")
        if not (text.isascii() and text.isdigit()):
            return problem(400, "the request's length is no number"), b""
        length = int(text)
        if length > LARGEST_BODY:
            return problem(413, f"the request has more than {LARGEST_BODY} bytes"), b""
        body = self.rfile.read(length)
        if len(body) < length:
            return problem(400, "the request ended before its body did"), b""
        return None, body

    def _send(self, status, headers, body):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Content-Type-Options", "nosniff")
        if self.server.leaving.is_set() or self.close_connection:
            self.send_header("Connection", "close")  # also sets close_connection
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def send_error(self, code, message=None, explain=None):
        """The base class answers what it cannot parse through here."""
        self.close_connection = True
        self.request_version = self.protocol_version  # else the base class leaves the head out
        self._send(*problem(code, message or HTTPStatus(code).phrase))

    def log_request(self, code="-", size="-"):
        """Silent: an access log belongs to the ingress, and would repeat ticket ids here."""
