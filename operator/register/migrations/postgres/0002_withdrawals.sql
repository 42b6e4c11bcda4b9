-- Withdrawals of entries (21): a view, like the others. An entry is never removed.

CREATE TABLE withdrawals (
    seq         BIGINT PRIMARY KEY REFERENCES events (seq),
    key         TEXT COLLATE "C" NOT NULL,     -- Idempotency-Key, of the service's team
    participant TEXT COLLATE "C" NOT NULL,
    service     TEXT COLLATE "C" NOT NULL,
    entry       BIGINT NOT NULL UNIQUE REFERENCES events (seq),  -- the one that was in force
    reason      TEXT COLLATE "C" NOT NULL,
    UNIQUE (participant, service, key)
);
