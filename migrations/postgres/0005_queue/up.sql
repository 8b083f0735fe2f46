-- What is written for every delivery is written with as little as possible. A row of the queue points at
-- nothing whose presence has to be looked up again: its broadcast is locked by whoever plans it, and nobody
-- deletes a delivery before its attempts.
--
-- tries: how often the present request has failed. asked_until: what the platform asked a lane to wait.
-- limited: the last that a platform said of a token is that it is used too much.

ALTER TABLE attempts DROP CONSTRAINT attempts_delivery_id_fkey;
ALTER TABLE deliveries DROP CONSTRAINT deliveries_broadcast_id_fkey;

ALTER TABLE deliveries ADD COLUMN tries SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE lanes ADD COLUMN asked_until TIMESTAMPTZ NOT NULL DEFAULT 'epoch';
ALTER TABLE bots ADD COLUMN limited BOOLEAN NOT NULL DEFAULT FALSE;

-- A slice ends at the n-th group of a region beyond the cursor: only the primary key leads there, whatever the
-- planner believes of how many there are. Of one group its regions are asked by its id alone.
DROP INDEX group_regions_group;
CREATE INDEX group_regions_group ON group_regions USING hash (group_id);
