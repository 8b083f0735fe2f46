-- What the engine needs to take messages back, to keep budgets that groups share, and to respect when a
-- group wants to be left alone.

ALTER TABLE groups ADD COLUMN host TEXT NOT NULL DEFAULT '';
ALTER TABLE groups ADD COLUMN bot TEXT;
ALTER TABLE groups ADD COLUMN hourly_cap INTEGER;
ALTER TABLE groups ADD COLUMN quiet_from INTEGER;
ALTER TABLE groups ADD COLUMN quiet_until INTEGER;
ALTER TABLE groups ADD COLUMN quiet_but_urgent INTEGER NOT NULL DEFAULT 1;

-- A token that many groups share, and its latest requests.
CREATE TABLE bots (
    id TEXT NOT NULL PRIMARY KEY,
    open_at INTEGER NOT NULL,
    recent BLOB NOT NULL
) STRICT;

-- How far the taking back of a message has come, and what it came to.
ALTER TABLE deliveries ADD COLUMN act INTEGER NOT NULL DEFAULT 0;
ALTER TABLE deliveries ADD COLUMN how TEXT;

ALTER TABLE attempts ADD COLUMN answer_sealed BLOB;
