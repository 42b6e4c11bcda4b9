-- Versions of standards that the regulator has issued: a run is announced under one of these. A view, like the others.

CREATE TABLE issued (
    name    TEXT COLLATE "C" NOT NULL,
    version TEXT COLLATE "C" NOT NULL,
    begins  TEXT COLLATE "C" NOT NULL,    -- day from which it holds, YYYY-MM-DD
    content TEXT COLLATE "C" NOT NULL,    -- canonical JSON, as it was signed
    seq     BIGINT NOT NULL UNIQUE REFERENCES events (seq),
    PRIMARY KEY (name, version)
);
