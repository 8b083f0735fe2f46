-- Tips that wait for a moderator, and how often somebody took a step.
CREATE INDEX tips_held ON tips (notice_id) WHERE held;
CREATE INDEX events_account ON events (account_id, step, at) WHERE account_id IS NOT NULL;
