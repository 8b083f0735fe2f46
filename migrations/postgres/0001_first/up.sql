-- The whole schema, in the order of a notice's journey: who may act, what comes in, who receives it, how it goes out,
-- and the decision log. A released migration is never edited: write the next one.
--
-- …_sealed  is encrypted under the key of its case or, where it belongs to no case, under the master key.
-- …_wrapped is a key that is encrypted under the master key.
-- …_hash    is all that is stored of a secret or a search key: a token, a code, a phone, an address.

-- Who may act. Accounts are disabled, never deleted: their decisions keep naming them.
CREATE TABLE accounts (
    id UUID NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    totp_sealed BYTEA NOT NULL,
    totp_step BIGINT NOT NULL DEFAULT 0, -- the last step used: no code is accepted twice
    created_at TIMESTAMPTZ NOT NULL,
    disabled_at TIMESTAMPTZ
);

-- Sessions of people who are logged in.
CREATE TABLE sessions (
    token_hash BYTEA NOT NULL PRIMARY KEY,
    account_id UUID NOT NULL REFERENCES accounts,
    created_at TIMESTAMPTZ NOT NULL,
    seen_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX sessions_account ON sessions (account_id);

-- Tokens of programs that act for an account.
CREATE TABLE api_tokens (
    token_hash BYTEA NOT NULL PRIMARY KEY,
    account_id UUID NOT NULL REFERENCES accounts,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ
);
CREATE INDEX api_tokens_account ON api_tokens (account_id);

-- A case and its state; what it says is in its revisions. The row outlives its contents, so that a printed case number
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
    key_wrapped BYTEA, -- NULL once erased
    -- Its state. An edit of a live notice waits beside it, and once approved is sent with its own urgency.
    state TEXT NOT NULL,
    version INTEGER NOT NULL, -- raised by every step; a decision names the version it saw
    revision INTEGER NOT NULL,
    live_revision INTEGER,
    pending_revision INTEGER,
    urgency SMALLINT NOT NULL,
    pending_urgency SMALLINT,
    -- Review.
    sealed BOOLEAN NOT NULL, -- only leads may open it
    escalated BOOLEAN NOT NULL, -- only leads may open it until it is decided
    guarded BOOLEAN NOT NULL, -- what was seen is for the police
    paused_by_lead BOOLEAN NOT NULL DEFAULT false, -- only leads may resume it
    needs_approvals SMALLINT NOT NULL,
    needs_leads SMALLINT NOT NULL,
    claimed_by UUID,
    claimed_until TIMESTAMPTZ,
    cooling_until TIMESTAMPTZ,
    -- Reviews still owed while it is live.
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
    notice_id UUID NOT NULL REFERENCES notices,
    number INTEGER NOT NULL,
    public_sealed BYTEA NOT NULL,
    private_sealed BYTEA NOT NULL,
    renewal BOOLEAN NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (notice_id, number)
);

-- Who approved which revision; the primary key lets nobody approve twice.
CREATE TABLE approvals (
    notice_id UUID NOT NULL REFERENCES notices,
    revision INTEGER NOT NULL,
    account_id UUID NOT NULL REFERENCES accounts,
    lead BOOLEAN NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (notice_id, revision, account_id)
);

