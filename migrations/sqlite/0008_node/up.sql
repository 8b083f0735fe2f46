-- Which process holds a lease: so that the next one on the same machine can free what it died with.
ALTER TABLE lanes ADD COLUMN leased_by INTEGER NOT NULL DEFAULT -1;
