-- How urgent the edit of a live notice is that waits for review: what is live is sent as it was approved. Until now the
-- edit's urgency took the place of the notice's at once.
ALTER TABLE notices ADD COLUMN pending_urgency INTEGER;
