"""The component that keeps the offices: answers `GET /offices/{name}`."""

from . import settings
from .server import as_json, problem
from .table import Loading, Table


class Store:
    def __init__(self):
        self.table = Table(settings.STORE_WORKERS)

    def start(self):
        self.table.start()

    def ready(self):
        return self.table.ready()

    def answer(self, method, path, body):
        try:
            office = self.table.find(path.removeprefix("/offices/"))
        except Loading:
            return problem(503, "the list of offices is not here yet")
        return as_json(200, office) if office else problem(404, "there is no such office")
