-- Which content a version of a standard has: the first that was announced, for ever. A view, like the others.

CREATE TABLE standards (
    name    TEXT NOT NULL,
    version TEXT NOT NULL,
    content TEXT NOT NULL,    -- canonical JSON, as the newest announcement has it
    seq     INTEGER NOT NULL REFERENCES events (seq),
    PRIMARY KEY (name, version)
) STRICT;
