"""Starts the service behind TLS, with the key and the certificate that it is given. In the place of the example's own
`__main__.py`: everything else of the service is as it was.
"""

import os
import signal
import socket
import ssl
import threading

from . import server
from .api import answer

PORT = 8080


def in_memory(name):
    """A file with the value of a variable, which lies on no disk."""
    file = os.memfd_create(name)
    os.write(file, os.environ[name].encode())
    return f"/proc/self/fd/{file}"


def context():
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.set_alpn_protocols(["http/1.1"])
    made.load_cert_chain(in_memory("TLS_CERTIFICATE"), in_memory("TLS_KEY"))
    return made


class Behind(server.Server):
    """The example's server, each connection of which begins with a handshake in its own thread."""

    def __init__(self, *arguments):
        self.tls = context()
        super().__init__(*arguments)

    def get_request(self):
        connection, address = super().get_request()
        wrapped = self.tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return wrapped, address


def hang_up(connection):
    """As the example does it: what TLS has in its hands is still read and answered."""
    try:
        socket.socket.shutdown(connection, socket.SHUT_RD)
    except OSError:
        pass  # the client went away first


def main():
    server.hang_up = hang_up
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    behind = Behind(("", PORT), answer)
    threading.Thread(target=behind.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
    told.wait()
    if not behind.leave():
        raise SystemExit("requests were still under way at the end")


if __name__ == "__main__":
    main()
