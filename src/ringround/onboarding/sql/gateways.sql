-- What payment providers tell us, and what they are to be told.

-- name: event_add prepared
-- What one call has said. What is there already is not written again.
INSERT INTO onboarding_gateway_event (
    id, account_id, event_id, kind, ref, reason, data, occurred_at, received_at, state, tries, next_at
)
SELECT v.id, %(account)s::uuid, v.event_id, v.kind, v.ref, v.reason, v.data::jsonb, v.occurred_at,
    %(now)s::timestamptz, 'received', 0, %(now)s::timestamptz
FROM unnest(
    %(ids)s::uuid[], %(event_ids)s::text[], %(kinds)s::text[], %(refs)s::text[], %(reasons)s::text[],
    %(data)s::text[], %(times)s::timestamptz[]
) AS v(id, event_id, kind, ref, reason, data, occurred_at)
ON CONFLICT (account_id, event_id) DO NOTHING

-- name: webhook_forged
UPDATE onboarding_gateway_account SET forged = forged + 1 WHERE id = %(account)s

-- name: events_due
-- What is to be applied, the oldest first; of one thing only the first that waits.
SELECT e.id FROM onboarding_gateway_event e
WHERE e.state = 'received' AND e.next_at <= %(now)s::timestamptz AND NOT EXISTS (
    SELECT FROM onboarding_gateway_event o
    WHERE o.account_id = e.account_id AND o.ref = e.ref AND o.state = 'received' AND o.id < e.id
)
ORDER BY e.next_at, e.id
LIMIT %(limit)s::int

-- name: events_next
-- When time makes the next of them due.
SELECT next_at AS at FROM onboarding_gateway_event
WHERE state = 'received' AND next_at > %(now)s::timestamptz
ORDER BY next_at LIMIT 1

-- name: event_overdue
SELECT 1 AS one FROM onboarding_gateway_event e
WHERE e.state = 'received' AND e.next_at <= %(now)s::timestamptz AND NOT EXISTS (
    SELECT FROM onboarding_gateway_event o
    WHERE o.account_id = e.account_id AND o.ref = e.ref AND o.state = 'received' AND o.id < e.id
)
LIMIT 1
