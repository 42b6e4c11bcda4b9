-- Indicators of launched services by month (56.6), as a source of the administrator's had them: a view, like the others.

CREATE TABLE measured (
    period      TEXT NOT NULL,       -- YYYY-MM, by the clock of Bishkek
    standard    TEXT NOT NULL,
    indicator   TEXT NOT NULL,
    participant TEXT NOT NULL,
    service     TEXT NOT NULL,
    submission  TEXT NOT NULL,
    millionths  INTEGER NOT NULL,    -- of the indicator's unit
    seq         INTEGER NOT NULL REFERENCES events (seq),
    PRIMARY KEY (period, standard, indicator, participant, service)
) STRICT;
