-- The whole schema, in the order of a notice's journey: who may act, what comes in, who receives it, how it goes out,
-- and the decision log. A released migration is never edited: write the next one.
--
-- …_sealed  is encrypted under the key of its case or, where it belongs to no case, under the master key.
-- …_wrapped is a key that is encrypted under the master key.
-- …_hash    is all that is stored of a secret or a search key: a token, a code, a phone, an address.
--
-- Ids are 16 bytes; times are microseconds since 1970.

-- Who may act. Accounts are disabled, never deleted: their decisions keep naming them.
CREATE TABLE accounts (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    totp_sealed BLOB NOT NULL,
    totp_step INTEGER NOT NULL DEFAULT 0, -- the last step used: no code is accepted twice
    created_at INTEGER NOT NULL,
    disabled_at INTEGER
) STRICT;

-- Sessions of people who are logged in.
CREATE TABLE sessions (
    token_hash BLOB NOT NULL PRIMARY KEY,
    account_id BLOB NOT NULL REFERENCES accounts,
    created_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_account ON sessions (account_id);

-- Tokens of programs that act for an account.
CREATE TABLE api_tokens (
    token_hash BLOB NOT NULL PRIMARY KEY,
    account_id BLOB NOT NULL REFERENCES accounts,
    created_at INTEGER NOT NULL,
    expires_at INTEGER
) STRICT;
CREATE INDEX api_tokens_account ON api_tokens (account_id);

-- A case and its state; what it says is in its revisions. The row outlives its contents, so that a printed case number
-- always answers.
CREATE TABLE notices (
    id BLOB NOT NULL PRIMARY KEY,
    case_number TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    region TEXT NOT NULL,
    missing_since INTEGER NOT NULL,
    submitted_at INTEGER NOT NULL,
    submitted_by BLOB,
    manage_hash BLOB,
    phone_hash BLOB,
    key_wrapped BLOB, -- NULL once erased
    -- Its state. An edit of a live notice waits beside it, and once approved is sent with its own urgency.
    state TEXT NOT NULL,
    version INTEGER NOT NULL, -- raised by every step; a decision names the version it saw
    revision INTEGER NOT NULL,
    live_revision INTEGER,
    pending_revision INTEGER,
    urgency INTEGER NOT NULL,
    pending_urgency INTEGER,
    -- Review.
    sealed INTEGER NOT NULL, -- only leads may open it
    escalated INTEGER NOT NULL, -- only leads may open it until it is decided
    guarded INTEGER NOT NULL, -- what was seen is for the police
    paused_by_lead INTEGER NOT NULL DEFAULT 0, -- only leads may resume it
    needs_approvals INTEGER NOT NULL,
    needs_leads INTEGER NOT NULL,
    claimed_by BLOB,
    claimed_until INTEGER,
    cooling_until INTEGER,
    -- Reviews still owed while it is live.
    second_look_at INTEGER,
    police_due_at INTEGER,
    -- From live to erased.
    live_at INTEGER,
    ends_at INTEGER,
    renewals INTEGER NOT NULL,
    ended_at INTEGER,
    outcome TEXT,
    announce INTEGER NOT NULL, -- whether the groups may hear the outcome
    erase_at INTEGER
) STRICT;
-- The desk and the sweep query by state or by due time, so neither reads every notice that is over.
CREATE INDEX notices_states ON notices (state, submitted_at);
CREATE INDEX notices_live ON notices (state, live_at, id);
CREATE INDEX notices_cooling ON notices (cooling_until) WHERE cooling_until IS NOT NULL;
CREATE INDEX notices_follow_up ON notices (second_look_at)
    WHERE second_look_at IS NOT NULL OR police_due_at IS NOT NULL OR pending_revision IS NOT NULL;
CREATE INDEX notices_ends ON notices (ends_at) WHERE state IN ('live', 'paused');
CREATE INDEX notices_erase ON notices (erase_at) WHERE erase_at IS NOT NULL;
CREATE UNIQUE INDEX notices_manage ON notices (manage_hash) WHERE manage_hash IS NOT NULL;
CREATE INDEX notices_phone ON notices (phone_hash) WHERE phone_hash IS NOT NULL;

-- What a notice says: a public part, and a part for those who verify.
CREATE TABLE revisions (
    notice_id BLOB NOT NULL REFERENCES notices,
    number INTEGER NOT NULL,
    public_sealed BLOB NOT NULL,
    private_sealed BLOB NOT NULL,
    renewal INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (notice_id, number)
) STRICT;

-- Who approved which revision; the primary key lets nobody approve twice.
CREATE TABLE approvals (
    notice_id BLOB NOT NULL REFERENCES notices,
    revision INTEGER NOT NULL,
    account_id BLOB NOT NULL REFERENCES accounts,
    lead INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (notice_id, revision, account_id)
) STRICT;

-- Answers to submissions: the same key and body get the same answer again, and a key with another body is refused.
CREATE TABLE idempotency (
    key_hash BLOB NOT NULL PRIMARY KEY,
    body_hash BLOB NOT NULL,
    notice_id BLOB NOT NULL,
    answer_sealed BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX idempotency_created ON idempotency (created_at);

-- Photos are uploaded before the notice that uses them. Their bytes are in the blob storage, encrypted under this key.
CREATE TABLE photos (
    id BLOB NOT NULL PRIMARY KEY,
    notice_id BLOB,
    key_wrapped BLOB NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    likeness INTEGER NOT NULL, -- similar photos differ in few bits
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX photos_notice ON photos (notice_id, likeness);

-- Marks by which likely duplicates are found: keyed hashes of a name or its sound with an age, or with a place and a
-- day, of a name with a city or province, of the police's reference, and of a campaign's numbers.
CREATE TABLE marks (
    hash BLOB NOT NULL,
    notice_id BLOB NOT NULL REFERENCES notices,
    PRIMARY KEY (hash, notice_id)
) STRICT;
CREATE INDEX marks_notice ON marks (notice_id);

-- What people saw. A held tip waits for a moderator; the reporter may read those that were passed on.
CREATE TABLE tips (
    id BLOB NOT NULL PRIMARY KEY,
    notice_id BLOB NOT NULL REFERENCES notices,
    body_sealed BLOB NOT NULL,
    held INTEGER NOT NULL,
    objects INTEGER NOT NULL, -- calls the search for a person false, or comes from who is sought
    -- Neither held nor passed on: for leads alone.
    discarded INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX tips_notice ON tips (notice_id, id);
CREATE INDEX tips_held ON tips (notice_id) WHERE held;

-- Who receives: a chat that we post to through its robot, and its preferences.
CREATE TABLE groups (
    id BLOB NOT NULL PRIMARY KEY,
    account_id BLOB NOT NULL REFERENCES accounts,
    name TEXT NOT NULL,
    language TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    -- Its robot. Of the address only the last four characters are ever shown again.
    platform TEXT NOT NULL,
    credentials_sealed BLOB NOT NULL,
    address_hash BLOB NOT NULL,
    last4 TEXT NOT NULL,
    host TEXT NOT NULL DEFAULT '',
    bot TEXT, -- the token that it shares with other groups, if any
    -- Whether it receives, and if not, why.
    state TEXT NOT NULL,
    reason TEXT,
    paused_until INTEGER, -- NULL where its admin ends the pause
    -- The code that proves control of the chat, and when codes and tests were sent to it.
    code_hash BLOB,
    code_expires_at INTEGER,
    code_tries INTEGER NOT NULL,
    probes BLOB NOT NULL,
    verified_at INTEGER,
    -- Its preferences: kinds, the most notices in an hour, and quiet hours in minutes of the day.
    kinds INTEGER NOT NULL,
    hourly_cap INTEGER,
    quiet_from INTEGER,
    quiet_until INTEGER,
    quiet_but_urgent INTEGER NOT NULL DEFAULT 1,
    generation INTEGER NOT NULL DEFAULT 0 -- raised by each change
) STRICT;
CREATE INDEX groups_account ON groups (account_id);
-- A robot is connected only once.
CREATE UNIQUE INDEX groups_address ON groups (address_hash);
CREATE INDEX groups_paused ON groups (paused_until) WHERE paused_until IS NOT NULL;

-- The regions whose notices a group wants to hear.
CREATE TABLE group_regions (
    region TEXT NOT NULL,
    group_id BLOB NOT NULL REFERENCES groups,
    PRIMARY KEY (region, group_id)
) STRICT;
CREATE INDEX group_regions_group ON group_regions (group_id);

-- When codes and test messages were sent to a robot: the bound holds however often the chat is connected again.
CREATE TABLE probes (
    address_hash BLOB NOT NULL PRIMARY KEY,
    sent BLOB NOT NULL,
    latest_at INTEGER NOT NULL
) STRICT;

-- The lane of a group. It is leased as a whole, so at most one request is under way. WITHOUT ROWID stores the row in
-- the index of its group's id.
CREATE TABLE lanes (
    group_id BLOB NOT NULL PRIMARY KEY REFERENCES groups,
    open_at INTEGER NOT NULL,
    asked_until INTEGER NOT NULL DEFAULT 0, -- until when the platform asked us to wait
    leased_until INTEGER NOT NULL,
    leased_by INTEGER NOT NULL DEFAULT -1, -- the process: after a crash the next one on its machine frees the lane
    fence INTEGER NOT NULL, -- raised by each lease: a result counts only under its own lease
    generation INTEGER NOT NULL DEFAULT 0, -- its group's: whoever locks the lane knows by it whether they read the group before
    failures INTEGER NOT NULL,
    failing_since INTEGER,
    -- A test message that did not arrive: when, how it ended, what its admin has to mend, the platform's code.
    missed_at INTEGER,
    missed_as TEXT,
    missed_fault TEXT,
    missed_code TEXT,
    recent BLOB NOT NULL, -- the times of the latest requests, for the platform's budget
    heard BLOB NOT NULL DEFAULT x'' -- the times of notices within the hour, for the group's cap
) STRICT, WITHOUT ROWID;

-- A token whose budget many groups share.
CREATE TABLE bots (
    id TEXT NOT NULL PRIMARY KEY,
    open_at INTEGER NOT NULL,
    recent BLOB NOT NULL,
    limited_until INTEGER -- its platform asked it to wait until then, and no answer shows yet that this is over
) STRICT;

-- One thing to say, and how far its fan-out has come: up to the cursor every group has its delivery.
CREATE TABLE broadcasts (
    id BLOB NOT NULL PRIMARY KEY,
    notice_id BLOB NOT NULL REFERENCES notices,
    revision INTEGER NOT NULL,
    purpose TEXT NOT NULL,
    priority INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    not_after INTEGER,
    cursor BLOB,
    expanded INTEGER NOT NULL,
    planned INTEGER NOT NULL,
    slices INTEGER NOT NULL DEFAULT 0 -- into which its audience was cut so far: each is larger than the last
) STRICT;
CREATE INDEX broadcasts_notice ON broadcasts (notice_id);
CREATE INDEX broadcasts_unexpanded ON broadcasts (priority, id) WHERE NOT expanded;

-- One broadcast to one group: both the queue and the history. A row is written twice for each group that hears of a
-- notice, so it costs as little as possible:
-- * It has no foreign key that would be checked: the transaction that plans it has its broadcast locked, and its group
--   may be deleted by now.
-- * What is leased as it is planned mostly never waits. Such a row is not queued but found again by its slice, so
--   neither its insert nor its end changes an index.
-- * The record of a successful request is in the row itself.
CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    broadcast_id BLOB NOT NULL,
    group_id BLOB NOT NULL,
    -- Its place in the queue.
    priority INTEGER NOT NULL,
    state TEXT NOT NULL,
    queued INTEGER NOT NULL DEFAULT 0 CHECK (NOT queued OR state = 'open'),
    due_at INTEGER NOT NULL,
    digest INTEGER NOT NULL DEFAULT 0, -- sent together with others at the end of quiet hours
    -- Its progress: all requests, those of them up to the last that the platform proved, failures of the present
    -- request, requests done, and how the present request goes on after answers that proved nothing.
    attempts INTEGER NOT NULL,
    proved INTEGER NOT NULL DEFAULT 0,
    tries INTEGER NOT NULL DEFAULT 0,
    part INTEGER NOT NULL,
    act INTEGER NOT NULL DEFAULT 0,
    -- Whether the group has seen it and so must hear of the end.
    reach INTEGER NOT NULL,
    last_outcome TEXT,
    last_code TEXT,
    -- The message in the chat, needed for taking it back, and the result of taking it back.
    message_ref TEXT,
    delivered_at INTEGER,
    took_ms INTEGER,
    how TEXT,
    -- A group gets a broadcast only once.
    UNIQUE (broadcast_id, group_id)
) STRICT;
-- Only deliveries that wait are in the queue's indexes. Of two that serve a query equally well, SQLite takes the one that
-- was created last: so what waits in a lane is found by `deliveries_lane`, not among all that its group ever heard.
CREATE INDEX deliveries_due ON deliveries (priority, due_at, id) WHERE queued AND priority >= -1;
CREATE INDEX deliveries_group ON deliveries (group_id, id);
CREATE INDEX deliveries_lane ON deliveries (group_id) WHERE queued;

-- Ranges of deliveries that were leased as they were planned; those without a result at the end of the lease are
-- queued.
CREATE TABLE slices (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    leased_until INTEGER NOT NULL
) STRICT;
CREATE INDEX slices_over ON slices (leased_until);

-- The requests of deliveries, except the one that succeeded. Attempts are always deleted before their delivery, so no
-- foreign key checks it.
CREATE TABLE attempts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    delivery_id INTEGER NOT NULL,
    group_id BLOB NOT NULL,
    at INTEGER NOT NULL,
    part INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    code TEXT,
    took_ms INTEGER NOT NULL,
    answer_sealed BLOB
) STRICT;
CREATE INDEX attempts_delivery ON attempts (delivery_id, id);
-- Pruning searches by time, because ids are in the order of time only while every clock is right.
CREATE INDEX attempts_at ON attempts (at);

-- The decision log: a row for each step, each with the hash of the row before. It depends on no other table, so it stays
-- verifiable whatever is deleted, and the digest of an erased note still proves that the note existed.
CREATE TABLE events (
    seq INTEGER NOT NULL PRIMARY KEY,
    notice_id BLOB NOT NULL,
    case_number TEXT NOT NULL,
    revision INTEGER NOT NULL,
    step TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    actor TEXT NOT NULL,
    account_id BLOB,
    reason TEXT,
    note_sealed BLOB,
    note_digest BLOB,
    at INTEGER NOT NULL,
    previous BLOB NOT NULL,
    hash BLOB NOT NULL
) STRICT;
CREATE INDEX events_notice ON events (notice_id, seq);
-- For counting how often an account took a step.
CREATE INDEX events_account ON events (account_id, step, at) WHERE account_id IS NOT NULL;

-- The head of the log, a single row.
CREATE TABLE chain (
    id INTEGER NOT NULL PRIMARY KEY,
    seq INTEGER NOT NULL,
    hash BLOB NOT NULL
) STRICT;
INSERT INTO chain (id, seq, hash) VALUES (1, 0, zeroblob(32));

-- A word sealed under the master key, by which a start with a different key is detected.
CREATE TABLE seal (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    word BLOB NOT NULL
) STRICT;
