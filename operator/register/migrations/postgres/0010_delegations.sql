-- Standing delegations of the regulator, and the entries that were made under them: views, like the others.

CREATE TABLE delegations (
    id          TEXT COLLATE "C" PRIMARY KEY,   -- digest of the terms, in hexadecimal
    seq         BIGINT NOT NULL UNIQUE REFERENCES events (seq),
    participant TEXT COLLATE "C" NOT NULL,
    service     TEXT COLLATE "C",               -- every service of the participant where there is none
    begins      TEXT COLLATE "C" NOT NULL,      -- RFC 3339, UTC, as the log writes times
    ends        TEXT COLLATE "C" NOT NULL,
    revocation  BIGINT REFERENCES events (seq)
);

CREATE INDEX delegations_by_participant ON delegations (participant, seq);

CREATE TABLE delegation_uses (
    seq        BIGINT PRIMARY KEY REFERENCES events (seq),
    delegation TEXT COLLATE "C" NOT NULL REFERENCES delegations (id),
    submission TEXT COLLATE "C" NOT NULL UNIQUE,
    base       TEXT COLLATE "C" NOT NULL        -- the submission that the regulator confirmed
);

CREATE INDEX delegation_uses_by_delegation ON delegation_uses (delegation, seq);
