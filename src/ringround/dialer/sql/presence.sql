-- name: presence_lock prepared
SELECT id, user_id, organisation_id, campaign_id, merchant_id, mode, state, since, pause_reason, pause_wanted, wrap_until,
    back_to, seen_at, visiting, home_id, event_no
FROM dialer_presence WHERE user_id = %(user)s::uuid FOR UPDATE

-- name: presence_make
-- Without a fight when two tabs are first at once.
INSERT INTO dialer_presence (id, user_id, organisation_id, mode, state, since, pause_reason, pause_wanted, back_to, visiting, event_no)
VALUES (%(id)s, %(user)s, %(org)s, '', 'offline', %(now)s, '', false, '', false, 0) ON CONFLICT (user_id) DO NOTHING

-- name: presence_silent
SELECT user_id FROM dialer_presence WHERE seen_at < %(before)s AND state <> 'offline'
ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED

-- name: presence_wrapped
SELECT user_id FROM dialer_presence WHERE wrap_until <= %(now)s ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED

-- name: presence_seen prepared
-- Who was joined for one contact and was nowhere before has a console here by which to leave: they stay.
UPDATE dialer_presence SET seen_at = %(at)s::timestamptz, visiting = visiting AND home_id IS NOT NULL
WHERE user_id = %(user)s::uuid AND state <> 'offline'

-- name: presence_write prepared
-- The row as it is now, the end of the stretch that ran (null: it runs on; it began when the
-- row's state did) and the one that was begun (null: none was).
WITH closed AS (
    UPDATE dialer_presence_log SET ended_at = %(closed_at)s::timestamptz
    WHERE %(closed_at)s::timestamptz IS NOT NULL AND user_id = %(user_id)s::uuid AND ended_at IS NULL
        AND began_at = %(was_since)s::timestamptz
), begun AS (
    INSERT INTO dialer_presence_log (id, user_id, organisation_id, campaign_id, state, reason, began_at, ended_at)
    SELECT %(log_id)s::uuid, %(user_id)s::uuid, %(log_org)s::uuid, %(log_campaign)s::uuid, %(log_state)s::text,
        %(log_reason)s::text, %(log_began)s::timestamptz, %(log_ended)s::timestamptz
    WHERE %(log_id)s::uuid IS NOT NULL
)
UPDATE dialer_presence SET organisation_id = %(organisation_id)s::uuid, campaign_id = %(campaign_id)s::uuid,
    merchant_id = %(merchant_id)s::uuid, mode = %(mode)s::text, state = %(state)s::text, since = %(since)s::timestamptz,
    pause_reason = %(pause_reason)s::text, pause_wanted = %(pause_wanted)s::boolean,
    wrap_until = %(wrap_until)s::timestamptz, back_to = %(back_to)s::text, seen_at = %(seen_at)s::timestamptz,
    visiting = %(visiting)s::boolean, home_id = %(home_id)s::uuid, event_no = %(event_no)s::bigint
WHERE id = %(id)s::uuid

-- name: presence_log_add prepared
-- A stretch that began and ended in one change.
INSERT INTO dialer_presence_log (id, user_id, organisation_id, campaign_id, state, reason, began_at, ended_at)
VALUES (%(log_id)s::uuid, %(user_id)s::uuid, %(log_org)s::uuid, %(log_campaign)s::uuid, %(log_state)s::text,
    %(log_reason)s::text, %(log_began)s::timestamptz, %(log_ended)s::timestamptz)
