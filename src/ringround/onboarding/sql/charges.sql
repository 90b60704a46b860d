-- What is collected when its day comes.

-- name: subscriptions_due
-- The next subscriptions that the charge run has to look at, locked; those that somebody changes just now come later.
-- `latest`: today where it is latest on earth; each merchant's own day decides.
-- The head of the index first, and their mandates for these alone: joined before the limit, a planner that expects few
-- would sort all that are due for each batch.
WITH due AS MATERIALIZED (
    SELECT s.id, s.merchant_id, s.agreement_id, s.mandate_id, s.amount, s.currency, s.schedule, s.anchor_day,
        s.next_due_on, s.schedule_on, s.expires_on, o.region,
        (%(now)s::timestamptz AT TIME ZONE o.timezone)::date AS today
    FROM onboarding_subscription s
    JOIN orgs_organisation o ON o.id = s.merchant_id
    WHERE s.state = 'active' AND s.schedule_on <= %(latest)s::date AND s.mandate_id IS NOT NULL
        AND s.schedule_on <= (%(now)s::timestamptz AT TIME ZONE o.timezone)::date
        AND o.closing_at IS NULL
    ORDER BY s.schedule_on, s.id
    LIMIT %(limit)s::int
    FOR UPDATE OF s SKIP LOCKED
)
SELECT d.id, d.merchant_id, d.agreement_id, d.mandate_id, m.account_id, m.method, m.state = 'active' AS payable,
    d.amount, d.currency, d.schedule, d.anchor_day, d.next_due_on, d.expires_on, d.region, d.today
FROM due d
JOIN onboarding_mandate m ON m.id = d.mandate_id
ORDER BY d.schedule_on, d.id

-- name: charges_add
-- Their charges, the orders to collect them, and when each is next looked at: all or nothing. Of a period for which a
-- charge stands none is made; one that was called back before it went is made anew.
WITH v AS MATERIALIZED (
    SELECT * FROM unnest(
        %(ids)s::uuid[], %(orders)s::uuid[], %(merchants)s::uuid[], %(agreements)s::uuid[], %(subscriptions)s::uuid[],
        %(mandates)s::uuid[], %(accounts)s::uuid[], %(amounts)s::bigint[], %(currencies)s::text[],
        %(periods)s::date[], %(dues)s::date[], %(nexts)s::date[], %(looks)s::date[]
    ) AS v(id, order_id, merchant, agreement, subscription, mandate, account, amount, currency, period, due, next, look)
), made AS (
    INSERT INTO onboarding_charge (
        id, merchant_id, agreement_id, subscription_id, mandate_id, account_id, ref, state, amount, currency, period_on,
        due_on, attempt, one_off, reason, refunded, created_at, event_no
    )
    SELECT v.id, v.merchant, v.agreement, v.subscription, v.mandate, v.account, '', 'scheduled', v.amount, v.currency,
        v.period, v.due, b.attempt, false, '', 0, %(now)s::timestamptz, 0
    FROM v CROSS JOIN LATERAL (
        SELECT coalesce(max(c.attempt), 0) + 1 AS attempt,
            coalesce(bool_or(c.state IN ('scheduled', 'submitted', 'charged')), false) AS stands
        FROM onboarding_charge c
        WHERE c.subscription_id = v.subscription AND c.period_on = v.period AND NOT c.one_off
    ) b
    WHERE v.id IS NOT NULL AND NOT b.stands
    ON CONFLICT (subscription_id, period_on, one_off, attempt) DO NOTHING
    RETURNING id
), ordered AS (
    INSERT INTO onboarding_gateway_order (
        id, account_id, what, subject_id, lane_id, key, data, state, reason, detail, tries, created_at, next_at, claim_no
    )
    SELECT v.order_id, v.account, 'schedule_charge', v.id, v.mandate, 'charge:' || replace(v.id::text, '-', ''),
        '{}'::jsonb, 'pending', '', '', 0, %(now)s::timestamptz, %(now)s::timestamptz, 0
    FROM v JOIN made ON made.id = v.id
), moved AS (
    UPDATE onboarding_subscription s SET next_due_on = v.next, schedule_on = v.look
    FROM v WHERE s.id = v.subscription
)
SELECT count(*)::int AS made FROM made

