-- What time makes due of sessions, and the lock of a form.

-- name: form_lock
-- Two who submit the same form at once follow each other; let go at the end of the transaction.
SELECT pg_advisory_xact_lock(hashtextextended(%(merchant)s::text || %(key)s::text, 7264011))

-- name: sessions_due
SELECT id FROM onboarding_session WHERE look_at IS NOT NULL AND look_at <= %(now)s ORDER BY look_at, id LIMIT %(limit)s

-- name: sessions_next
-- The next moment at which one is looked at.
SELECT look_at AS at FROM onboarding_session WHERE look_at > %(now)s ORDER BY look_at, id LIMIT 1

-- name: session_overdue
SELECT id FROM onboarding_session WHERE look_at IS NOT NULL AND look_at <= %(now)s LIMIT 1

-- name: sessions_lost
-- Beginnings of which no answer has been noted; few are ever under way.
SELECT id FROM onboarding_session
WHERE look_at IS NOT NULL AND beginning_at < %(before)s AND status IN ('New', 'Processing') AND gateway_ref = ''
ORDER BY beginning_at LIMIT %(limit)s
