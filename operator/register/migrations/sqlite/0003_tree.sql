-- The Merkle tree (RFC 6962) over the log, as its complete subtrees: none ever changes, and a proof reads
-- a few dozen of them. A view as well: it can be made again from the events.

CREATE TABLE tree (
    level    INTEGER NOT NULL,   -- 0: leaves
    position INTEGER NOT NULL,   -- from 0, among those of the level
    hash     BLOB NOT NULL,      -- 32 bytes
    PRIMARY KEY (level, position)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER tree_never_changes BEFORE UPDATE ON tree
BEGIN
    SELECT RAISE(ABORT, 'tree: the register only appends');
END;

CREATE TRIGGER tree_is_never_removed BEFORE DELETE ON tree
BEGIN
    SELECT RAISE(ABORT, 'tree: the register only appends');
END;

-- What was signed. It cannot be made again: a signature that contradicts one of these is never given.

CREATE TABLE checkpoints (
    size INTEGER NOT NULL,       -- events
    key  TEXT NOT NULL,          -- public key that it holds under, as C2SP writes it
    root TEXT NOT NULL,          -- base64
    note TEXT NOT NULL,          -- the signed note
    PRIMARY KEY (size, key)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER checkpoints_never_change BEFORE UPDATE ON checkpoints
BEGIN
    SELECT RAISE(ABORT, 'checkpoints: the register only appends');
END;

CREATE TRIGGER checkpoints_are_never_removed BEFORE DELETE ON checkpoints
BEGIN
    SELECT RAISE(ABORT, 'checkpoints: the register only appends');
END;
