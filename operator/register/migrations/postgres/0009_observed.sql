-- What was observed of launched services, day by day: a view, like the others.

CREATE TABLE observed (
    day          TEXT COLLATE "C" NOT NULL,  -- YYYY-MM-DD, by the clock of Bishkek
    participant  TEXT COLLATE "C" NOT NULL,
    service      TEXT COLLATE "C" NOT NULL,
    measured     BIGINT NOT NULL,            -- minutes
    up           BIGINT NOT NULL,
    longest_down BIGINT NOT NULL,
    seq          BIGINT NOT NULL REFERENCES events (seq),
    PRIMARY KEY (participant, service, day)
);
CREATE INDEX observed_by_day ON observed (day);
