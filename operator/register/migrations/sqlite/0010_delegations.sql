-- Standing delegations of the regulator, and the entries that were made under them: views, like the others.

CREATE TABLE delegations (
    id          TEXT PRIMARY KEY,       -- digest of the terms, in hexadecimal
    seq         INTEGER NOT NULL UNIQUE REFERENCES events (seq),
    participant TEXT NOT NULL,
    service     TEXT,                   -- every service of the participant where there is none
    begins      TEXT NOT NULL,          -- RFC 3339, UTC, as the log writes times
    ends        TEXT NOT NULL,
    revocation  INTEGER REFERENCES events (seq)
) STRICT;

CREATE INDEX delegations_by_participant ON delegations (participant, seq);

CREATE TABLE delegation_uses (
    seq        INTEGER PRIMARY KEY REFERENCES events (seq),
    delegation TEXT NOT NULL REFERENCES delegations (id),
    submission TEXT NOT NULL UNIQUE,
    base       TEXT NOT NULL            -- the submission that the regulator confirmed
) STRICT;

CREATE INDEX delegation_uses_by_delegation ON delegation_uses (delegation, seq);
