-- What time makes due of sessions, and the lock of a form.

-- name: form_lock
-- Two who submit the same form at once follow each other; let go at the end of the transaction.
SELECT pg_advisory_xact_lock(hashtextextended(%(merchant)s::text || %(key)s::text, 7264011))

-- name: sessions_due
-- Those of which no gateway has to be asked.
SELECT id FROM onboarding_session
WHERE look_at IS NOT NULL AND look_at <= %(now)s AND gateway_ref = '' AND beginning_at IS NULL
ORDER BY look_at, id LIMIT %(limit)s

-- name: sessions_asking
-- Those of which a gateway is asked, of each account the first `each`. One that rests is left alone; rests are real
-- times. `busy`: being asked about here.
SELECT d.id, d.account_id FROM (
    SELECT s.id, s.account_id, s.look_at,
        row_number() OVER (PARTITION BY s.account_id ORDER BY s.look_at, s.id) AS place
    FROM onboarding_session s
    LEFT JOIN onboarding_gateway_account a ON a.id = s.account_id
    WHERE s.look_at IS NOT NULL AND s.look_at <= %(now)s AND (s.gateway_ref <> '' OR s.beginning_at IS NOT NULL)
        AND (a.id IS NULL OR a.rests_until <= %(real)s) AND s.id <> ALL (%(busy)s::uuid[])
) d
WHERE d.place <= %(each)s ORDER BY d.look_at, d.id LIMIT %(limit)s

-- name: sessions_next
-- The next moment at which one is looked at.
SELECT look_at AS at FROM onboarding_session WHERE look_at > %(now)s ORDER BY look_at, id LIMIT 1

-- name: session_overdue
SELECT s.id FROM onboarding_session s
LEFT JOIN onboarding_gateway_account a ON a.id = s.account_id
WHERE s.look_at IS NOT NULL AND s.look_at <= %(now)s
    AND (s.gateway_ref = '' AND s.beginning_at IS NULL OR a.id IS NULL OR a.rests_until <= now())
LIMIT 1

-- name: sessions_lost
-- Beginnings of which no answer has been noted, also where the gateway has told us of it by itself; few are ever under
-- way.
SELECT s.id, s.account_id FROM onboarding_session s
LEFT JOIN onboarding_gateway_account a ON a.id = s.account_id
WHERE s.look_at IS NOT NULL AND s.beginning_at < %(before)s AND s.status IN ('New', 'Processing')
    AND (a.id IS NULL OR a.rests_until <= %(real)s) AND s.id <> ALL (%(busy)s::uuid[])
ORDER BY s.beginning_at LIMIT %(limit)s
