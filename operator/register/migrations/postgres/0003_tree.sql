-- The Merkle tree (RFC 6962) over the log, as its complete subtrees: none ever changes, and a proof reads
-- a few dozen of them. A view as well: it can be made again from the events.

CREATE TABLE tree (
    level    BIGINT NOT NULL,    -- 0: leaves
    position BIGINT NOT NULL,    -- from 0, among those of the level
    hash     BYTEA NOT NULL,     -- 32 bytes
    PRIMARY KEY (level, position)
);

-- What was signed. It cannot be made again: a signature that contradicts one of these is never given.

CREATE TABLE checkpoints (
    size BIGINT NOT NULL,              -- events
    key  TEXT COLLATE "C" NOT NULL,    -- public key that it holds under, as C2SP writes it
    root TEXT COLLATE "C" NOT NULL,    -- base64
    note TEXT COLLATE "C" NOT NULL,    -- the signed note
    PRIMARY KEY (size, key)
);

CREATE TRIGGER tree_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON tree
    FOR EACH STATEMENT EXECUTE FUNCTION register_only_appends();
CREATE TRIGGER checkpoints_never_change BEFORE UPDATE OR DELETE OR TRUNCATE ON checkpoints
    FOR EACH STATEMENT EXECUTE FUNCTION register_only_appends();
ALTER TABLE tree ENABLE ALWAYS TRIGGER tree_never_changes;
ALTER TABLE checkpoints ENABLE ALWAYS TRIGGER checkpoints_never_change;
