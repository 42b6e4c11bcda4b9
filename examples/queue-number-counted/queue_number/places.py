"""Places in a window, counted in the service's database: no two visitors of a window have one place, and a ticket is
known only where the count says that it was given. It must not know what a place is for.

Where the database is, PGHOST and the other variables of libpq say, as the binding gives them.
"""

import queue
import threading

import psycopg2

# Requests are answered on a thread each; so many of them ask the database at one time.
CONNECTIONS = 8
# Seconds for a try. Two are made: a connection that was kept may lead to a server that is gone.
TRY = 2
TRIES = 2
RETRY_SECONDS = 0.5

TABLE = """
CREATE TABLE IF NOT EXISTS windows (
    day integer, centre smallint, purpose smallint, starts smallint, given integer NOT NULL,
    PRIMARY KEY (day, centre, purpose, starts)
)"""
TAKE = """
INSERT INTO windows VALUES (%(day)s, %(centre)s, %(purpose)s, %(window)s, 1)
ON CONFLICT (day, centre, purpose, starts) DO UPDATE SET given = windows.given + 1 WHERE windows.given < %(places)s
RETURNING given - 1"""
GIVEN = """
SELECT given FROM windows
WHERE (day, centre, purpose, starts) = (%(day)s, %(centre)s, %(purpose)s, %(window)s)"""

_prepared = threading.Event()
_free = queue.LifoQueue()
for _ in range(CONNECTIONS):
    _free.put(None)


class Away(Exception):
    """Whoever keeps the places does not answer."""


def prepare():
    """Makes the table where there is none; tries until it is there."""
    while not _prepared.is_set():
        try:
            _ask(TABLE, {})
            _prepared.set()
        except (Away, psycopg2.Error):  # also of two replicas that make it at the same time
            _prepared.wait(RETRY_SECONDS)


def ready():
    """Whether the table was there once. Not whether it is now: one failure must not become two."""
    return _prepared.is_set()


def take(parts, places):
    """The next place, of so many, in the window that `parts` of a ticket name."""
    row = _ask(TAKE, {**parts, "places": places})
    if row is None:
        raise LookupError("all places of that window are given")
    return row[0]


def given(parts):
    """Whether the place of a ticket with these `parts` was given."""
    row = _ask(GIVEN, parts)
    return row is not None and parts["place"] < row[0]


def _ask(text, values):
    """The first row of the answer, or None. Asked again, a count may leave a number out, and never gives one twice."""
    for _ in range(TRIES):
        connection = _free.get()
        try:
            connection = connection or _connect()
            with connection.cursor() as cursor:
                cursor.execute(text, values)
                return cursor.fetchone() if cursor.description else None
        except (psycopg2.OperationalError, psycopg2.InterfaceError):
            if connection:
                connection.close()
            connection = None
        finally:
            _free.put(connection)
    raise Away


def _connect():
    connection = psycopg2.connect(
        connect_timeout=TRY, tcp_user_timeout=TRY * 1000, options=f"-c statement_timeout={TRY}s"
    )
    connection.autocommit = True
    return connection
