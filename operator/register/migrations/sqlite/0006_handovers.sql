-- Notes by which the log was handed over from key to key: a view, like the others.

CREATE TABLE handovers (
    seq  INTEGER PRIMARY KEY REFERENCES events (seq),
    note TEXT NOT NULL           -- signed by the key before and by the one that it names
) STRICT;
