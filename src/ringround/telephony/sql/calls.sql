-- name: call_add prepared
-- An agent has one call at a time: nothing is written while another of theirs is open.
INSERT INTO telephony_call (id, organisation_id, agency_id, agent_id, exchange, direction, number, state, outcome, cause,
    started_at, ringing_at, answered_at, connected_at, hung_up_at, ended_at, event_no)
VALUES (%(id)s::uuid, %(organisation_id)s::uuid, %(agency_id)s::uuid, %(agent_id)s::uuid, %(exchange)s::text,
    %(direction)s::text, %(number)s::text, %(state)s::text, %(outcome)s::text, %(cause)s::int, %(started_at)s::timestamptz,
    %(ringing_at)s::timestamptz, %(answered_at)s::timestamptz, %(connected_at)s::timestamptz,
    %(hung_up_at)s::timestamptz, %(ended_at)s::timestamptz, %(event_no)s::bigint)
ON CONFLICT (agent_id) WHERE NOT (state = 'ended') DO NOTHING

-- name: call_lock prepared
SELECT id, organisation_id, agency_id, agent_id, exchange, direction, number, state, outcome, cause, started_at,
    ringing_at, answered_at, connected_at, hung_up_at, ended_at, event_no
FROM telephony_call WHERE id = %(id)s::uuid FOR UPDATE

-- name: call_write prepared
UPDATE telephony_call SET state = %(state)s::text, outcome = %(outcome)s::text, cause = %(cause)s::int,
    started_at = %(started_at)s::timestamptz, ringing_at = %(ringing_at)s::timestamptz,
    answered_at = %(answered_at)s::timestamptz, connected_at = %(connected_at)s::timestamptz,
    hung_up_at = %(hung_up_at)s::timestamptz, ended_at = %(ended_at)s::timestamptz, event_no = %(event_no)s::bigint
WHERE id = %(id)s::uuid
