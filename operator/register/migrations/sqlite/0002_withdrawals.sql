-- Withdrawals of entries (21): a view, like the others. An entry is never removed.

CREATE TABLE withdrawals (
    seq         INTEGER PRIMARY KEY REFERENCES events (seq),
    key         TEXT NOT NULL,     -- Idempotency-Key, of the service's team
    participant TEXT NOT NULL,
    service     TEXT NOT NULL,
    entry       INTEGER NOT NULL UNIQUE REFERENCES events (seq),  -- the one that was in force
    reason      TEXT NOT NULL,
    UNIQUE (participant, service, key)
) STRICT;
