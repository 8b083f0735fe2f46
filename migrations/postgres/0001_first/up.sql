-- All that is kept, in the order of a notice's way: who may act, what came in, who receives it, how it goes out, and
-- the log of what was decided. Released migrations are never edited: write the next one.
--
-- …_sealed  is encrypted under the key of its case; what belongs to no case, under the master key.
-- …_wrapped is a key, encrypted under the master key.
-- …_hash    is all that is kept of what somebody has to present or is found by: a token, a code, a phone, an address.

-- Who may act. Nobody is deleted: who is disabled still stands behind what they decided.
CREATE TABLE accounts (
    id UUID NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    totp_sealed BYTEA NOT NULL,
    totp_step BIGINT NOT NULL DEFAULT 0, -- the last that was used: no code opens twice
    created_at TIMESTAMPTZ NOT NULL,
    disabled_at TIMESTAMPTZ
);

-- Who is logged in.
CREATE TABLE sessions (
    token_hash BYTEA NOT NULL PRIMARY KEY,
    account_id UUID NOT NULL REFERENCES accounts,
    created_at TIMESTAMPTZ NOT NULL,
    seen_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX sessions_account ON sessions (account_id);

-- The programs that act for an account.
CREATE TABLE api_tokens (
    token_hash BYTEA NOT NULL PRIMARY KEY,
    account_id UUID NOT NULL REFERENCES accounts,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ
);
CREATE INDEX api_tokens_account ON api_tokens (account_id);

-- A case and where it stands; what it says is in its revisions. The row outlives its contents: a printed case number
-- always answers.
CREATE TABLE notices (
    id UUID NOT NULL PRIMARY KEY,
    case_number TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    region TEXT NOT NULL,
    missing_since TIMESTAMPTZ NOT NULL,
    submitted_at TIMESTAMPTZ NOT NULL,
    submitted_by UUID,
    manage_hash BYTEA,
    phone_hash BYTEA,
    key_wrapped BYTEA, -- gone once erased
    -- Where it stands. An edit of what is live waits beside it, and is sent as urgently as it is then approved.
    state TEXT NOT NULL,
    version INTEGER NOT NULL, -- raised by every step; a decision names the one it saw
    revision INTEGER NOT NULL,
    live_revision INTEGER,
    pending_revision INTEGER,
    urgency SMALLINT NOT NULL,
    pending_urgency SMALLINT,
    -- Review.
    sealed BOOLEAN NOT NULL, -- leads alone may open it
    needs_approvals SMALLINT NOT NULL,
    needs_leads SMALLINT NOT NULL,
    claimed_by UUID,
    claimed_until TIMESTAMPTZ,
    cooling_until TIMESTAMPTZ,
    -- What is still to be looked at though it is live.
    second_look_at TIMESTAMPTZ,
    police_due_at TIMESTAMPTZ,
    -- From live to erased.
    live_at TIMESTAMPTZ,
    ends_at TIMESTAMPTZ,
    renewals SMALLINT NOT NULL,
    ended_at TIMESTAMPTZ,
    outcome TEXT,
    announce BOOLEAN NOT NULL, -- whether the groups may hear the outcome
    erase_at TIMESTAMPTZ
);
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
    notice_id UUID NOT NULL REFERENCES notices,
    number INTEGER NOT NULL,
    public_sealed BYTEA NOT NULL,
    private_sealed BYTEA NOT NULL,
    renewal BOOLEAN NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (notice_id, number)
);

-- Who approved which revision; the key lets nobody do so twice.
CREATE TABLE approvals (
    notice_id UUID NOT NULL REFERENCES notices,
    revision INTEGER NOT NULL,
    account_id UUID NOT NULL REFERENCES accounts,
    lead BOOLEAN NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (notice_id, revision, account_id)
);

