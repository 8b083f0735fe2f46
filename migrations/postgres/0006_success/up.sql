-- How long the request took that delivered it: with this a delivery tells all there is to tell of an attempt that
-- succeeded, and only the others are written down one by one.
ALTER TABLE deliveries ADD COLUMN took_ms INTEGER;

-- Asked of one group only. (What can be read from end to end is read so, whatever is due, as long as the planner
-- believes that little is open.)
DROP INDEX deliveries_lane;
CREATE INDEX deliveries_lane ON deliveries USING hash (group_id) WHERE state = 'open';
