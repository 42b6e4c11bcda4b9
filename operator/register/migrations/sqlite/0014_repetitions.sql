-- What later runs build on: repetitions of faults in the dossiers that were taken, where their standards have such count. A
-- view, like the others.

CREATE TABLE repetitions (
    participant TEXT NOT NULL,
    service     TEXT NOT NULL,
    risk        TEXT NOT NULL,    -- digest of what could change a repetition
    seq         INTEGER NOT NULL REFERENCES events (seq),    -- of the dossier
    place       INTEGER NOT NULL,    -- in it, from 0
    dossier     TEXT NOT NULL,    -- digest of its payload
    recovery_ms INTEGER,    -- nothing where requests did not come through again
    lost_ms     INTEGER NOT NULL,
    PRIMARY KEY (seq, place)
) STRICT;

CREATE INDEX repetitions_of_risk ON repetitions (participant, service, risk, seq, place);
