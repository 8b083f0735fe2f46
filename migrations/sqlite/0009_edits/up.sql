-- How urgent the edit of a live notice is that waits for review: what is live is sent as it was approved. Until now the
-- edit's urgency took the place of the notice's at once.
ALTER TABLE notices ADD COLUMN pending_urgency INTEGER;

-- What was removed kept what somebody was still to decide about it.
UPDATE notices SET cooling_until = NULL, pending_revision = NULL, second_look_at = NULL, police_due_at = NULL
    WHERE state IN ('rejected', 'closed', 'expired', 'removed', 'erased');

-- What is forgotten is found by its time: the numbers of attempts follow it only while every clock is right.
CREATE INDEX attempts_at ON attempts (at);

-- An edit of a live notice cools, too.
DROP INDEX notices_cooling;
CREATE INDEX notices_cooling ON notices (cooling_until) WHERE cooling_until IS NOT NULL;
