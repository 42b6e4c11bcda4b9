-- Indicators of launched services by month (56.6), as a source of the administrator's had them: a view, like the others.

CREATE TABLE measured (
    period      TEXT COLLATE "C" NOT NULL,       -- YYYY-MM, by the clock of Bishkek
    standard    TEXT COLLATE "C" NOT NULL,
    indicator   TEXT COLLATE "C" NOT NULL,
    participant TEXT COLLATE "C" NOT NULL,
    service     TEXT COLLATE "C" NOT NULL,
    submission  TEXT COLLATE "C" NOT NULL,
    millionths  BIGINT NOT NULL,    -- of the indicator's unit
    seq         BIGINT NOT NULL REFERENCES events (seq),
    PRIMARY KEY (period, standard, indicator, participant, service)
);