-- The answer to a submission: the same key again is told the same, and a key with another body is refused.
CREATE TABLE idempotency (
    key_hash BYTEA NOT NULL PRIMARY KEY,
    body_hash BYTEA NOT NULL,
    notice_id UUID NOT NULL,
    answer_sealed BYTEA NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX idempotency_created ON idempotency (created_at);

-- Photos are uploaded before the notice that takes them; their bytes are in the blobs, under this key.
CREATE TABLE photos (
    id UUID NOT NULL PRIMARY KEY,
    notice_id UUID,
    key_wrapped BYTEA NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    likeness BIGINT NOT NULL, -- photos that look alike differ in few bits
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX photos_notice ON photos (notice_id);

-- By what notices are known again that are about the same: keyed hashes of a name with an age, of a name with a place
-- and a day, of a campaign's numbers.
CREATE TABLE marks (
    hash BYTEA NOT NULL,
    notice_id UUID NOT NULL REFERENCES notices,
    PRIMARY KEY (hash, notice_id)
);
CREATE INDEX marks_notice ON marks (notice_id);

-- What somebody saw. Held, it waits for a moderator; else the reporter may read it.
CREATE TABLE tips (
    id UUID NOT NULL PRIMARY KEY,
    notice_id UUID NOT NULL REFERENCES notices,
    body_sealed BYTEA NOT NULL,
    held BOOLEAN NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX tips_notice ON tips (notice_id, id);
CREATE INDEX tips_held ON tips (notice_id) WHERE held;

-- Who receives: a chat with a robot of ours in it, and what it wishes.
CREATE TABLE groups (
    id UUID NOT NULL PRIMARY KEY,
    account_id UUID NOT NULL REFERENCES accounts,
    name TEXT NOT NULL,
    language TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    -- Its robot. The address is shown to nobody again, but for its last four characters.
    platform TEXT NOT NULL,
    credentials_sealed BYTEA NOT NULL,
    address_hash BYTEA NOT NULL,
    last4 TEXT NOT NULL,
    host TEXT NOT NULL DEFAULT '',
    bot TEXT, -- the token that it shares with others, if it does
    -- Whether it may be sent to, or why not.
    state TEXT NOT NULL,
    reason TEXT,
    paused_until TIMESTAMPTZ, -- nothing where its admin ends the pause
    -- The code that proves control of the chat, and when codes and tests went to it.
    code_hash BYTEA,
    code_expires_at TIMESTAMPTZ,
    code_tries SMALLINT NOT NULL,
    probes BYTEA NOT NULL,
    verified_at TIMESTAMPTZ,
    -- What it wants to hear, how much of it in an hour, and when nothing; quiet hours are minutes of the day.
    kinds INTEGER NOT NULL,
    hourly_cap SMALLINT,
    quiet_from SMALLINT,
    quiet_until SMALLINT,
    quiet_but_urgent BOOLEAN NOT NULL DEFAULT TRUE
);
CREATE INDEX groups_account ON groups (account_id);
-- A robot is connected once.
CREATE UNIQUE INDEX groups_address ON groups (address_hash);
CREATE INDEX groups_paused ON groups (paused_until) WHERE paused_until IS NOT NULL;

-- Of where a group wants to hear.
CREATE TABLE group_regions (
    region TEXT NOT NULL,
    group_id UUID NOT NULL REFERENCES groups,
    PRIMARY KEY (region, group_id)
);
-- A slice ends at the n-th group of a region beyond the cursor: only the primary key leads there, whatever the planner
-- believes of how many there are. Of one group its regions are asked by its id alone, for which a hash is enough.
CREATE INDEX group_regions_group ON group_regions USING hash (group_id);

-- When codes and test messages went to a robot: what a chat gets is bounded, however often it is connected anew.
CREATE TABLE probes (
    address_hash BYTEA NOT NULL PRIMARY KEY,
    sent BYTEA NOT NULL,
    latest_at TIMESTAMPTZ NOT NULL
);

-- The lane of a group: it is leased as a whole, so that one request at most is under way. Its row changes with every
-- request, in columns that no index has: more than half of each page is left free for the next version beside it.
CREATE TABLE lanes (
    group_id UUID NOT NULL PRIMARY KEY REFERENCES groups,
    open_at TIMESTAMPTZ NOT NULL,
    asked_until TIMESTAMPTZ NOT NULL DEFAULT 'epoch', -- what the platform asked us to wait
    leased_until TIMESTAMPTZ NOT NULL,
    leased_by BIGINT NOT NULL DEFAULT -1, -- the process, so that the next on its machine frees what it died with
    fence BIGINT NOT NULL, -- raised by each lease: a result counts only under its own
    failures INTEGER NOT NULL,
    failing_since TIMESTAMPTZ,
    recent BYTEA NOT NULL, -- the times of the latest requests, for the platform's budget
    heard BYTEA NOT NULL DEFAULT '' -- when something was heard within the hour, for the group's cap
) WITH (fillfactor = 45, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);

-- A token that many groups share, and so its budget. Limited: the last that its platform said is that it is used too
-- much.
CREATE TABLE bots (
    id TEXT NOT NULL PRIMARY KEY,
    open_at TIMESTAMPTZ NOT NULL,
    recent BYTEA NOT NULL,
    limited BOOLEAN NOT NULL DEFAULT FALSE
);

-- One thing to say, and how far it has been spread: up to the cursor each group has its delivery.
CREATE TABLE broadcasts (
    id UUID NOT NULL PRIMARY KEY,
    notice_id UUID NOT NULL REFERENCES notices,
    revision INTEGER NOT NULL,
    purpose TEXT NOT NULL,
    priority SMALLINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    not_after TIMESTAMPTZ,
    cursor UUID,
    expanded BOOLEAN NOT NULL,
    planned INTEGER NOT NULL
);
CREATE INDEX broadcasts_notice ON broadcasts (notice_id);
CREATE INDEX broadcasts_unexpanded ON broadcasts (priority, id) WHERE NOT expanded;

-- One thing said to one group: the queue, and the history. It is written twice for each group that hears of a notice,
-- so with as little as possible:
-- * It points at nothing whose presence has to be looked up again: its broadcast is locked by whoever plans it, and its
--   group may be gone by now.
-- * What is leased as it is planned mostly never waits. It is not queued but found again by its slice, so neither its
--   beginning nor its end changes an index, and its row has room for its end beside it: hence the fillfactor.
-- * What a success has to tell of its request it tells itself.
-- A plan made while the queue was short is very wrong for a long one: its statistics must follow soon.
CREATE TABLE deliveries (
    id BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    broadcast_id UUID NOT NULL,
    group_id UUID NOT NULL,
    -- Its place in the queue.
    priority SMALLINT NOT NULL,
    state TEXT NOT NULL,
    queued BOOLEAN NOT NULL DEFAULT FALSE CHECK (NOT queued OR state = 'open'),
    due_at TIMESTAMPTZ NOT NULL,
    digest BOOLEAN NOT NULL DEFAULT FALSE, -- told together with others, at the end of quiet hours
    -- How far it has come: requests in all, failures of the present one, requests done, and how the present one goes
    -- on after answers that proved nothing.
    attempts INTEGER NOT NULL,
    tries SMALLINT NOT NULL DEFAULT 0,
    part SMALLINT NOT NULL,
    act SMALLINT NOT NULL DEFAULT 0,
    -- Whether the group has seen it: then it hears of the end, too.
    reach SMALLINT NOT NULL,
    last_outcome TEXT,
    last_code TEXT,
    -- The message in the chat, by which it is taken back, and what taking back came to.
    message_ref TEXT,
    delivered_at TIMESTAMPTZ,
    took_ms INTEGER,
    how TEXT,
    -- A group gets a broadcast once.
    UNIQUE (broadcast_id, group_id)
) WITH (fillfactor = 45, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
-- Only what waits is in the queue. Of one lane it is asked by its group alone: a hash cannot be read from end to end,
-- which is what the planner likes to do as long as it believes that little is open.
CREATE INDEX deliveries_due ON deliveries (priority, due_at, id) WHERE queued;
CREATE INDEX deliveries_lane ON deliveries USING hash (group_id) WHERE queued;
CREATE INDEX deliveries_group ON deliveries (group_id, id);

-- The deliveries between two numbers that were leased as they were planned; what has no result by the end of the lease
-- is queued.
CREATE TABLE slices (
    id BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    first BIGINT NOT NULL,
    last BIGINT NOT NULL,
    leased_until TIMESTAMPTZ NOT NULL
);
CREATE INDEX slices_over ON slices (leased_until);

-- The requests of deliveries, but for the one that succeeded. Nobody deletes a delivery before its attempts, so nothing
-- looks that up.
CREATE TABLE attempts (
    id BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    delivery_id BIGINT NOT NULL,
    group_id UUID NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    part SMALLINT NOT NULL,
    outcome TEXT NOT NULL,
    code TEXT,
    took_ms INTEGER NOT NULL,
    answer_sealed BYTEA
);
CREATE INDEX attempts_delivery ON attempts (delivery_id, id);
-- What is forgotten is found by its time: the numbers follow it only while every clock is right.
CREATE INDEX attempts_at ON attempts (at);

-- The decision log, a line for each step, each with the hash of the line before. It stands by itself: it is whole
-- whatever becomes of the rest, and the digest of an erased note still tells that there was that note.
CREATE TABLE events (
    seq BIGINT NOT NULL PRIMARY KEY,
    notice_id UUID NOT NULL,
    case_number TEXT NOT NULL,
    revision INTEGER NOT NULL,
    step TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    actor TEXT NOT NULL,
    account_id UUID,
    reason TEXT,
    note_sealed BYTEA,
    note_digest BYTEA,
    at TIMESTAMPTZ NOT NULL,
    previous BYTEA NOT NULL,
    hash BYTEA NOT NULL
);
CREATE INDEX events_notice ON events (notice_id, seq);
-- How often somebody took a step.
CREATE INDEX events_account ON events (account_id, step, at) WHERE account_id IS NOT NULL;

-- The head of the log, in one row: whoever takes a step locks it.
CREATE TABLE chain (
    id INTEGER NOT NULL PRIMARY KEY,
    seq BIGINT NOT NULL,
    hash BYTEA NOT NULL
);
INSERT INTO chain (id, seq, hash) VALUES (1, 0, decode(repeat('00', 32), 'hex'));

-- A word sealed under the master key: another key is noticed at the start.
CREATE TABLE seal (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    word BYTEA NOT NULL
);
