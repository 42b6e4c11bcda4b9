"""Starts one of the two components, as PART says: `front`, which people ask, or `store`, which `front` asks where
STORE names it.
"""

import os
import signal
import threading

from . import settings
from .front import Front
from .server import Server
from .store import Store


def main():
    component = os.environ.get("PART", "front")
    port = int(os.environ.get("PORT", "8080"))
    part = Store() if component == "store" else Front(os.environ.get("STORE", ""))
    connections = settings.STORE_CONNECTIONS if component == "store" else 1024
    server = Server(("", port), part, connections, turns_away=settings.AT_TERM == "turn away")

    def leave(*_):
        if settings.AT_TERM == "exit":
            os._exit(143)
        threading.Thread(target=server.leave, args=(settings.DRAIN_SECONDS,)).start()

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, leave)
    part.start()
    # How often it looks whether its door is to be closed.
    server.serve_forever(poll_interval=0.01)
    server.left.wait(10)


main()
