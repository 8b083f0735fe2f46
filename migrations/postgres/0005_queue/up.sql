-- What is written for every delivery is written with as little as possible. A row of the queue points at
-- nothing whose presence has to be looked up again: its broadcast is locked by whoever plans it, and nobody
-- deletes a delivery before its attempts.

ALTER TABLE attempts DROP CONSTRAINT attempts_delivery_id_fkey;
ALTER TABLE deliveries DROP CONSTRAINT deliveries_broadcast_id_fkey;
