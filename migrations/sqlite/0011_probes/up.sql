-- When codes and test messages went to a robot: what a chat gets is bounded, however often it is connected anew.
CREATE TABLE probes (
    address_hash BLOB NOT NULL PRIMARY KEY,
    sent BLOB NOT NULL,
    latest_at INTEGER NOT NULL
) STRICT;
