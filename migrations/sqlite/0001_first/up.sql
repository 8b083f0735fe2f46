-- All that is kept, in the order of a notice's way: who may act, what came in, who receives it, how it goes out, and
-- the log of what was decided. Released migrations are never edited: write the next one.
--
-- …_sealed  is encrypted under the key of its case; what belongs to no case, under the master key.
-- …_wrapped is a key, encrypted under the master key.
-- …_hash    is all that is kept of what somebody has to present or is found by: a token, a code, a phone, an address.
--
-- Ids are 16 bytes, times microseconds since 1970.

-- Who may act. Nobody is deleted: who is disabled still stands behind what they decided.
CREATE TABLE accounts (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    totp_sealed BLOB NOT NULL,
    totp_step INTEGER NOT NULL DEFAULT 0, -- the last that was used: no code opens twice
    created_at INTEGER NOT NULL,
    disabled_at INTEGER
) STRICT;

-- Who is logged in.
CREATE TABLE sessions (
    token_hash BLOB NOT NULL PRIMARY KEY,
    account_id BLOB NOT NULL REFERENCES accounts,
    created_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_account ON sessions (account_id);

-- The programs that act for an account.
CREATE TABLE api_tokens (
    token_hash BLOB NOT NULL PRIMARY KEY,
    account_id BLOB NOT NULL REFERENCES accounts,
    created_at INTEGER NOT NULL,
    expires_at INTEGER
) STRICT;
CREATE INDEX api_tokens_account ON api_tokens (account_id);

-- A case and where it stands; what it says is in its revisions. The row outlives its contents: a printed case number
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
    key_wrapped BLOB, -- gone once erased
    -- Where it stands. An edit of what is live waits beside it, and is sent as urgently as it is then approved.
    state TEXT NOT NULL,
    version INTEGER NOT NULL, -- raised by every step; a decision names the one it saw
    revision INTEGER NOT NULL,
    live_revision INTEGER,
    pending_revision INTEGER,
    urgency INTEGER NOT NULL,
    pending_urgency INTEGER,
    -- Review.
    sealed INTEGER NOT NULL, -- leads alone may open it
    needs_approvals INTEGER NOT NULL,
    needs_leads INTEGER NOT NULL,
    claimed_by BLOB,
    claimed_until INTEGER,
    cooling_until INTEGER,
    -- What is still to be looked at though it is live.
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
-- The desk and the sweep ask by states, or by what comes due: neither reads all that is over.
CREATE INDEX notices_states ON notices (state, submitted_at);
CREATE INDEX notices_live ON notices (state, live_at, id);
CREATE INDEX notices_cooling ON notices (cooling_until) WHERE cooling_until IS NOT NULL;
CREATE INDEX notices_follow_up ON notices (second_look_at)
    WHERE second_look_at IS NOT NULL OR police_due_at IS NOT NULL OR pending_revision IS NOT NULL;
CREATE INDEX notices_ends ON notices (ends_at) WHERE state IN ('live', 'paused');
CREATE INDEX notices_erase ON notices (erase_at) WHERE erase_at IS NOT NULL;
CREATE UNIQUE INDEX notices_manage ON notices (manage_hash) WHERE manage_hash IS NOT NULL;
CREATE INDEX notices_phone ON notices (phone_hash) WHERE phone_hash IS NOT NULL;

-- What a notice says: for everybody, and for those who verify.
CREATE TABLE revisions (
    notice_id BLOB NOT NULL REFERENCES notices,
    number INTEGER NOT NULL,
    public_sealed BLOB NOT NULL,
    private_sealed BLOB NOT NULL,
    renewal INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (notice_id, number)
) STRICT;

-- Who approved which revision; the key lets nobody do so twice.
CREATE TABLE approvals (
    notice_id BLOB NOT NULL REFERENCES notices,
    revision INTEGER NOT NULL,
    account_id BLOB NOT NULL REFERENCES accounts,
    lead INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (notice_id, revision, account_id)
) STRICT;

-- The answer to a submission: the same key again is told the same, and a key with another body is refused.
CREATE TABLE idempotency (
    key_hash BLOB NOT NULL PRIMARY KEY,
    body_hash BLOB NOT NULL,
    notice_id BLOB NOT NULL,
    answer_sealed BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX idempotency_created ON idempotency (created_at);

-- Photos are uploaded before the notice that takes them; their bytes are in the blobs, under this key.
CREATE TABLE photos (
    id BLOB NOT NULL PRIMARY KEY,
    notice_id BLOB,
    key_wrapped BLOB NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    likeness INTEGER NOT NULL, -- photos that look alike differ in few bits
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX photos_notice ON photos (notice_id);

-- By what notices are known again that are about the same: keyed hashes of a name with an age, of a name with a place
-- and a day, of a campaign's numbers.
CREATE TABLE marks (
    hash BLOB NOT NULL,
    notice_id BLOB NOT NULL REFERENCES notices,
    PRIMARY KEY (hash, notice_id)
) STRICT;
CREATE INDEX marks_notice ON marks (notice_id);

-- What somebody saw. Held, it waits for a moderator; else the reporter may read it.
CREATE TABLE tips (
    id BLOB NOT NULL PRIMARY KEY,
    notice_id BLOB NOT NULL REFERENCES notices,
    body_sealed BLOB NOT NULL,
    held INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX tips_notice ON tips (notice_id, id);
CREATE INDEX tips_held ON tips (notice_id) WHERE held;

-- Who receives: a chat with a robot of ours in it, and what it wishes.
CREATE TABLE groups (
    id BLOB NOT NULL PRIMARY KEY,
    account_id BLOB NOT NULL REFERENCES accounts,
    name TEXT NOT NULL,
    language TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    -- Its robot. The address is shown to nobody again, but for its last four characters.
    platform TEXT NOT NULL,
    credentials_sealed BLOB NOT NULL,
    address_hash BLOB NOT NULL,
    last4 TEXT NOT NULL,
    host TEXT NOT NULL DEFAULT '',
    bot TEXT, -- the token that it shares with others, if it does
    -- Whether it may be sent to, or why not.
    state TEXT NOT NULL,
    reason TEXT,
    paused_until INTEGER, -- nothing where its admin ends the pause
    -- The code that proves control of the chat, and when codes and tests went to it.
    code_hash BLOB,
    code_expires_at INTEGER,
    code_tries INTEGER NOT NULL,
    probes BLOB NOT NULL,
    verified_at INTEGER,
    -- What it wants to hear, how much of it in an hour, and when nothing; quiet hours are minutes of the day.
    kinds INTEGER NOT NULL,
    hourly_cap INTEGER,
    quiet_from INTEGER,
    quiet_until INTEGER,
    quiet_but_urgent INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX groups_account ON groups (account_id);
-- A robot is connected once.
CREATE UNIQUE INDEX groups_address ON groups (address_hash);
CREATE INDEX groups_paused ON groups (paused_until) WHERE paused_until IS NOT NULL;

-- Of where a group wants to hear.
CREATE TABLE group_regions (
    region TEXT NOT NULL,
    group_id BLOB NOT NULL REFERENCES groups,
    PRIMARY KEY (region, group_id)
) STRICT;
CREATE INDEX group_regions_group ON group_regions (group_id);

-- When codes and test messages went to a robot: what a chat gets is bounded, however often it is connected anew.
CREATE TABLE probes (
    address_hash BLOB NOT NULL PRIMARY KEY,
    sent BLOB NOT NULL,
    latest_at INTEGER NOT NULL
) STRICT;

-- The lane of a group: it is leased as a whole, so that one request at most is under way. The row
-- stands where its group's id leads.
CREATE TABLE lanes (
    group_id BLOB NOT NULL PRIMARY KEY REFERENCES groups,
    open_at INTEGER NOT NULL,
    asked_until INTEGER NOT NULL DEFAULT 0, -- what the platform asked us to wait
    leased_until INTEGER NOT NULL,
    leased_by INTEGER NOT NULL DEFAULT -1, -- the process, so that the next on its machine frees what it died with
    fence INTEGER NOT NULL, -- raised by each lease: a result counts only under its own
    failures INTEGER NOT NULL,
    failing_since INTEGER,
    recent BLOB NOT NULL, -- the times of the latest requests, for the platform's budget
    heard BLOB NOT NULL DEFAULT x'' -- when something was heard within the hour, for the group's cap
) STRICT, WITHOUT ROWID;

-- A token that many groups share, and so its budget. Limited: the last that its platform said is that it is used too
-- much.
CREATE TABLE bots (
    id TEXT NOT NULL PRIMARY KEY,
    open_at INTEGER NOT NULL,
    recent BLOB NOT NULL,
    limited INTEGER NOT NULL DEFAULT 0
) STRICT;

-- One thing to say, and how far it has been spread: up to the cursor each group has its delivery.
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
    planned INTEGER NOT NULL
) STRICT;
CREATE INDEX broadcasts_notice ON broadcasts (notice_id);
CREATE INDEX broadcasts_unexpanded ON broadcasts (priority, id) WHERE NOT expanded;

-- One thing said to one group: the queue, and the history. It is written twice for each group that hears of a notice,
-- so with as little as possible:
-- * It points at nothing whose presence has to be looked up again: its broadcast is locked by whoever plans it, and its
--   group may be gone by now.
-- * What is leased as it is planned mostly never waits. It is not queued but found again by its slice, so neither its
--   beginning nor its end changes an index.
-- * What a success has to tell of its request it tells itself.
CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    broadcast_id BLOB NOT NULL,
    group_id BLOB NOT NULL,
    -- Its place in the queue.
    priority INTEGER NOT NULL,
    state TEXT NOT NULL,
    queued INTEGER NOT NULL DEFAULT 0 CHECK (NOT queued OR state = 'open'),
    due_at INTEGER NOT NULL,
    digest INTEGER NOT NULL DEFAULT 0, -- told together with others, at the end of quiet hours
    -- How far it has come: requests in all, failures of the present one, requests done, and how the present one goes
    -- on after answers that proved nothing.
    attempts INTEGER NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    part INTEGER NOT NULL,
    act INTEGER NOT NULL DEFAULT 0,
    -- Whether the group has seen it: then it hears of the end, too.
    reach INTEGER NOT NULL,
    last_outcome TEXT,
    last_code TEXT,
    -- The message in the chat, by which it is taken back, and what taking back came to.
    message_ref TEXT,
    delivered_at INTEGER,
    took_ms INTEGER,
    how TEXT,
    -- A group gets a broadcast once.
    UNIQUE (broadcast_id, group_id)
) STRICT;
-- Only what waits is in the queue.
CREATE INDEX deliveries_due ON deliveries (priority, due_at, id) WHERE queued;
CREATE INDEX deliveries_lane ON deliveries (group_id) WHERE queued;
CREATE INDEX deliveries_group ON deliveries (group_id, id);

-- The deliveries between two numbers that were leased as they were planned; what has no result by the end of the lease
-- is queued.
CREATE TABLE slices (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    leased_until INTEGER NOT NULL
) STRICT;
CREATE INDEX slices_over ON slices (leased_until);

-- The requests of deliveries, but for the one that succeeded. Nobody deletes a delivery before its attempts, so nothing
-- looks that up.
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
-- What is forgotten is found by its time: the numbers follow it only while every clock is right.
CREATE INDEX attempts_at ON attempts (at);

-- The decision log, a line for each step, each with the hash of the line before. It stands by itself: it is whole
-- whatever becomes of the rest, and the digest of an erased note still tells that there was that note.
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
-- How often somebody took a step.
CREATE INDEX events_account ON events (account_id, step, at) WHERE account_id IS NOT NULL;

-- The head of the log, in one row.
CREATE TABLE chain (
    id INTEGER NOT NULL PRIMARY KEY,
    seq INTEGER NOT NULL,
    hash BLOB NOT NULL
) STRICT;
INSERT INTO chain (id, seq, hash) VALUES (1, 0, zeroblob(32));

-- A word sealed under the master key: another key is noticed at the start.
CREATE TABLE seal (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    word BLOB NOT NULL
) STRICT;
