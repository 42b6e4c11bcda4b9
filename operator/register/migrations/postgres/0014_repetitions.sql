-- What later runs build on: repetitions of faults in the dossiers that were taken, where their standards have such count. A
-- view, like the others.

CREATE TABLE repetitions (
    participant TEXT COLLATE "C" NOT NULL,
    service     TEXT COLLATE "C" NOT NULL,
    risk        TEXT COLLATE "C" NOT NULL,    -- digest of what could change a repetition
    seq         BIGINT NOT NULL REFERENCES events (seq),    -- of the dossier
    place       BIGINT NOT NULL,    -- in it, from 0
    dossier     TEXT COLLATE "C" NOT NULL,    -- digest of its payload
    recovery_ms BIGINT,    -- nothing where requests did not come through again
    lost_ms     BIGINT NOT NULL,
    PRIMARY KEY (seq, place)
);

CREATE INDEX repetitions_of_risk ON repetitions (participant, service, risk, seq, place);