-- name: begun_later
-- Of these charges, those that are the first of their subscription: it begins when they are collected.
UPDATE onboarding_subscription s SET starts_on = c.due_on
FROM onboarding_charge c
WHERE c.id = ANY (%(charges)s::uuid[]) AND s.id = c.subscription_id AND NOT EXISTS (
    SELECT FROM onboarding_charge o
    WHERE o.subscription_id = c.subscription_id AND NOT o.one_off AND o.state <> 'cancelled' AND o.id <> c.id
)

-- name: retries_due
-- Failed charges whose next try is today or was, by each merchant's own day.
SELECT c.id, c.subscription_id FROM onboarding_charge c
JOIN orgs_organisation o ON o.id = c.merchant_id
WHERE c.retry_on <= %(latest)s::date AND c.retry_on <= (%(now)s::timestamptz AT TIME ZONE o.timezone)::date
    AND o.closing_at IS NULL
ORDER BY c.retry_on, c.id LIMIT %(limit)s::int

-- name: terms_due
-- Holds whose date has come, and subscriptions whose last day has passed, by each merchant's own day.
(
    SELECT s.id FROM onboarding_subscription s
    JOIN orgs_organisation o ON o.id = s.merchant_id
    WHERE s.state = 'on_hold' AND s.held_until <= %(latest)s::date
        AND s.held_until <= (%(now)s::timestamptz AT TIME ZONE o.timezone)::date
    ORDER BY s.held_until, s.id LIMIT %(limit)s::int
) UNION (
    SELECT s.id FROM onboarding_subscription s
    JOIN orgs_organisation o ON o.id = s.merchant_id
    WHERE s.state IN ('active', 'on_hold') AND s.expires_on < %(latest)s::date
        AND s.expires_on < (%(now)s::timestamptz AT TIME ZONE o.timezone)::date
    ORDER BY s.expires_on, s.id LIMIT %(limit)s::int
)

-- name: collecting_next
-- When the next day begins on which anything is collected, tried anew, goes on or ends; for the virtual clock. Each
-- merchant's day begins at its own midnight.
SELECT min(d.day::timestamp AT TIME ZONE o.timezone) AS at
FROM (
    (SELECT s.schedule_on AS day, s.merchant_id FROM onboarding_subscription s
     WHERE s.state = 'active' AND s.schedule_on > (%(now)s::timestamptz - interval '14 hours')::date
     ORDER BY s.schedule_on, s.id LIMIT 50)
    UNION ALL
    (SELECT s.held_until, s.merchant_id FROM onboarding_subscription s
     WHERE s.state = 'on_hold' AND s.held_until > (%(now)s::timestamptz - interval '14 hours')::date
     ORDER BY s.held_until, s.id LIMIT 50)
    UNION ALL
    (SELECT s.expires_on + 1, s.merchant_id FROM onboarding_subscription s
     WHERE s.state IN ('active', 'on_hold') AND s.expires_on > (%(now)s::timestamptz - interval '38 hours')::date
     ORDER BY s.expires_on, s.id LIMIT 50)
    UNION ALL
    (SELECT c.retry_on, c.merchant_id FROM onboarding_charge c
     WHERE c.retry_on > (%(now)s::timestamptz - interval '14 hours')::date ORDER BY c.retry_on, c.id LIMIT 50)
) d
JOIN orgs_organisation o ON o.id = d.merchant_id
WHERE d.day::timestamp AT TIME ZONE o.timezone > %(now)s::timestamptz

-- name: collecting_overdue
SELECT 1 AS one FROM onboarding_subscription s
JOIN orgs_organisation o ON o.id = s.merchant_id
WHERE s.state = 'active' AND s.schedule_on <= (%(now)s::timestamptz AT TIME ZONE o.timezone)::date
    AND o.closing_at IS NULL
LIMIT 1

