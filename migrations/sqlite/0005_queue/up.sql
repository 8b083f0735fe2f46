-- What is written for every delivery is written with as little as possible. A row of the queue points at
-- nothing whose presence has to be looked up again: its broadcast is locked by whoever plans it, and nobody
-- deletes a delivery before its attempts. A lane is found where its group's id leads.
--
-- tries: how often the present request has failed. asked_until: what the platform asked a lane to wait.
-- limited: the last that a platform said of a token is that it is used too much.

CREATE TABLE attempts_new (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    delivery_id INTEGER NOT NULL,
    group_id BLOB NOT NULL,
    at INTEGER NOT NULL,
    part INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    code TEXT,
    took_ms INTEGER NOT NULL,
    answer_sealed BLOB
) STRICT;
INSERT INTO attempts_new SELECT id, delivery_id, group_id, at, part, outcome, code, took_ms, answer_sealed FROM attempts;
DROP TABLE attempts;
ALTER TABLE attempts_new RENAME TO attempts;
CREATE INDEX attempts_delivery ON attempts (delivery_id, id);

CREATE TABLE deliveries_new (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    broadcast_id BLOB NOT NULL,
    group_id BLOB NOT NULL,
    priority INTEGER NOT NULL,
    state TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    part INTEGER NOT NULL,
    reach INTEGER NOT NULL,
    last_outcome TEXT,
    last_code TEXT,
    message_ref TEXT,
    delivered_at INTEGER,
    act INTEGER NOT NULL DEFAULT 0,
    how TEXT,
    digest INTEGER NOT NULL DEFAULT 0,
    tries INTEGER NOT NULL DEFAULT 0,
    UNIQUE (broadcast_id, group_id)
) STRICT;
INSERT INTO deliveries_new SELECT id, broadcast_id, group_id, priority, state, due_at, attempts, part, reach,
    last_outcome, last_code, message_ref, delivered_at, act, how, digest, 0 FROM deliveries;
DROP TABLE deliveries;
ALTER TABLE deliveries_new RENAME TO deliveries;
CREATE INDEX deliveries_due ON deliveries (priority, due_at, id) WHERE state = 'open';
CREATE INDEX deliveries_lane ON deliveries (group_id) WHERE state = 'open';
CREATE INDEX deliveries_group ON deliveries (group_id, id);

CREATE TABLE lanes_new (
    group_id BLOB NOT NULL PRIMARY KEY REFERENCES groups,
    open_at INTEGER NOT NULL,
    recent BLOB NOT NULL,
    leased_until INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    failing_since INTEGER,
    asked_until INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
INSERT INTO lanes_new SELECT group_id, open_at, recent, leased_until, fence, failures, failing_since, 0 FROM lanes;
DROP TABLE lanes;
ALTER TABLE lanes_new RENAME TO lanes;

ALTER TABLE bots ADD COLUMN limited INTEGER NOT NULL DEFAULT 0;
