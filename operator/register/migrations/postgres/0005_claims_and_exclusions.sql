-- Claims and responses of users (67): a view, like the others.

CREATE TABLE claims (
    id                TEXT COLLATE "C" PRIMARY KEY,
    key               TEXT COLLATE "C" NOT NULL,    -- Idempotency-Key, of whoever sent it
    seq               BIGINT NOT NULL UNIQUE REFERENCES events (seq),
    participant       TEXT COLLATE "C" NOT NULL,
    service           TEXT COLLATE "C" NOT NULL,
    kind              TEXT COLLATE "C" NOT NULL,
    language          TEXT COLLATE "C" NOT NULL,
    publish           BIGINT NOT NULL,              -- 1: its sender wants it published
    words             TEXT COLLATE "C" NOT NULL,    -- commitment
    contact           TEXT COLLATE "C",             -- commitment
    state             TEXT COLLATE "C" NOT NULL,
    reason            TEXT COLLATE "C" NOT NULL DEFAULT '',
    decided           BIGINT REFERENCES events (seq),
    answer            TEXT COLLATE "C",             -- commitment
    answered          BIGINT REFERENCES events (seq),
    contact_forgotten BIGINT REFERENCES events (seq),
    words_forgotten   BIGINT REFERENCES events (seq),
    UNIQUE (participant, service, key)
);

CREATE INDEX claims_by_state ON claims (state, seq);
CREATE INDEX claims_by_service ON claims (participant, service, seq);

-- What people wrote, by the commitment that the log has of it. No view: once a row is gone, nothing brings it
-- back, and the log still holds.

CREATE TABLE plaintexts (
    commitment TEXT COLLATE "C" PRIMARY KEY,   -- SHA-256 of salt and text
    salt       TEXT COLLATE "C" NOT NULL,      -- 32 random bytes in hexadecimal
    text       TEXT COLLATE "C" NOT NULL
);

CREATE TRIGGER plaintexts_never_change BEFORE UPDATE OR TRUNCATE ON plaintexts
    FOR EACH STATEMENT EXECUTE FUNCTION register_only_appends();

-- An exclusion by the regulator (21) ends an entry as a withdrawal does; the item of law that it rests on tells one
-- from the other.

ALTER TABLE withdrawals ADD COLUMN item TEXT COLLATE "C";
