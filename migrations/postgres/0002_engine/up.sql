-- What the engine needs to take messages back, to keep budgets that groups share, and to respect when a
-- group wants to be left alone.

ALTER TABLE groups ADD COLUMN host text NOT NULL DEFAULT '';
ALTER TABLE groups ADD COLUMN bot text;
ALTER TABLE groups ADD COLUMN hourly_cap smallint;
ALTER TABLE groups ADD COLUMN quiet_from smallint;
ALTER TABLE groups ADD COLUMN quiet_until smallint;
ALTER TABLE groups ADD COLUMN quiet_but_urgent boolean NOT NULL DEFAULT true;

-- A token that many groups share, and its latest requests.
CREATE TABLE bots (
    id text NOT NULL PRIMARY KEY,
    open_at timestamptz NOT NULL,
    recent bytea NOT NULL
);

-- How far the taking back of a message has come, and what it came to.
ALTER TABLE deliveries ADD COLUMN act smallint NOT NULL DEFAULT 0;
ALTER TABLE deliveries ADD COLUMN how text;

ALTER TABLE attempts ADD COLUMN answer_sealed bytea;

-- Rows that change several times in their life: room for the next version on the same page.
ALTER TABLE lanes SET (fillfactor = 60);
ALTER TABLE deliveries SET (fillfactor = 70);
