-- What payment providers tell us, and what they are to be told.

-- name: events_add prepared
-- What calls have said. What is there already is not written again.
INSERT INTO onboarding_gateway_event (
    id, account_id, event_id, kind, ref, reason, data, occurred_at, received_at, state, tries, next_at
)
SELECT v.id, v.account_id, v.event_id, v.kind, v.ref, v.reason, v.data::jsonb, v.occurred_at, v.at, 'received', 0, v.at
FROM unnest(
    %(ids)s::uuid[], %(accounts)s::uuid[], %(event_ids)s::text[], %(kinds)s::text[], %(refs)s::text[],
    %(reasons)s::text[], %(data)s::text[], %(times)s::timestamptz[], %(ats)s::timestamptz[]
) AS v(id, account_id, event_id, kind, ref, reason, data, occurred_at, at)
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

-- name: events_heard prepared
-- These events, locked, in their order, each with what it is about: a mandate and who is collected by it, or a charge, by
-- the rail's reference or by ours. `session_waits`: it is about a session that is not complete, which moves by it; one
-- that is moves no more.
SELECT e.id, e.kind, e.ref, e.reason, coalesce(e.data ->> 'instrument', '') AS instrument,
    CASE WHEN s.complete IS NULL THEN EXISTS (
        SELECT FROM onboarding_session b WHERE b.id = ours.id AND b.merchant_id = a.merchant_id AND b.gateway_ref = ''
    ) ELSE NOT s.complete END AS session_waits,
    m.id AS mandate_id,
    ARRAY(SELECT o.id FROM onboarding_subscription o WHERE o.mandate_id = m.id ORDER BY o.id) AS owners,
    c.id AS charge_id, c.subscription_id AS owner_id, c.mandate_id AS lane_id
FROM onboarding_gateway_event e
JOIN onboarding_gateway_account a ON a.id = e.account_id
CROSS JOIN LATERAL (
    SELECT CASE WHEN e.data ->> 'reference' ~ '^[0-9a-f]{32}$' THEN (e.data ->> 'reference')::uuid END AS id
) ours
CROSS JOIN LATERAL (
    SELECT bool_and(s.status = 'Complete') AS complete FROM onboarding_session s
    WHERE s.account_id = e.account_id AND s.gateway_ref = e.ref AND s.gateway_ref <> ''
) s
LEFT JOIN onboarding_mandate m ON e.kind LIKE 'mandate.%%' AND m.account_id = e.account_id AND m.ref = e.ref
LEFT JOIN LATERAL (
    (SELECT c.id, c.subscription_id, c.mandate_id FROM onboarding_charge c
     WHERE c.account_id = e.account_id AND c.ref = e.ref AND c.ref <> '' ORDER BY c.id LIMIT 1)
    UNION ALL
    SELECT c.id, c.subscription_id, c.mandate_id FROM onboarding_charge c
    WHERE c.id = ours.id AND c.account_id = e.account_id
    LIMIT 1
) c ON e.kind LIKE 'charge.%%'
WHERE e.id = ANY (%(ids)s::uuid[]) AND e.state = 'received'
ORDER BY e.next_at, e.id
FOR NO KEY UPDATE OF e SKIP LOCKED

-- name: subscriptions_told prepared
-- Locked, as far as a rail's word needs them; so the others.
SELECT id, merchant_id, agreement_id, mandate_id, state, amount, currency, schedule, anchor_day, expires_on, hold,
    held_until, next_due_on, starts_on, schedule_on, version, ended_reason, ended_at, event_no
FROM onboarding_subscription WHERE id = ANY (%(ids)s::uuid[]) ORDER BY id FOR NO KEY UPDATE

-- name: mandates_told prepared
SELECT id, merchant_id, account_id, method, ref, state, masked, reason, activated_at, ended_at
FROM onboarding_mandate WHERE id = ANY (%(ids)s::uuid[]) ORDER BY id FOR NO KEY UPDATE

-- name: charges_told prepared
SELECT id, merchant_id, agreement_id, subscription_id, mandate_id, account_id, ref, state, amount, currency, period_on,
    due_on, attempt, one_off, reason, submitted_at, ended_at, retry_on, look_on, event_no
FROM onboarding_charge WHERE id = ANY (%(ids)s::uuid[]) ORDER BY id FOR NO KEY UPDATE

-- name: agreements_told prepared
SELECT id, contact_id, campaign_id FROM onboarding_agreement WHERE id = ANY (%(ids)s::uuid[])

-- name: events_ended prepared
UPDATE onboarding_gateway_event SET state = %(state)s::text, applied_at = %(now)s::timestamptz
WHERE id = ANY (%(ids)s::uuid[])

