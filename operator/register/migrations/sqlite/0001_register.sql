-- The log comes first: everything below it is a view that can be made again from it.

CREATE TABLE events (
    seq    INTEGER PRIMARY KEY,
    time   TEXT NOT NULL,          -- RFC 3339, UTC
    kind   TEXT NOT NULL,
    actor  TEXT NOT NULL,          -- user name at the cluster's API server
    bytes  BLOB NOT NULL,          -- canonical JSON (RFC 8785)
    sha256 TEXT NOT NULL,          -- of bytes
    prev   TEXT NOT NULL,          -- `this` of the event before; zeros before the first
    this   TEXT NOT NULL UNIQUE    -- over seq, time, kind, actor, sha256 and prev
) STRICT;

-- Also refuses INSERT OR REPLACE, whose delete would otherwise pass the trigger below unseen.
CREATE TRIGGER events_follow_one_another BEFORE INSERT ON events
WHEN NEW.seq IS NOT (SELECT COALESCE(MAX(seq), 0) + 1 FROM events)
  OR NEW.prev IS NOT COALESCE(
         (SELECT this FROM events ORDER BY seq DESC LIMIT 1),
         'sha256:0000000000000000000000000000000000000000000000000000000000000000')
BEGIN
    SELECT RAISE(ABORT, 'events: an event follows the last one, and nothing else is written');
END;

CREATE TRIGGER events_never_change BEFORE UPDATE ON events
BEGIN
    SELECT RAISE(ABORT, 'events: the register only appends');
END;

CREATE TRIGGER events_are_never_removed BEFORE DELETE ON events
BEGIN
    SELECT RAISE(ABORT, 'events: the register only appends');
END;

-- Views. Written in the transaction of the event that they follow from.

CREATE TABLE epochs (
    actor TEXT PRIMARY KEY,
    epoch INTEGER NOT NULL
) STRICT;

CREATE TABLE announcements (
    id      TEXT PRIMARY KEY,
    key     TEXT NOT NULL UNIQUE,  -- Idempotency-Key
    seq     INTEGER NOT NULL UNIQUE REFERENCES events (seq),
    request TEXT NOT NULL,         -- digest of what was asked, without the epoch
    bundle  TEXT NOT NULL,
    nonce   TEXT NOT NULL UNIQUE,
    attempt INTEGER NOT NULL,
    UNIQUE (bundle, attempt)
) STRICT;

CREATE TABLE submissions (
    id           TEXT PRIMARY KEY,
    key          TEXT NOT NULL UNIQUE,  -- Idempotency-Key
    seq          INTEGER NOT NULL UNIQUE REFERENCES events (seq),
    announcement TEXT NOT NULL UNIQUE REFERENCES announcements (id),
    participant  TEXT NOT NULL,
    service      TEXT NOT NULL,
    dossier      TEXT NOT NULL UNIQUE,  -- digest of the payload
    summary      TEXT NOT NULL,         -- JSON: what the register computed from the dossier
    state        TEXT NOT NULL,
    reason       TEXT NOT NULL DEFAULT '',
    confirmation INTEGER REFERENCES events (seq),
    entry        INTEGER REFERENCES events (seq)
) STRICT;

CREATE INDEX submissions_by_state ON submissions (state, seq);
CREATE INDEX submissions_by_service ON submissions (participant, service, seq);

CREATE TABLE entries (
    seq         INTEGER PRIMARY KEY REFERENCES events (seq),
    participant TEXT NOT NULL,
    service     TEXT NOT NULL,
    search      TEXT NOT NULL      -- lower-case text that the index is searched by
) STRICT;

CREATE INDEX entries_by_service ON entries (participant, service, seq);
