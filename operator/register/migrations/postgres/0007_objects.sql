-- Objects of item 7 that the factory did not build, as their owners submitted them: a view, like the others. None
-- of them is a submission, so none permits a launch.

CREATE TABLE objects (
    id           TEXT COLLATE "C" PRIMARY KEY,
    key          TEXT COLLATE "C" NOT NULL,    -- Idempotency-Key, of the owner
    seq          BIGINT NOT NULL UNIQUE REFERENCES events (seq),
    participant  TEXT COLLATE "C" NOT NULL,
    name         TEXT COLLATE "C" NOT NULL,
    sketch       TEXT COLLATE "C" NOT NULL,    -- digest of what was submitted, without contacts
    state        TEXT COLLATE "C" NOT NULL,
    reason       TEXT COLLATE "C" NOT NULL DEFAULT '',
    confirmation BIGINT REFERENCES events (seq),
    entry        BIGINT REFERENCES events (seq),
    UNIQUE (participant, key)
);

CREATE INDEX objects_by_name ON objects (participant, name, seq);
CREATE INDEX objects_by_state ON objects (state, seq);

-- Commitments to contacts of people, with what each came with: a view. Salt and text stand in `plaintexts` until
-- they are forgotten.

CREATE TABLE contacts (
    commitment TEXT COLLATE "C" PRIMARY KEY,
    source     TEXT COLLATE "C" NOT NULL,      -- id of a submission
    forgotten  BIGINT REFERENCES events (seq)
);

CREATE INDEX contacts_by_source ON contacts (source);
