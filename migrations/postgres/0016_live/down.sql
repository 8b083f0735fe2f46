DROP INDEX notices_live;
CREATE INDEX notices_live ON notices (live_at DESC, id) WHERE state = 'live';
