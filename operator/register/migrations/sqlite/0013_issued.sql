-- Versions of standards that the regulator has issued: a run is announced under one of these. A view, like the others.

CREATE TABLE issued (
    name    TEXT NOT NULL,
    version TEXT NOT NULL,
    begins  TEXT NOT NULL,    -- day from which it holds, YYYY-MM-DD
    content TEXT NOT NULL,    -- canonical JSON, as it was signed
    seq     INTEGER NOT NULL UNIQUE REFERENCES events (seq),
    PRIMARY KEY (name, version)
) STRICT;
