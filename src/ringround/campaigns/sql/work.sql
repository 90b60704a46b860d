-- name: attempt_add prepared
-- The attempt; a callback that was booked is done with it.
WITH done AS (
    UPDATE campaigns_callback SET state = 'done' WHERE lead_id = %(lead)s::uuid AND state = 'booked'
)
INSERT INTO campaigns_attempt (id, lead_id, campaign_id, call_id, user_id, disposition_id, number, outcome, counted,
    engaged, at, attempts, verdict)
VALUES (%(id)s::uuid, %(lead)s::uuid, %(campaign)s::uuid, %(call)s::uuid, %(user)s::uuid, %(disposition)s::uuid,
    %(number)s::text, %(outcome)s::text, true, %(engaged)s::boolean, %(at)s::timestamptz, %(attempts)s::int,
    %(verdict)s::text::jsonb)

-- name: call_dropped
INSERT INTO campaigns_dropped_call (call_id, lead_id, campaign_id) VALUES (%(call)s, %(lead)s, %(campaign)s)
ON CONFLICT (call_id) DO NOTHING

-- name: attempt_engaged
-- The session that was submitted with it has succeeded.
UPDATE campaigns_attempt SET engaged = true WHERE id = %(id)s

-- name: engaged_uncount
UPDATE campaigns_attempt SET uncounted_at = %(now)s
WHERE lead_id = ANY(%(leads)s) AND engaged AND uncounted_at IS NULL

-- name: attempts_with_result
SELECT count(*) AS n FROM (
    SELECT a.disposition_id, a.outcome FROM campaigns_attempt a WHERE a.lead_id = %(lead)s
    ORDER BY a.at DESC, a.id DESC LIMIT %(attempts)s
) AS since_reset
WHERE CASE WHEN %(disposition)s::uuid IS NULL THEN outcome = %(outcome)s ELSE disposition_id = %(disposition)s::uuid END

-- name: answers_add
INSERT INTO campaigns_lead_answers (id, lead_id, at, user_id, why, answers)
VALUES (%(id)s, %(lead)s, %(at)s, %(user)s, %(why)s, %(answers)s)

-- name: answers_put_by
INSERT INTO campaigns_lead_answers (id, lead_id, at, user_id, why, answers)
SELECT id, lead, %(at)s, %(user)s::uuid, %(why)s, answers::jsonb
FROM unnest(%(ids)s::uuid[], %(leads)s::uuid[], %(answers)s::text[]) AS v (id, lead, answers)

-- name: timeline_add
INSERT INTO campaigns_timeline (id, lead_id, at, kind, key, params, text, ref_type, ref_id, by_id)
VALUES (%(id)s, %(lead)s, %(at)s, %(kind)s, %(key)s, %(params)s, %(text)s, %(ref_type)s, %(ref_id)s, %(by)s)

-- name: disposition_find prepared
SELECT id, name, kind, status, outcome, opens_form, retry FROM campaigns_disposition
WHERE campaign_id = %(campaign)s::uuid AND removed_at IS NULL AND NOT hidden AND (id = %(id)s::uuid OR name = %(name)s::text)
ORDER BY (id = %(id)s::uuid) DESC NULLS LAST LIMIT 1

-- name: form_fields
SELECT key, label, type, required, "default", options, shown_if FROM campaigns_form_field
WHERE campaign_id = %(campaign)s AND removed_at IS NULL ORDER BY position, key