-- Answers to submissions: the same key and body get the same answer again, and a key with another body is refused.
CREATE TABLE idempotency (
    key_hash BYTEA NOT NULL PRIMARY KEY,
    body_hash BYTEA NOT NULL,
    notice_id UUID NOT NULL,
    answer_sealed BYTEA NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX idempotency_created ON idempotency (created_at);

-- Photos are uploaded before the notice that uses them. Their bytes are in the blob storage, encrypted under this key.
CREATE TABLE photos (
    id UUID NOT NULL PRIMARY KEY,
    notice_id UUID,
    key_wrapped BYTEA NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    likeness BIGINT NOT NULL, -- similar photos differ in few bits
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX photos_notice ON photos (notice_id, likeness);

-- Marks by which likely duplicates are found: keyed hashes of a name or its sound with an age, or with a place and a
-- day, of a name with a city or province, of the police's reference, and of a campaign's numbers.
CREATE TABLE marks (
    hash BYTEA NOT NULL,
    notice_id UUID NOT NULL REFERENCES notices,
    PRIMARY KEY (hash, notice_id)
);
CREATE INDEX marks_notice ON marks (notice_id);

-- What people saw. A held tip waits for a moderator; the reporter may read those that were passed on.
CREATE TABLE tips (
    id UUID NOT NULL PRIMARY KEY,
    notice_id UUID NOT NULL REFERENCES notices,
    body_sealed BYTEA NOT NULL,
    held BOOLEAN NOT NULL,
    objects BOOLEAN NOT NULL, -- calls the search for a person false, or comes from who is sought
    -- Neither held nor passed on: for leads alone.
    discarded BOOLEAN NOT NULL DEFAULT FALSE,
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX tips_notice ON tips (notice_id, id);
CREATE INDEX tips_held ON tips (notice_id) WHERE held;

-- Who receives: a chat that we post to through its robot, and its preferences.
CREATE TABLE groups (
    id UUID NOT NULL PRIMARY KEY,
    account_id UUID NOT NULL REFERENCES accounts,
    name TEXT NOT NULL,
    language TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    -- Its robot. Of the address only the last four characters are ever shown again.
    platform TEXT NOT NULL,
    credentials_sealed BYTEA NOT NULL,
    address_hash BYTEA NOT NULL,
    last4 TEXT NOT NULL,
    host TEXT NOT NULL DEFAULT '',
    bot TEXT, -- the token that it shares with other groups, if any
    -- Whether it receives, and if not, why.
    state TEXT NOT NULL,
    reason TEXT,
    paused_until TIMESTAMPTZ, -- NULL where its admin ends the pause
    -- The code that proves control of the chat, and when codes and tests were sent to it.
    code_hash BYTEA,
    code_expires_at TIMESTAMPTZ,
    code_tries SMALLINT NOT NULL,
    probes BYTEA NOT NULL,
    verified_at TIMESTAMPTZ,
    -- Its preferences: kinds, the most notices in an hour, and quiet hours in minutes of the day.
    kinds INTEGER NOT NULL,
    hourly_cap SMALLINT,
    quiet_from SMALLINT,
    quiet_until SMALLINT,
    quiet_but_urgent BOOLEAN NOT NULL DEFAULT TRUE,
    generation INTEGER NOT NULL DEFAULT 0 -- raised by each change
);
CREATE INDEX groups_account ON groups (account_id);
-- A robot is connected only once.
CREATE UNIQUE INDEX groups_address ON groups (address_hash);
CREATE INDEX groups_paused ON groups (paused_until) WHERE paused_until IS NOT NULL;

-- The regions whose notices a group wants to hear.
CREATE TABLE group_regions (
    region TEXT NOT NULL,
    group_id UUID NOT NULL REFERENCES groups,
    PRIMARY KEY (region, group_id)
);
-- A slice ends at the n-th group of a region beyond the cursor, and only the primary key may lead there, however many
-- groups the planner expects. The regions of one group are looked up by its id alone, for which a hash is enough.
CREATE INDEX group_regions_group ON group_regions USING hash (group_id);

-- When codes and test messages were sent to a robot: the bound holds however often the chat is connected again.
CREATE TABLE probes (
    address_hash BYTEA NOT NULL PRIMARY KEY,
    sent BYTEA NOT NULL,
    latest_at TIMESTAMPTZ NOT NULL
);

-- The lane of a group. It is leased as a whole, so at most one request is under way. Its row changes with every request,
-- in columns that no index has: the fillfactor leaves room on the page for the next version of the row.
CREATE TABLE lanes (
    group_id UUID NOT NULL PRIMARY KEY REFERENCES groups,
    open_at TIMESTAMPTZ NOT NULL,
    asked_until TIMESTAMPTZ NOT NULL DEFAULT 'epoch', -- until when the platform asked us to wait
    leased_until TIMESTAMPTZ NOT NULL,
    leased_by BIGINT NOT NULL DEFAULT -1, -- the process: after a crash the next one on its machine frees the lane
    fence BIGINT NOT NULL, -- raised by each lease: a result counts only under its own lease
    generation INTEGER NOT NULL DEFAULT 0, -- its group's: whoever locks the lane knows by it whether they read the group before
    failures INTEGER NOT NULL,
    failing_since TIMESTAMPTZ,
    -- A test message that did not arrive: when, how it ended, what its admin has to mend, the platform's code.
    missed_at TIMESTAMPTZ,
    missed_as TEXT,
    missed_fault TEXT,
    missed_code TEXT,
    recent BYTEA NOT NULL, -- the times of the latest requests, for the platform's budget
    heard BYTEA NOT NULL DEFAULT '' -- the times of notices within the hour, for the group's cap
) WITH (fillfactor = 45, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);

-- A token whose budget many groups share.
CREATE TABLE bots (
    id TEXT NOT NULL PRIMARY KEY,
    open_at TIMESTAMPTZ NOT NULL,
    recent BYTEA NOT NULL,
    limited_until TIMESTAMPTZ -- its platform asked it to wait until then, and no answer shows yet that this is over
);

-- One thing to say, and how far its fan-out has come: up to the cursor every group has its delivery.
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
    planned INTEGER NOT NULL,
    slices INTEGER NOT NULL DEFAULT 0 -- into which its audience was cut so far: each is larger than the last
);
CREATE INDEX broadcasts_notice ON broadcasts (notice_id);
CREATE INDEX broadcasts_unexpanded ON broadcasts (priority, id) WHERE NOT expanded;

-- One broadcast to one group: both the queue and the history. A row is written twice for each group that hears of a
-- notice, so it costs as little as possible:
-- * It has no foreign key that would be checked: the transaction that plans it has its broadcast locked, and its group
--   may be deleted by now.
-- * What is leased as it is planned mostly never waits. Such a row is not queued but found again by its slice, so
--   neither its insert nor its end changes an index, and the fillfactor leaves room on the page for the finished
--   version of the row.
-- * The record of a successful request is in the row itself.
-- A query plan made for a short queue is very wrong for a long one, so its statistics must be renewed soon.
CREATE TABLE deliveries (
    id BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    broadcast_id UUID NOT NULL,
    group_id UUID NOT NULL,
    -- Its place in the queue.
    priority SMALLINT NOT NULL,
    state TEXT NOT NULL,
    queued BOOLEAN NOT NULL DEFAULT FALSE CHECK (NOT queued OR state = 'open'),
    due_at TIMESTAMPTZ NOT NULL,
    digest BOOLEAN NOT NULL DEFAULT FALSE, -- sent together with others at the end of quiet hours
    -- Its progress: all requests, those of them up to the last that the platform proved, failures of the present
    -- request, requests done, and how the present request goes on after answers that proved nothing.
    attempts INTEGER NOT NULL,
    proved INTEGER NOT NULL DEFAULT 0,
    tries SMALLINT NOT NULL DEFAULT 0,
    part SMALLINT NOT NULL,
    act SMALLINT NOT NULL DEFAULT 0,
    -- Whether the group has seen it and so must hear of the end.
    reach SMALLINT NOT NULL,
    last_outcome TEXT,
    last_code TEXT,
    -- The message in the chat, needed for taking it back, and the result of taking it back.
    message_ref TEXT,
    delivered_at TIMESTAMPTZ,
    took_ms INTEGER,
    how TEXT,
    -- A group gets a broadcast only once.
    UNIQUE (broadcast_id, group_id)
) WITH (fillfactor = 45, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
-- Only deliveries that wait are in the queue's indexes. The deliveries of one lane are looked up by its group alone, and
-- neither index may be read from end to end for them, as the planner would do while it expects few rows: the one of the
-- lanes is a hash, which cannot be, and the other asks for a priority that such a query does not name. (It may ask for
-- nothing that the end of a delivery changes, or that end would be written into every index of the table.)
CREATE INDEX deliveries_due ON deliveries (priority, due_at, id) WHERE queued AND priority >= -1;
CREATE INDEX deliveries_lane ON deliveries USING hash (group_id) WHERE queued;
CREATE INDEX deliveries_group ON deliveries (group_id, id);

-- Ranges of deliveries that were leased as they were planned; those without a result at the end of the lease are
-- queued.
CREATE TABLE slices (
    id BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    first BIGINT NOT NULL,
    last BIGINT NOT NULL,
    leased_until TIMESTAMPTZ NOT NULL
);
CREATE INDEX slices_over ON slices (leased_until);

-- The requests of deliveries, except the one that succeeded. Attempts are always deleted before their delivery, so no
-- foreign key checks it.
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
-- Pruning searches by time, because ids are in the order of time only while every clock is right.
CREATE INDEX attempts_at ON attempts (at);

-- The decision log: a row for each step, each with the hash of the row before. It depends on no other table, so it stays
-- verifiable whatever is deleted, and the digest of an erased note still proves that the note existed.
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
-- For counting how often an account took a step.
CREATE INDEX events_account ON events (account_id, step, at) WHERE account_id IS NOT NULL;

-- The head of the log, a single row: every step locks it.
CREATE TABLE chain (
    id INTEGER NOT NULL PRIMARY KEY,
    seq BIGINT NOT NULL,
    hash BYTEA NOT NULL
);
INSERT INTO chain (id, seq, hash) VALUES (1, 0, decode(repeat('00', 32), 'hex'));

-- A word sealed under the master key, by which a start with a different key is detected.
CREATE TABLE seal (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    word BYTEA NOT NULL
);
