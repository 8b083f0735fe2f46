-- Waits for the end of its group's quiet hours, to be told together with others.
ALTER TABLE deliveries ADD COLUMN digest INTEGER NOT NULL DEFAULT 0;
