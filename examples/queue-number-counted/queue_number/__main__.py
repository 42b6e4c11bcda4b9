"""Starts the service on port 8080, ready once its table is there, and ends it in order on SIGTERM."""

import signal
import threading

from . import places
from .api import answer
from .server import Server

PORT = 8080


def main():
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    server = Server(("", PORT), answer, places.ready)
    threading.Thread(target=places.prepare, daemon=True).start()
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
    print(f"listening at port {PORT}", flush=True)
    told.wait()
    print("leaving", flush=True)
    if not server.leave():
        raise SystemExit("requests were still under way at the end")


if __name__ == "__main__":
    main()
