-- The first schema. Released migrations are never edited: write the next one.

CREATE TABLE accounts (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    totp_sealed BLOB NOT NULL,
    totp_step INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    disabled_at INTEGER
) STRICT;

CREATE TABLE sessions (
    token_hash BLOB NOT NULL PRIMARY KEY,
    account_id BLOB NOT NULL REFERENCES accounts,
    created_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE TABLE api_tokens (
    token_hash BLOB NOT NULL PRIMARY KEY,
    account_id BLOB NOT NULL REFERENCES accounts,
    created_at INTEGER NOT NULL,
    expires_at INTEGER
) STRICT;

CREATE TABLE notices (
    id BLOB NOT NULL PRIMARY KEY,
    case_number TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    region TEXT NOT NULL,
    state TEXT NOT NULL,
    version INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    live_revision INTEGER,
    pending_revision INTEGER,
    urgency INTEGER NOT NULL,
    missing_since INTEGER NOT NULL,
    submitted_at INTEGER NOT NULL,
    needs_approvals INTEGER NOT NULL,
    needs_leads INTEGER NOT NULL,
    sealed INTEGER NOT NULL,
    submitted_by BLOB,
    claimed_by BLOB,
    claimed_until INTEGER,
    cooling_until INTEGER,
    live_at INTEGER,
    ends_at INTEGER,
    ended_at INTEGER,
    outcome TEXT,
    announce INTEGER NOT NULL,
    erase_at INTEGER,
    key_wrapped BLOB,
    manage_hash BLOB,
    phone_hash BLOB,
    second_look_at INTEGER,
    police_due_at INTEGER,
    renewals INTEGER NOT NULL
) STRICT;

CREATE TABLE revisions (
    notice_id BLOB NOT NULL REFERENCES notices,
    number INTEGER NOT NULL,
    public_sealed BLOB NOT NULL,
    private_sealed BLOB NOT NULL,
    renewal INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (notice_id, number)
) STRICT;

CREATE TABLE approvals (
    notice_id BLOB NOT NULL REFERENCES notices,
    revision INTEGER NOT NULL,
    account_id BLOB NOT NULL REFERENCES accounts,
    lead INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (notice_id, revision, account_id)
) STRICT;

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

CREATE TABLE chain (
    id INTEGER NOT NULL PRIMARY KEY,
    seq INTEGER NOT NULL,
    hash BLOB NOT NULL
) STRICT;

CREATE TABLE idempotency (
    key_hash BLOB NOT NULL PRIMARY KEY,
    body_hash BLOB NOT NULL,
    notice_id BLOB NOT NULL,
    answer_sealed BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE photos (
    id BLOB NOT NULL PRIMARY KEY,
    notice_id BLOB,
    key_wrapped BLOB NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    likeness INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE tips (
    id BLOB NOT NULL PRIMARY KEY,
    notice_id BLOB NOT NULL REFERENCES notices,
    body_sealed BLOB NOT NULL,
    held INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE groups (
    id BLOB NOT NULL PRIMARY KEY,
    account_id BLOB NOT NULL REFERENCES accounts,
    platform TEXT NOT NULL,
    name TEXT NOT NULL,
    credentials_sealed BLOB NOT NULL,
    address_hash BLOB NOT NULL,
    last4 TEXT NOT NULL,
    language TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    kinds INTEGER NOT NULL,
    code_hash BLOB,
    code_expires_at INTEGER,
    code_tries INTEGER NOT NULL,
    probes BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    verified_at INTEGER
) STRICT;

CREATE TABLE group_regions (
    region TEXT NOT NULL,
    group_id BLOB NOT NULL REFERENCES groups,
    PRIMARY KEY (region, group_id)
) STRICT;

CREATE TABLE lanes (
    group_id BLOB NOT NULL PRIMARY KEY REFERENCES groups,
    open_at INTEGER NOT NULL,
    recent BLOB NOT NULL,
    leased_until INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    failing_since INTEGER
) STRICT;

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

CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    broadcast_id BLOB NOT NULL REFERENCES broadcasts,
    group_id BLOB NOT NULL,
    priority INTEGER NOT NULL,
    state TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    part INTEGER NOT NULL,
    reach INTEGER NOT NULL,
    last_outcome TEXT,
    last_code TEXT,
    message_ref TEXT,
    delivered_at INTEGER,
    UNIQUE (broadcast_id, group_id)
) STRICT;

CREATE TABLE attempts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    delivery_id INTEGER NOT NULL REFERENCES deliveries,
    group_id BLOB NOT NULL,
    at INTEGER NOT NULL,
    part INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    code TEXT,
    took_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX sessions_account ON sessions (account_id);
CREATE INDEX api_tokens_account ON api_tokens (account_id);
CREATE INDEX notices_queue ON notices (urgency DESC, missing_since, submitted_at, id) WHERE state IN ('submitted', 'in_review', 'escalated', 'second_review');
CREATE INDEX notices_live ON notices (live_at DESC, id) WHERE state = 'live';
CREATE INDEX notices_cooling ON notices (cooling_until) WHERE state = 'cooling';
CREATE INDEX notices_ends ON notices (ends_at) WHERE state IN ('live', 'paused');
CREATE INDEX notices_erase ON notices (erase_at) WHERE erase_at IS NOT NULL;
CREATE INDEX notices_follow_up ON notices (second_look_at) WHERE second_look_at IS NOT NULL OR police_due_at IS NOT NULL OR pending_revision IS NOT NULL;
CREATE UNIQUE INDEX notices_manage ON notices (manage_hash) WHERE manage_hash IS NOT NULL;
CREATE INDEX notices_phone ON notices (phone_hash) WHERE phone_hash IS NOT NULL;
CREATE INDEX events_notice ON events (notice_id, seq);
CREATE INDEX idempotency_created ON idempotency (created_at);
CREATE INDEX photos_notice ON photos (notice_id);
CREATE INDEX tips_notice ON tips (notice_id, id);
CREATE INDEX groups_account ON groups (account_id);
CREATE UNIQUE INDEX groups_address ON groups (address_hash);
CREATE INDEX group_regions_group ON group_regions (group_id);
CREATE INDEX broadcasts_notice ON broadcasts (notice_id);
CREATE INDEX broadcasts_unexpanded ON broadcasts (priority, id) WHERE NOT expanded;
CREATE INDEX deliveries_due ON deliveries (priority, due_at, id) WHERE state = 'open';
CREATE INDEX deliveries_lane ON deliveries (group_id) WHERE state = 'open';
CREATE INDEX deliveries_group ON deliveries (group_id, id);
CREATE INDEX attempts_delivery ON attempts (delivery_id, id);

-- The head of the decision log's hash chain.
INSERT INTO chain (id, seq, hash) VALUES (1, 0, zeroblob(32));
