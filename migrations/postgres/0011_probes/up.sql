-- When codes and test messages went to a robot: what a chat gets is bounded, however often it is connected anew.
CREATE TABLE probes (
    address_hash BYTEA NOT NULL PRIMARY KEY,
    sent BYTEA NOT NULL,
    latest_at TIMESTAMPTZ NOT NULL
);
