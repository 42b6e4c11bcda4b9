-- Which content a version of a standard has: the first that was announced, for ever. A view, like the others.

CREATE TABLE standards (
    name    TEXT COLLATE "C" NOT NULL,
    version TEXT COLLATE "C" NOT NULL,
    content TEXT COLLATE "C" NOT NULL,    -- canonical JSON, as the newest announcement has it
    seq     BIGINT NOT NULL REFERENCES events (seq),
    PRIMARY KEY (name, version)
);
