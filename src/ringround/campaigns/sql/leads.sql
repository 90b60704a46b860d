-- name: plan
SELECT c.id, c.merchant_id, c.agency_id, c.name, c.state, c.mode, c.timezone, c.hours, c.holidays, c.packs, c.starts_at, c.ends_at,
       c.target, c.settings, c.version, m.id AS member_id, m.retried_streak
FROM campaigns_campaign c
LEFT JOIN campaigns_member m ON m.campaign_id = c.id AND m.user_id = %(user)s AND m.duty = 'agent'
WHERE c.id = %(campaign)s

-- name: zones
SELECT id, key FROM campaigns_zone WHERE campaign_id = %(campaign)s

-- name: claim
SELECT * FROM campaigns_claim_v1(
    %(campaign)s::uuid, %(merchant)s::uuid, %(agency)s::uuid, %(user)s::uuid, %(now)s::timestamptz, %(now_rank)s::bigint,
    %(until)s::timestamptz, %(zones)s::int[], %(queues)s::smallint[], %(rules)s::text[], %(max_attempts)s::int,
    %(log_id)s::uuid, %(event_id)s::uuid, %(turned)s::boolean)

-- name: member_streak
UPDATE campaigns_member SET retried_streak = %(streak)s WHERE id = %(member)s

-- name: lead_lock
SELECT * FROM campaigns_lead WHERE id = %(lead)s FOR UPDATE

-- name: lead_read
SELECT * FROM campaigns_lead WHERE id = %(lead)s

-- name: leads_lock
SELECT * FROM campaigns_lead WHERE id = ANY(%(leads)s) ORDER BY id FOR UPDATE

-- name: leads_due_for_turn
SELECT * FROM campaigns_lead
WHERE turn_at <= %(now)s AND (%(campaign)s::uuid IS NULL OR campaign_id = %(campaign)s::uuid)
ORDER BY turn_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED

-- name: next_turn
SELECT min(turn_at) AS at FROM campaigns_lead WHERE turn_at IS NOT NULL

-- name: leads_of_campaign
SELECT * FROM campaigns_lead WHERE campaign_id = %(campaign)s AND id > %(after)s ORDER BY id LIMIT %(limit)s FOR UPDATE

-- name: held
SELECT id, campaign_id FROM campaigns_lead WHERE reserved_by_id = %(user)s AND reserved_until > %(now)s ORDER BY reserved_at, id

-- name: holds_free
DELETE FROM campaigns_number_hold WHERE lead_id = ANY(%(leads)s)

-- name: holds_extend
UPDATE campaigns_number_hold SET until = %(until)s WHERE lead_id = %(lead)s

-- name: holds_busy
SELECT number, until FROM campaigns_number_hold
WHERE merchant_id = %(merchant)s AND number = ANY(%(numbers)s) AND lead_id <> %(lead)s AND until > %(now)s

-- name: number_facts
SELECT number, attempts, outcome, last_at, rating FROM campaigns_lead_number WHERE lead_id = %(lead)s

-- name: numbers_used_up
SELECT lead_id, array_agg(number) AS numbers FROM campaigns_lead_number
WHERE lead_id = ANY(%(leads)s) AND attempts >= %(most)s GROUP BY lead_id

-- name: number_tried
INSERT INTO campaigns_lead_number (id, lead_id, number, attempts, outcome, last_at)
VALUES (%(id)s, %(lead)s, %(number)s, 1, %(outcome)s, %(now)s)
ON CONFLICT (lead_id, number) DO UPDATE
SET attempts = campaigns_lead_number.attempts + 1, outcome = excluded.outcome, last_at = excluded.last_at
RETURNING attempts

-- name: numbers_reset
DELETE FROM campaigns_lead_number WHERE lead_id = ANY(%(leads)s)

-- name: skip_add
INSERT INTO campaigns_lead_skip (id, lead_id, user_id, until) VALUES (%(id)s, %(lead)s, %(user)s, %(until)s)
ON CONFLICT (user_id, lead_id) DO UPDATE SET until = excluded.until

-- name: skip_until
SELECT until FROM campaigns_lead_skip WHERE user_id = %(user)s AND lead_id = %(lead)s

-- name: skips_forget
DELETE FROM campaigns_lead_skip WHERE id IN (SELECT id FROM campaigns_lead_skip WHERE until <= %(now)s LIMIT 5000)

-- name: log_add
INSERT INTO campaigns_handout_log (id, campaign_id, lead_id, user_id, what, rule, at, passed_over, reason)
VALUES (%(id)s, %(campaign)s, %(lead)s, %(user)s, %(what)s, '', %(now)s, '{}', %(reason)s)

-- name: counts_fold
WITH batch AS (
    SELECT id FROM campaigns_count_delta ORDER BY id LIMIT 10000 FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM campaigns_count_delta d USING batch WHERE d.id = batch.id RETURNING d.campaign_id, d.key, d.n
)
INSERT INTO campaigns_count (campaign_id, key, n)
SELECT campaign_id, key, sum(n) FROM gone GROUP BY campaign_id, key
ON CONFLICT (campaign_id, key) DO UPDATE SET n = campaigns_count.n + excluded.n

-- name: counts
SELECT campaign_id, key, sum(n)::bigint AS n FROM (
    SELECT campaign_id, key, n FROM campaigns_count WHERE campaign_id = ANY(%(campaigns)s)
    UNION ALL
    SELECT campaign_id, key, n FROM campaigns_count_delta WHERE campaign_id = ANY(%(campaigns)s)
) AS both_kinds GROUP BY campaign_id, key

-- name: positions_take
UPDATE campaigns_campaign SET next_position = next_position + %(n)s WHERE id = %(campaign)s RETURNING next_position - %(n)s AS first

-- name: zones_make
WITH made AS (
    INSERT INTO campaigns_zone (campaign_id, key) SELECT %(campaign)s, k FROM unnest(%(keys)s::text[]) AS k
    ON CONFLICT (campaign_id, key) DO NOTHING RETURNING id, key
)
SELECT id, key FROM made
UNION
SELECT id, key FROM campaigns_zone WHERE campaign_id = %(campaign)s AND key = ANY(%(keys)s)

-- name: leads_of_agent
SELECT * FROM campaigns_lead
WHERE campaign_id = %(campaign)s AND (reserved_by_id = %(user)s OR assigned_to_id = %(user)s OR owner_id = %(user)s)
ORDER BY id LIMIT %(limit)s FOR UPDATE

-- name: leads_of_contacts
SELECT * FROM campaigns_lead WHERE contact_id = ANY(%(contacts)s) ORDER BY campaign_id, id FOR UPDATE

-- name: holds_take
WITH busy AS (
    SELECT 1 FROM campaigns_number_hold
    WHERE merchant_id = %(merchant)s AND number = ANY(%(numbers)s) AND lead_id <> %(lead)s AND until > %(now)s
), taken AS (
    INSERT INTO campaigns_number_hold (merchant_id, number, lead_id, until)
    SELECT %(merchant)s, n, %(lead)s, %(until)s FROM unnest(%(numbers)s::text[]) AS n
    WHERE NOT EXISTS (SELECT 1 FROM busy)
    ON CONFLICT (merchant_id, number) DO UPDATE SET lead_id = excluded.lead_id, until = excluded.until
        WHERE campaigns_number_hold.until <= %(now)s OR campaigns_number_hold.lead_id = excluded.lead_id
    RETURNING number
)
SELECT NOT EXISTS (SELECT 1 FROM busy) AS ok
