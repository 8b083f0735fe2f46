-- By what notices are known again that are about the same: keyed hashes of a name with an age, of a name with a place
-- and a day, of a campaign's numbers. Notices from before have none.
CREATE TABLE marks (
    hash BYTEA NOT NULL,
    notice_id UUID NOT NULL REFERENCES notices,
    PRIMARY KEY (hash, notice_id)
);
CREATE INDEX marks_notice ON marks (notice_id);
