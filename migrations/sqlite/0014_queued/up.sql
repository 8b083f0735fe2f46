-- What waits to be leased is in the queue. What is leased as it is planned mostly never waits: it is found again by its
-- slice, so that neither its beginning nor its end changes an index.
DROP INDEX deliveries_due;
DROP INDEX deliveries_lane;
ALTER TABLE deliveries ADD COLUMN queued INTEGER NOT NULL DEFAULT 0 CHECK (NOT queued OR state = 'open');
UPDATE deliveries SET queued = 1 WHERE state = 'open';
CREATE INDEX deliveries_due ON deliveries (priority, due_at, id) WHERE queued;
CREATE INDEX deliveries_lane ON deliveries (group_id) WHERE queued;

CREATE TABLE slices (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    leased_until INTEGER NOT NULL
) STRICT;
CREATE INDEX slices_over ON slices (leased_until);

-- What a group heard lately is kept with its lane, like its latest requests.
DROP INDEX deliveries_heard;
ALTER TABLE deliveries DROP COLUMN capped;
ALTER TABLE lanes ADD COLUMN heard BLOB NOT NULL DEFAULT x'';
