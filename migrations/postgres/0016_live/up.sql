-- What is live, newest first, is read in the order of an index: the one that there was differed in the order of its ids.
DROP INDEX notices_live;
CREATE INDEX notices_live ON notices (state, live_at, id);