-- name: lost_sessions
-- Sessions whose gateway has said nothing for a day, asked about once a day. Also those that ended of late without the
-- gateway's own last word: what is accepted after all, and not told us, would stand there with nobody knowing.
(
    SELECT s.id, s.account_id, s.gateway_ref AS ref, s.payment_type
    FROM onboarding_session s
    WHERE s.status = 'Processing' AND s.phase = 'at_gateway' AND s.gateway_ref <> '' AND s.account_id IS NOT NULL
        AND s.began_at <= %(since)s::timestamptz
        AND NOT EXISTS (
            SELECT FROM onboarding_gateway_order o
            WHERE o.subject_id = s.id AND o.what = 'look' AND o.created_at > %(since)s::timestamptz
        )
    ORDER BY s.began_at, s.id LIMIT %(limit)s::int
) UNION ALL (
    SELECT s.id, s.account_id, s.gateway_ref, s.payment_type
    FROM onboarding_session s
    WHERE s.status IN ('Expired', 'Rejected', 'Failed') AND s.gateway_ref <> '' AND s.account_id IS NOT NULL
        AND s.ended_at > %(ended)s::timestamptz AND s.ended_at <= %(since)s::timestamptz
        AND s.reason NOT IN ('gateway_rejected', 'gateway_failed') AND NOT s.snapshot ? 'unwanted'
        AND NOT EXISTS (
            SELECT FROM onboarding_gateway_order o
            WHERE o.subject_id = s.id AND o.what = 'look' AND o.created_at > %(since)s::timestamptz
        )
    ORDER BY s.ended_at, s.id LIMIT %(limit)s::int
)

-- name: lost_charges
-- Charges that should have been collected by now, asked about once a day.
SELECT c.id, c.account_id, c.ref FROM onboarding_charge c
WHERE c.state = 'submitted' AND c.ref <> '' AND c.due_on < %(day)s::date AND c.submitted_at <= %(since)s::timestamptz
    AND NOT EXISTS (
        SELECT FROM onboarding_gateway_order o
        WHERE o.subject_id = c.id AND o.what = 'look' AND o.created_at > %(since)s::timestamptz
    )
ORDER BY c.due_on, c.id LIMIT %(limit)s::int

-- name: charges_look
-- Collected charges whose day has come to be asked about, locked; those that somebody changes just now come later. The
-- head of the index first, and what belongs to them for these alone.
WITH due AS MATERIALIZED (
    SELECT c.id, c.account_id, c.mandate_id, c.merchant_id, c.ref, c.refunded, c.ended_at FROM onboarding_charge c
    WHERE c.look_on <= %(day)s::date
    ORDER BY c.look_on, c.id LIMIT %(limit)s::int
    FOR NO KEY UPDATE SKIP LOCKED
)
SELECT d.id, d.account_id, d.ref, d.refunded, d.ended_at, coalesce(m.method, '') AS method,
    o.closing_at IS NOT NULL AS closing
FROM due d
JOIN orgs_organisation o ON o.id = d.merchant_id
LEFT JOIN onboarding_mandate m ON m.id = d.mandate_id

-- name: refunds_again
-- Refunds that their rail has taken, and has said no more of for a day: ordered again as before, by the same key.
UPDATE onboarding_gateway_order o
SET state = 'pending', tries = 0, created_at = %(now)s::timestamptz, next_at = %(now)s::timestamptz, done_at = NULL,
    data = o.data || '{"again": true}'::jsonb
FROM onboarding_refund r
WHERE r.state = 'ordered' AND o.subject_id = r.id AND o.what = 'refund' AND o.state = 'done'
    AND o.done_at <= %(since)s::timestamptz

-- name: charges_looked
-- When these are asked about next.
UPDATE onboarding_charge c SET look_on = v.day
FROM unnest(%(ids)s::uuid[], %(days)s::date[]) AS v(id, day)
WHERE c.id = v.id

-- name: mandates_look
-- Mandates that have been asked about longest ago, noted as asked about now.
UPDATE onboarding_mandate m SET looked_at = %(now)s::timestamptz
WHERE m.id = ANY (ARRAY(
    SELECT d.id FROM onboarding_mandate d
    WHERE d.state IN ('pending', 'active') AND coalesce(d.looked_at, d.created_at) <= %(since)s::timestamptz
    ORDER BY coalesce(d.looked_at, d.created_at), d.id LIMIT %(limit)s::int
    FOR NO KEY UPDATE SKIP LOCKED
))
RETURNING m.id, m.account_id, m.ref
