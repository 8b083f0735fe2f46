//! The tables as diesel sees them, the same for both databases. A test keeps them equal to `migrations/`.

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::sql::*;

    accounts (id) {
        id -> Uid,
        name -> Text,
        role -> Text,
        password_hash -> Text,
        totp_sealed -> Binary,
        totp_step -> BigInt,
        created_at -> Ts,
        disabled_at -> Nullable<Ts>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::sql::*;

    sessions (token_hash) {
        token_hash -> Binary,
        account_id -> Uid,
        created_at -> Ts,
        seen_at -> Ts,
        expires_at -> Ts,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::sql::*;

    api_tokens (token_hash) {
        token_hash -> Binary,
        account_id -> Uid,
        created_at -> Ts,
        expires_at -> Nullable<Ts>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::sql::*;

    notices (id) {
        id -> Uid,
        case_number -> Text,
        kind -> Text,
        region -> Text,
        missing_since -> Ts,
        submitted_at -> Ts,
        submitted_by -> Nullable<Uid>,
        manage_hash -> Nullable<Binary>,
        phone_hash -> Nullable<Binary>,
        key_wrapped -> Nullable<Binary>,
        state -> Text,
        version -> Integer,
        revision -> Integer,
        live_revision -> Nullable<Integer>,
        pending_revision -> Nullable<Integer>,
        urgency -> SmallInt,
        pending_urgency -> Nullable<SmallInt>,
        sealed -> Bool,
        escalated -> Bool,
        guarded -> Bool,
        paused_by_lead -> Bool,
        needs_approvals -> SmallInt,
        needs_leads -> SmallInt,
        claimed_by -> Nullable<Uid>,
        claimed_until -> Nullable<Ts>,
        cooling_until -> Nullable<Ts>,
        second_look_at -> Nullable<Ts>,
        police_due_at -> Nullable<Ts>,
        live_at -> Nullable<Ts>,
        ends_at -> Nullable<Ts>,
        renewals -> SmallInt,
        ended_at -> Nullable<Ts>,
        outcome -> Nullable<Text>,
        announce -> Bool,
        erase_at -> Nullable<Ts>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::sql::*;

    revisions (notice_id, number) {
        notice_id -> Uid,
        number -> Integer,
        public_sealed -> Binary,
        private_sealed -> Binary,
        renewal -> Bool,
        created_at -> Ts,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::sql::*;

    approvals (notice_id, revision, account_id) {
        notice_id -> Uid,
        revision -> Integer,
        account_id -> Uid,
        lead -> Bool,
        at -> Ts,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::sql::*;

    idempotency (key_hash) {
        key_hash -> Binary,
        body_hash -> Binary,
        notice_id -> Uid,
        answer_sealed -> Binary,
        created_at -> Ts,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::sql::*;

    photos (id) {
        id -> Uid,
        notice_id -> Nullable<Uid>,
        key_wrapped -> Binary,
        width -> Integer,
        height -> Integer,
        likeness -> BigInt,
        created_at -> Ts,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::sql::*;

    marks (hash, notice_id) {
        hash -> Binary,
        notice_id -> Uid,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::sql::*;

    tips (id) {
        id -> Uid,
        notice_id -> Uid,
        body_sealed -> Binary,
        held -> Bool,
        objects -> Bool,
        discarded -> Bool,
        created_at -> Ts,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::sql::*;

    groups (id) {
        id -> Uid,
        account_id -> Uid,
        name -> Text,
        language -> Text,
        created_at -> Ts,
        platform -> Text,
        credentials_sealed -> Binary,
        address_hash -> Binary,
        last4 -> Text,
        host -> Text,
        bot -> Nullable<Text>,
        state -> Text,
        reason -> Nullable<Text>,
        paused_until -> Nullable<Ts>,
        code_hash -> Nullable<Binary>,
        code_expires_at -> Nullable<Ts>,
        code_tries -> SmallInt,
        probes -> Binary,
        verified_at -> Nullable<Ts>,
        kinds -> Integer,
        hourly_cap -> Nullable<SmallInt>,
        quiet_from -> Nullable<SmallInt>,
        quiet_until -> Nullable<SmallInt>,
        quiet_but_urgent -> Bool,
        generation -> Integer,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::sql::*;

    group_regions (region, group_id) {
        region -> Text,
        group_id -> Uid,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::sql::*;

    probes (address_hash) {
        address_hash -> Binary,
        sent -> Binary,
        latest_at -> Ts,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::sql::*;

    lanes (group_id) {
        group_id -> Uid,
        open_at -> Ts,
        asked_until -> Ts,
        leased_until -> Ts,
        leased_by -> BigInt,
        fence -> BigInt,
        generation -> Integer,
        failures -> Integer,
        failing_since -> Nullable<Ts>,
        missed_at -> Nullable<Ts>,
        missed_as -> Nullable<Text>,
        missed_fault -> Nullable<Text>,
        missed_code -> Nullable<Text>,
        recent -> Binary,
        heard -> Binary,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::sql::*;

    bots (id) {
        id -> Text,
        open_at -> Ts,
        recent -> Binary,
        limited_until -> Nullable<Ts>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::sql::*;

    broadcasts (id) {
        id -> Uid,
        notice_id -> Uid,
        revision -> Integer,
        purpose -> Text,
        priority -> SmallInt,
        created_at -> Ts,
        not_after -> Nullable<Ts>,
        cursor -> Nullable<Uid>,
        expanded -> Bool,
        planned -> Integer,
        slices -> Integer,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::sql::*;

    deliveries (id) {
        id -> BigInt,
        broadcast_id -> Uid,
        group_id -> Uid,
        priority -> SmallInt,
        state -> Text,
        queued -> Bool,
        due_at -> Ts,
        digest -> Bool,
        attempts -> Integer,
        proved -> Integer,
        tries -> SmallInt,
        part -> SmallInt,
        act -> SmallInt,
        reach -> SmallInt,
        last_outcome -> Nullable<Text>,
        last_code -> Nullable<Text>,
        message_ref -> Nullable<Text>,
        delivered_at -> Nullable<Ts>,
        took_ms -> Nullable<Integer>,
        how -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::sql::*;

    slices (id) {
        id -> BigInt,
        first -> BigInt,
        last -> BigInt,
        leased_until -> Ts,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::sql::*;

    attempts (id) {
        id -> BigInt,
        delivery_id -> BigInt,
        group_id -> Uid,
        at -> Ts,
        part -> SmallInt,
        outcome -> Text,
        code -> Nullable<Text>,
        took_ms -> Integer,
        answer_sealed -> Nullable<Binary>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::sql::*;

    events (seq) {
        seq -> BigInt,
        notice_id -> Uid,
        case_number -> Text,
        revision -> Integer,
        step -> Text,
        before -> Text,
        after -> Text,
        actor -> Text,
        account_id -> Nullable<Uid>,
        reason -> Nullable<Text>,
        note_sealed -> Nullable<Binary>,
        note_digest -> Nullable<Binary>,
        at -> Ts,
        previous -> Binary,
        hash -> Binary,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::sql::*;

    chain (id) {
        id -> Integer,
        seq -> BigInt,
        hash -> Binary,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::store::types::sql::*;

    seal (id) {
        id -> Integer,
        word -> Binary,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    accounts,
    sessions,
    api_tokens,
    notices,
    revisions,
    approvals,
    idempotency,
    photos,
    marks,
    tips,
    groups,
    group_regions,
    lanes,
    bots,
    broadcasts,
    deliveries,
    slices,
    attempts,
    events,
    chain,
);
