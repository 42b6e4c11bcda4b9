-- Claims and responses of users (67): a view, like the others.

CREATE TABLE claims (
    id                TEXT PRIMARY KEY,
    key               TEXT NOT NULL,        -- Idempotency-Key, of whoever sent it
    seq               INTEGER NOT NULL UNIQUE REFERENCES events (seq),
    participant       TEXT NOT NULL,
    service           TEXT NOT NULL,
    kind              TEXT NOT NULL,
    language          TEXT NOT NULL,
    publish           INTEGER NOT NULL,     -- 1: its sender wants it published
    words             TEXT NOT NULL,        -- commitment
    contact           TEXT,                 -- commitment
    state             TEXT NOT NULL,
    reason            TEXT NOT NULL DEFAULT '',
    decided           INTEGER REFERENCES events (seq),
    answer            TEXT,                 -- commitment
    answered          INTEGER REFERENCES events (seq),
    contact_forgotten INTEGER REFERENCES events (seq),
    words_forgotten   INTEGER REFERENCES events (seq),
    UNIQUE (participant, service, key)
) STRICT;

CREATE INDEX claims_by_state ON claims (state, seq);
CREATE INDEX claims_by_service ON claims (participant, service, seq);

-- What people wrote, by the commitment that the log has of it. No view: once a row is gone, nothing brings it
-- back, and the log still holds.

CREATE TABLE plaintexts (
    commitment TEXT PRIMARY KEY,   -- SHA-256 of salt and text
    salt       TEXT NOT NULL,      -- 32 random bytes in hexadecimal
    text       TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER plaintexts_never_change BEFORE UPDATE ON plaintexts
BEGIN
    SELECT RAISE(ABORT, 'plaintexts: a text is kept as it was written, or forgotten');
END;

-- An exclusion by the regulator (21) ends an entry as a withdrawal does; the item of law that it rests on tells one
-- from the other.

ALTER TABLE withdrawals ADD COLUMN item TEXT;
