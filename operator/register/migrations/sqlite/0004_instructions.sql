-- Binding instructions of the regulator (56.7): a view, like the others.

CREATE TABLE instructions (
    id          TEXT PRIMARY KEY,
    key         TEXT NOT NULL UNIQUE,   -- Idempotency-Key
    seq         INTEGER NOT NULL UNIQUE REFERENCES events (seq),
    participant TEXT NOT NULL,
    service     TEXT NOT NULL,
    finding     TEXT NOT NULL,
    basis       TEXT NOT NULL,
    due         TEXT NOT NULL,          -- YYYY-MM-DD, by the clock of Bishkek
    experiment  TEXT NOT NULL,          -- kind of fault
    state       TEXT NOT NULL,          -- Open, Closed, Withdrawn
    reason      TEXT NOT NULL DEFAULT '',
    submission  TEXT,                   -- the one whose confirmation closed it
    ended       INTEGER REFERENCES events (seq)
) STRICT;

CREATE INDEX instructions_by_service ON instructions (participant, service, seq);
CREATE INDEX instructions_by_state ON instructions (state, seq);
