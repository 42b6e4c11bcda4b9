-- Binding instructions of the regulator (56.7): a view, like the others.

CREATE TABLE instructions (
    id          TEXT COLLATE "C" PRIMARY KEY,
    key         TEXT COLLATE "C" NOT NULL UNIQUE,   -- Idempotency-Key
    seq         BIGINT NOT NULL UNIQUE REFERENCES events (seq),
    participant TEXT COLLATE "C" NOT NULL,
    service     TEXT COLLATE "C" NOT NULL,
    finding     TEXT COLLATE "C" NOT NULL,
    basis       TEXT COLLATE "C" NOT NULL,
    due         TEXT COLLATE "C" NOT NULL,          -- YYYY-MM-DD, by the clock of Bishkek
    experiment  TEXT COLLATE "C" NOT NULL,          -- kind of fault
    state       TEXT COLLATE "C" NOT NULL,          -- Open, Closed, Withdrawn
    reason      TEXT COLLATE "C" NOT NULL DEFAULT '',
    submission  TEXT COLLATE "C",                   -- the one whose confirmation closed it
    ended       BIGINT REFERENCES events (seq)
);

CREATE INDEX instructions_by_service ON instructions (participant, service, seq);
CREATE INDEX instructions_by_state ON instructions (state, seq);
