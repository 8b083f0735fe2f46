DROP INDEX events_account;
DROP INDEX tips_held;
