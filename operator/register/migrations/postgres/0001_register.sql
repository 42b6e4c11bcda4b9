-- As in ../sqlite, table by table and column by column; what differs is how PostgreSQL says it. Texts are
-- compared byte by byte ("C"), whatever the database's own collation: as SQLite does, and the same for ever.

CREATE TABLE events (
    seq    BIGINT PRIMARY KEY,
    time   TEXT COLLATE "C" NOT NULL,          -- RFC 3339, UTC
    kind   TEXT COLLATE "C" NOT NULL,
    actor  TEXT COLLATE "C" NOT NULL,          -- user name at the cluster's API server
    bytes  BYTEA NOT NULL,                     -- canonical JSON (RFC 8785)
    sha256 TEXT COLLATE "C" NOT NULL,          -- of bytes
    prev   TEXT COLLATE "C" NOT NULL,          -- `this` of the event before; zeros before the first
    this   TEXT COLLATE "C" NOT NULL UNIQUE    -- over seq, time, kind, actor, sha256 and prev
);

CREATE FUNCTION register_events_follow_one_another() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    head RECORD;
BEGIN
    SELECT seq, this INTO head FROM events ORDER BY seq DESC LIMIT 1;
    IF NEW.seq IS DISTINCT FROM COALESCE(head.seq, 0) + 1
        OR NEW.prev IS DISTINCT FROM COALESCE(
            head.this, 'sha256:0000000000000000000000000000000000000000000000000000000000000000')
    THEN
        RAISE EXCEPTION 'events: an event follows the last one, and nothing else is written';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION register_only_appends() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%: the register only appends', TG_TABLE_NAME;
END $$;

CREATE TRIGGER events_follow_one_another BEFORE INSERT ON events
    FOR EACH ROW EXECUTE FUNCTION register_events_follow_one_another();
CREATE TRIGGER events_never_change BEFORE UPDATE OR DELETE OR TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION register_only_appends();
-- In a session that plays a replica (session_replication_role) as well.
ALTER TABLE events ENABLE ALWAYS TRIGGER events_follow_one_another;
ALTER TABLE events ENABLE ALWAYS TRIGGER events_never_change;

-- Views. Written in the transaction of the event that they follow from.

CREATE TABLE epochs (
    actor TEXT COLLATE "C" PRIMARY KEY,
    epoch BIGINT NOT NULL
);

CREATE TABLE announcements (
    id      TEXT COLLATE "C" PRIMARY KEY,
    key     TEXT COLLATE "C" NOT NULL UNIQUE,  -- Idempotency-Key
    seq     BIGINT NOT NULL UNIQUE REFERENCES events (seq),
    request TEXT COLLATE "C" NOT NULL,         -- digest of what was asked, without the epoch
    bundle  TEXT COLLATE "C" NOT NULL,
    nonce   TEXT COLLATE "C" NOT NULL UNIQUE,
    attempt BIGINT NOT NULL,
    UNIQUE (bundle, attempt)
);

CREATE TABLE submissions (
    id           TEXT COLLATE "C" PRIMARY KEY,
    key          TEXT COLLATE "C" NOT NULL UNIQUE,  -- Idempotency-Key
    seq          BIGINT NOT NULL UNIQUE REFERENCES events (seq),
    announcement TEXT COLLATE "C" NOT NULL UNIQUE REFERENCES announcements (id),
    participant  TEXT COLLATE "C" NOT NULL,
    service      TEXT COLLATE "C" NOT NULL,
    dossier      TEXT COLLATE "C" NOT NULL UNIQUE,  -- digest of the payload
    summary      TEXT COLLATE "C" NOT NULL,         -- JSON: what the register computed from the dossier
    state        TEXT COLLATE "C" NOT NULL,
    reason       TEXT COLLATE "C" NOT NULL DEFAULT '',
    confirmation BIGINT REFERENCES events (seq),
    entry        BIGINT REFERENCES events (seq)
);

CREATE INDEX submissions_by_state ON submissions (state, seq);
CREATE INDEX submissions_by_service ON submissions (participant, service, seq);

CREATE TABLE entries (
    seq         BIGINT PRIMARY KEY REFERENCES events (seq),
    participant TEXT COLLATE "C" NOT NULL,
    service     TEXT COLLATE "C" NOT NULL,
    search      TEXT COLLATE "C" NOT NULL      -- lower-case text that the index is searched by
);

CREATE INDEX entries_by_service ON entries (participant, service, seq);
