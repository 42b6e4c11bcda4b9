-- Requests for access to the register (14, 23): a view, like the others.

CREATE TABLE access_requests (
    id          TEXT COLLATE "C" PRIMARY KEY,
    key         TEXT COLLATE "C" NOT NULL UNIQUE,   -- Idempotency-Key, of whoever asks
    seq         BIGINT NOT NULL UNIQUE REFERENCES events (seq),
    state       TEXT COLLATE "C" NOT NULL,
    reason      TEXT COLLATE "C" NOT NULL DEFAULT '',
    participant TEXT COLLATE "C" NOT NULL DEFAULT '',
    decided     BIGINT REFERENCES events (seq)
);

CREATE INDEX access_requests_by_state ON access_requests (state, seq);
