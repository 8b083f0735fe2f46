-- What counts against the hourly cap of its group: so what a group heard lately is found at once, and whoever has no
-- cap pays nothing for it.
ALTER TABLE deliveries ADD COLUMN capped BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE deliveries SET capped = TRUE
    WHERE state <> 'cancelled' AND group_id IN (SELECT id FROM groups WHERE hourly_cap IS NOT NULL);
CREATE INDEX deliveries_heard ON deliveries (group_id, delivered_at) WHERE capped AND state = 'delivered' AND how IS NULL;