-- name: charges_beside prepared
-- Charges of these subscriptions that are open or have failed; and beside these charges what was collected of their
-- periods.
SELECT c.id, c.subscription_id AS owner_id, c.period_on, c.one_off, c.state, c.retry_on
FROM onboarding_charge c
WHERE c.subscription_id = ANY (%(owners)s::uuid[]) AND c.state IN ('scheduled', 'submitted', 'failed')
UNION ALL
SELECT o.id, o.subscription_id, o.period_on, o.one_off, o.state, o.retry_on
FROM onboarding_charge c
JOIN onboarding_charge o ON o.subscription_id = c.subscription_id AND o.period_on = c.period_on
    AND o.one_off = c.one_off AND o.id <> c.id
WHERE c.id = ANY (%(charges)s::uuid[]) AND o.state = 'charged'

-- name: subscriptions_heard prepared
UPDATE onboarding_subscription t SET state = v.state, version = v.version, hold = v.hold::jsonb,
    held_until = v.held_until, next_due_on = v.next_due_on, starts_on = v.starts_on, schedule_on = v.schedule_on,
    ended_reason = v.ended_reason, ended_at = v.ended_at, event_no = v.event_no
FROM unnest(
    %(ids)s::uuid[], %(state)s::text[], %(version)s::int[], %(hold)s::text[], %(held_until)s::date[],
    %(next_due_on)s::date[], %(starts_on)s::date[], %(schedule_on)s::date[], %(ended_reason)s::text[],
    %(ended_at)s::timestamptz[], %(event_no)s::bigint[]
) AS v(id, state, version, hold, held_until, next_due_on, starts_on, schedule_on, ended_reason, ended_at, event_no)
WHERE t.id = v.id

-- name: mandates_heard prepared
UPDATE onboarding_mandate t SET state = v.state, reason = v.reason, masked = v.masked, activated_at = v.activated_at,
    ended_at = v.ended_at
FROM unnest(
    %(ids)s::uuid[], %(state)s::text[], %(reason)s::text[], %(masked)s::text[], %(activated_at)s::timestamptz[],
    %(ended_at)s::timestamptz[]
) AS v(id, state, reason, masked, activated_at, ended_at)
WHERE t.id = v.id

-- name: charges_heard prepared
UPDATE onboarding_charge t SET ref = v.ref, state = v.state, reason = v.reason, submitted_at = v.submitted_at,
    ended_at = v.ended_at, retry_on = v.retry_on, look_on = v.look_on, event_no = v.event_no
FROM unnest(
    %(ids)s::uuid[], %(ref)s::text[], %(state)s::text[], %(reason)s::text[], %(submitted_at)s::timestamptz[],
    %(ended_at)s::timestamptz[], %(retry_on)s::date[], %(look_on)s::date[], %(event_no)s::bigint[]
) AS v(id, ref, state, reason, submitted_at, ended_at, retry_on, look_on, event_no)
WHERE t.id = v.id

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

-- name: charges_handed prepared
-- Charges that their rails have taken, noted with their orders, where the claim is still the latest and nothing was
-- heard of the charge meanwhile. The charge is locked before its order; what somebody else holds is passed over, so that
-- nobody waits here who holds anything.
WITH v AS MATERIALIZED (
    SELECT * FROM unnest(%(orders)s::uuid[], %(claims)s::int[], %(refs)s::text[]) AS v(order_id, claim_no, ref)
), taken AS MATERIALIZED (
    SELECT c.id, v.order_id, v.claim_no, v.ref
    FROM v
    JOIN onboarding_gateway_order o ON o.id = v.order_id AND o.what = 'schedule_charge'
    JOIN onboarding_charge c ON c.id = o.subject_id
    WHERE c.state = 'scheduled'
    ORDER BY c.id
    FOR NO KEY UPDATE OF c SKIP LOCKED
), mine AS MATERIALIZED (
    SELECT o.id, t.id AS charge_id, t.ref
    FROM taken t
    JOIN onboarding_gateway_order o ON o.id = t.order_id
    WHERE o.claim_no = t.claim_no AND o.state = 'pending' AND o.lease_until IS NOT NULL
    FOR NO KEY UPDATE OF o SKIP LOCKED
), ended AS (
    UPDATE onboarding_gateway_order o
    SET state = 'done', done_at = %(now)s::timestamptz, lease_until = NULL, reason = '', detail = ''
    FROM mine WHERE o.id = mine.id
)
UPDATE onboarding_charge c
SET state = 'submitted', submitted_at = %(now)s::timestamptz, ref = CASE WHEN c.ref = '' THEN mine.ref ELSE c.ref END
FROM mine WHERE c.id = mine.charge_id
RETURNING mine.id

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
