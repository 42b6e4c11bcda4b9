"""The server, over real connections."""

import http.client
import json
import socket
import threading
import unittest

from queue_number.server import Server, as_json


class Serving(unittest.TestCase):
    def setUp(self):
        self.entered, self.release = threading.Event(), threading.Event()

        def answer(method, target, headers, body):
            if target == "/slow":
                self.entered.set()
                self.release.wait(10)
            if target == "/broken":
                raise KeyError("broken")
            return as_json(200, {"method": method, "bytes": len(body)})

        self.server = Server(("127.0.0.1", 0), answer)
        self.server.serving = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self.server.serving.start()
        self.addCleanup(self.close)

    def close(self):
        self.release.set()
        if not self.server.leaving.is_set():
            self.server.leave(propagation=0)
        self.server.serving.join()

    def connect(self):
        connection = http.client.HTTPConnection(*self.server.server_address, timeout=10)
        self.addCleanup(connection.close)
        return connection

    def ask(self, connection, path, method="GET", body=None, headers=None):
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return response.status, response.headers, response.read()

    def raw(self, text):
        with socket.create_connection(self.server.server_address, timeout=10) as connection:
            connection.sendall(text)
            connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(4096), b""))

    def test_a_connection_serves_many_requests(self):
        connection = self.connect()
        for number in range(3):
            status, headers, body = self.ask(connection, "/x", "POST", b"y" * number)
            self.assertEqual((status, json.loads(body)["bytes"], headers["Connection"]), (200, number, None))
        self.assertEqual(self.ask(connection, "/x", "HEAD")[::2], (200, b""))
        self.assertEqual(self.ask(connection, "/healthz")[0], 200)

    def test_bad_requests_are_problems(self):
        for status, text in {
            413: b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n",
            411: b"POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400: b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
            501: b"BREW /x HTTP/1.1\r\nHost: x\r\n\r\n",
            505: b"GET /x HTTP/9.1\r\nHost: x\r\n\r\n",
            414: b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n",
            500: b"GET /broken HTTP/1.1\r\nHost: x\r\n\r\n",
        }.items():
            head, _, body = self.raw(text).partition(b"\r\n\r\n")
            self.assertIn(f"HTTP/1.1 {status} ".encode(), head)
            self.assertIn(b"application/problem+json", head)
            self.assertEqual(json.loads(body)["status"], status)

    def test_a_term_is_felt_by_nobody(self):
        idle, kept, slow = self.connect(), self.connect(), self.connect()
        self.ask(idle, "/x")
        self.ask(kept, "/x")
        got = []
        asking = threading.Thread(target=lambda: got.append(self.ask(slow, "/slow")[0]))
        asking.start()
        self.entered.wait(10)
        left = []
        leaving = threading.Thread(target=lambda: left.append(self.server.leave(propagation=0.5)))
        leaving.start()
        self.server.leaving.wait(10)
        status, headers, _ = self.ask(kept, "/readyz")
        self.assertEqual((status, headers["Connection"]), (503, "close"))
        status, headers, _ = self.ask(self.connect(), "/x")
        self.assertEqual((status, headers["Connection"]), (200, "close"))
        self.server.serving.join(10)  # the door is closed
        self.assertEqual(idle.sock.recv(1), b"")
        with self.assertRaises(ConnectionRefusedError):
            self.connect().connect()
        self.assertEqual((got, left), ([], []))  # the request under way is waited for
        self.release.set()
        asking.join(10)
        leaving.join(10)
        self.assertEqual((got, left), ([200], [True]))


if __name__ == "__main__":
    unittest.main()
