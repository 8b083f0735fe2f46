-- How long the request took that delivered it: with this a delivery tells all there is to tell of an attempt that
-- succeeded, and only the others are written down one by one.
ALTER TABLE deliveries ADD COLUMN took_ms INTEGER;
