-- name: attempt_add
INSERT INTO campaigns_attempt (id, lead_id, campaign_id, call_id, user_id, disposition_id, number, outcome, counted,
    engaged, at, attempts, verdict)
VALUES (%(id)s, %(lead)s, %(campaign)s, %(call)s, %(user)s, %(disposition)s, %(number)s, %(outcome)s, true, %(engaged)s,
    %(at)s, %(attempts)s, %(verdict)s)

-- name: attempts_with_result
SELECT count(*) AS n FROM (
    SELECT a.disposition_id, a.outcome FROM campaigns_attempt a WHERE a.lead_id = %(lead)s
    ORDER BY a.at DESC, a.id DESC LIMIT %(attempts)s
) AS since_reset
WHERE CASE WHEN %(disposition)s::uuid IS NULL THEN outcome = %(outcome)s ELSE disposition_id = %(disposition)s::uuid END

-- name: answers_add
INSERT INTO campaigns_lead_answers (id, lead_id, at, user_id, why, answers)
VALUES (%(id)s, %(lead)s, %(at)s, %(user)s, %(why)s, %(answers)s)

-- name: timeline_add
INSERT INTO campaigns_timeline (id, lead_id, at, kind, key, params, text, ref_type, ref_id, by_id)
VALUES (%(id)s, %(lead)s, %(at)s, %(kind)s, %(key)s, %(params)s, %(text)s, %(ref_type)s, %(ref_id)s, %(by)s)

-- name: disposition_find
SELECT id, name, kind, status, outcome, opens_form, retry FROM campaigns_disposition
WHERE campaign_id = %(campaign)s AND removed_at IS NULL AND (id = %(id)s OR name = %(name)s)
ORDER BY (id = %(id)s) DESC NULLS LAST LIMIT 1

-- name: form_fields
SELECT key, label, type, required, "default", options, shown_if FROM campaigns_form_field
WHERE campaign_id = %(campaign)s AND removed_at IS NULL ORDER BY position, key
