-- When the pause of a group ends by itself; nothing where its admin ends it.
ALTER TABLE groups ADD COLUMN paused_until INTEGER;
CREATE INDEX groups_paused ON groups (paused_until) WHERE paused_until IS NOT NULL;
