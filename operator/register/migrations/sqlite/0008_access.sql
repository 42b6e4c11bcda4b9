-- Requests for access to the register (14, 23): a view, like the others.

CREATE TABLE access_requests (
    id          TEXT PRIMARY KEY,
    key         TEXT NOT NULL UNIQUE,   -- Idempotency-Key, of whoever asks
    seq         INTEGER NOT NULL UNIQUE REFERENCES events (seq),
    state       TEXT NOT NULL,
    reason      TEXT NOT NULL DEFAULT '',
    participant TEXT NOT NULL DEFAULT '',
    decided     INTEGER REFERENCES events (seq)
) STRICT;

CREATE INDEX access_requests_by_state ON access_requests (state, seq);
