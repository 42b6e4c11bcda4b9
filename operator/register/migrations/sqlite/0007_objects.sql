-- Objects of item 7 that the factory did not build, as their owners submitted them: a view, like the others. None
-- of them is a submission, so none permits a launch.

CREATE TABLE objects (
    id           TEXT PRIMARY KEY,
    key          TEXT NOT NULL,    -- Idempotency-Key, of the owner
    seq          INTEGER NOT NULL UNIQUE REFERENCES events (seq),
    participant  TEXT NOT NULL,
    name         TEXT NOT NULL,
    sketch       TEXT NOT NULL,    -- digest of what was submitted, without contacts
    state        TEXT NOT NULL,
    reason       TEXT NOT NULL DEFAULT '',
    confirmation INTEGER REFERENCES events (seq),
    entry        INTEGER REFERENCES events (seq),
    UNIQUE (participant, key)
) STRICT;

CREATE INDEX objects_by_name ON objects (participant, name, seq);
CREATE INDEX objects_by_state ON objects (state, seq);

-- Commitments to contacts of people, with what each came with: a view. Salt and text stand in `plaintexts` until
-- they are forgotten.

CREATE TABLE contacts (
    commitment TEXT PRIMARY KEY,
    source     TEXT NOT NULL,      -- id of a submission
    forgotten  INTEGER REFERENCES events (seq)
) STRICT;

CREATE INDEX contacts_by_source ON contacts (source);
