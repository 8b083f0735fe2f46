-- A word sealed under the master key: another key is noticed at the start.
CREATE TABLE seal (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    word BYTEA NOT NULL
);
