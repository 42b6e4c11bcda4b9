-- What was observed of launched services, day by day: a view, like the others.

CREATE TABLE observed (
    day          TEXT NOT NULL,          -- YYYY-MM-DD, by the clock of Bishkek
    participant  TEXT NOT NULL,
    service      TEXT NOT NULL,
    measured     INTEGER NOT NULL,       -- minutes
    up           INTEGER NOT NULL,
    longest_down INTEGER NOT NULL,
    seq          INTEGER NOT NULL REFERENCES events (seq),
    PRIMARY KEY (participant, service, day)
) STRICT;
CREATE INDEX observed_by_day ON observed (day);
