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

-- name: orders_waiting
-- Accounts that do not rest and have something to be told now (`ready`, counted to `each`). Leases and rests are real
-- times (`real`), what is due is business time (`now`). Few are ever leased, however many wait: they have an index of
-- their own.
SELECT a.id, a.merchant_id AS org_id, a.failures > 0 AS failing, ready.n AS ready, busy.n AS under_way
FROM onboarding_gateway_account a
CROSS JOIN LATERAL (
    SELECT count(*)::int AS n FROM (
        SELECT FROM onboarding_gateway_order o
        WHERE o.account_id = a.id AND o.state = 'pending' AND o.next_at <= %(now)s::timestamptz
            AND (o.lease_until IS NULL OR o.lease_until <= %(real)s::timestamptz)
            AND NOT EXISTS (
                SELECT FROM onboarding_gateway_order b
                WHERE b.lane_id = o.lane_id AND b.state = 'pending' AND b.id < o.id
            )
        LIMIT %(each)s::int
    ) due
) ready
CROSS JOIN LATERAL (
    SELECT count(*)::int AS n FROM onboarding_gateway_order o
    WHERE o.account_id = a.id AND o.state = 'pending' AND o.lease_until IS NOT NULL
        AND o.lease_until > %(real)s::timestamptz
) busy
WHERE a.rests_until <= %(real)s::timestamptz AND ready.n > 0

-- name: orders_claim
-- The next orders of each account, as many as it was given places for, each leased until `lease`; of a lane the first
-- alone. A lease that has run out is a try of which nothing was noted: it may have been done.
WITH due AS MATERIALIZED (
    SELECT o.id FROM unnest(%(accounts)s::uuid[], %(places)s::int[]) AS g (id, places)
    CROSS JOIN LATERAL (
        SELECT o.id FROM onboarding_gateway_order o
        WHERE o.account_id = g.id AND o.state = 'pending' AND o.next_at <= %(now)s::timestamptz
            AND (o.lease_until IS NULL OR o.lease_until <= %(real)s::timestamptz)
            AND NOT EXISTS (
                SELECT FROM onboarding_gateway_order b
                WHERE b.lane_id = o.lane_id AND b.state = 'pending' AND b.id < o.id
            )
        ORDER BY o.next_at, o.id
        LIMIT g.places
        FOR UPDATE OF o SKIP LOCKED
    ) o
)
UPDATE onboarding_gateway_order o
SET lease_until = %(lease)s::timestamptz, claim_no = o.claim_no + 1, tries = o.tries + 1,
    data = CASE WHEN o.lease_until IS NULL THEN o.data ELSE o.data || '{"doubt": true}'::jsonb END
WHERE o.id = ANY (ARRAY(SELECT due.id FROM due))
RETURNING o.id

-- name: orders_next
-- When time makes the next order due.
SELECT next_at AS at FROM onboarding_gateway_order
WHERE state = 'pending' AND next_at > %(now)s::timestamptz
ORDER BY next_at LIMIT 1

-- name: order_overdue
-- One that is due and could go.
SELECT 1 AS one FROM onboarding_gateway_order o
WHERE o.state = 'pending' AND o.next_at <= %(now)s::timestamptz AND EXISTS (
    SELECT FROM onboarding_gateway_account a WHERE a.id = o.account_id AND a.rests_until <= now()
)
LIMIT 1
