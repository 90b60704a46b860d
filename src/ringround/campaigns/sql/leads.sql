-- columns: lead
id, campaign_id, merchant_id, contact_id, external_lead_id, status, active, attempts, priority, urgent_at, position,
assigned_to_id, owner_id, next_contact_at, no_callback_at, snoozed_until, expires_at, expired, last_contacted_by_id,
last_contacted_at, result, engaged, created_at, reserved_by_id, reserved_until, reserved_at, handout_rule, call_id,
unsaid_call_id, suppressed, deactivated, numbers, callback_due_at, zone_id, order_text, queue, for_agent, rank,
rank_text, turn_at, event_no

-- name: plan
SELECT c.id, c.merchant_id, c.agency_id, c.name, c.state, c.mode, c.timezone, c.hours, c.holidays, c.packs, c.starts_at, c.ends_at,
       c.target, c.settings, c.version, c.external_site, m.id AS member_id,
       c.agency_id = c.merchant_id OR orgs_link_live(c.merchant_id, c.agency_id) AS live,
       ARRAY(SELECT z.id FROM campaigns_zone z WHERE z.campaign_id = c.id ORDER BY z.id) AS zone_ids,
       ARRAY(SELECT z.key FROM campaigns_zone z WHERE z.campaign_id = c.id ORDER BY z.id) AS zone_keys
FROM campaigns_campaign c
LEFT JOIN campaigns_member m ON m.campaign_id = c.id AND m.user_id = %(user)s AND m.duty = 'agent'
WHERE c.id = %(campaign)s

-- name: claim prepared
SELECT what, lead_id, campaign_id, rule, until FROM campaigns_claim_v1(
    %(campaign)s::uuid, %(version)s::int, %(user)s::uuid, %(now)s::timestamptz, %(until)s::timestamptz, %(zones)s::int[],
    %(known_zones)s::int, %(max_attempts)s::int, %(new_per_retried)s::int, %(log_id)s::uuid, %(event_id)s::uuid, %(turned)s::boolean,
    %(packs)s::text::jsonb)

-- name: agents_lock
-- The lock of who is given leads, or taken off: before any lead's, and of several all at once in one order.
SELECT pg_advisory_xact_lock(hashtextextended('campaigns.agent:' || u::text, 0))
FROM (SELECT u FROM unnest(%(users)s::uuid[]) AS u ORDER BY u) AS sorted

-- name: agents_keep
-- The agents, none of whom can be taken off before this transaction ends; their other columns stay free.
SELECT user_id FROM campaigns_member WHERE campaign_id = %(campaign)s AND duty = 'agent' ORDER BY id FOR KEY SHARE

-- name: lead_lock
SELECT * FROM campaigns_lead WHERE id = %(lead)s FOR UPDATE

-- name: held_lock prepared
-- A lead by its id, or without one what the user holds; with the little of its campaign that tells whether what was read
-- of it before is still so, and whether the user works on it.
SELECT {l.lead}, c.version AS plan_version, c.state AS plan_state, m.id AS plan_member,
    c.agency_id = c.merchant_id OR orgs_link_live(c.merchant_id, c.agency_id) AS plan_live
FROM campaigns_lead l
JOIN campaigns_campaign c ON c.id = l.campaign_id
LEFT JOIN campaigns_member m ON m.campaign_id = c.id AND m.user_id = %(user)s::uuid AND m.duty = 'agent'
WHERE l.id = coalesce(%(lead)s::uuid, (
    SELECT h.id FROM campaigns_lead h WHERE h.reserved_by_id = %(user)s::uuid AND h.reserved_until > %(now)s::timestamptz
    ORDER BY h.reserved_at, h.id LIMIT 1))
FOR UPDATE OF l

-- name: lead_lease prepared
-- The lease of a lead that is held, and of its numbers: which those are.
WITH lead AS (
    UPDATE campaigns_lead SET call_id = %(call)s::uuid, unsaid_call_id = NULL, reserved_until = %(until)s::timestamptz, turn_at = %(until)s::timestamptz
    WHERE id = %(lead)s::uuid
), mine AS (
    SELECT merchant_id, number FROM campaigns_number_hold WHERE lead_id = %(lead)s::uuid
    ORDER BY merchant_id, number FOR UPDATE
)
UPDATE campaigns_number_hold h SET until = %(until)s::timestamptz FROM mine
WHERE h.merchant_id = mine.merchant_id AND h.number = mine.number RETURNING h.number

-- name: lead_read prepared
SELECT {l.lead} FROM campaigns_lead l WHERE l.id = %(lead)s::uuid

-- name: leads_lock prepared
SELECT {l.lead} FROM campaigns_lead l WHERE l.id = ANY(%(leads)s::uuid[]) ORDER BY l.id FOR UPDATE

-- name: bulk_part
SELECT substring(leads FROM %(first)s::int FOR %(bytes)s::int) AS leads FROM campaigns_bulk_change WHERE id = %(id)s

-- name: leads_due_for_turn
-- Campaign by campaign, so that one index serves both; there are few that are not over, and many leads. On those that
-- are over only leases run out: the few leads that are held are found by another index.
SELECT * FROM (
    SELECT l.* FROM campaigns_campaign c CROSS JOIN LATERAL (
        SELECT * FROM campaigns_lead k WHERE k.campaign_id = c.id AND k.turn_at <= %(now)s
        ORDER BY k.turn_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
    ) AS l
    WHERE c.state NOT IN ('completed', 'archived') AND (%(campaign)s::uuid IS NULL OR c.id = %(campaign)s::uuid)
    LIMIT %(limit)s
) AS under_way
UNION ALL
SELECT * FROM (
    SELECT k.* FROM campaigns_lead k JOIN campaigns_campaign c ON c.id = k.campaign_id
    WHERE k.reserved_by_id IS NOT NULL AND k.reserved_until <= %(now)s AND c.state IN ('completed', 'archived')
      AND (%(campaign)s::uuid IS NULL OR c.id = %(campaign)s::uuid)
    LIMIT %(limit)s FOR UPDATE OF k SKIP LOCKED
) AS over

-- name: next_turn
SELECT min(at) AS at FROM (
    SELECT l.turn_at AS at FROM campaigns_campaign c CROSS JOIN LATERAL (
        SELECT k.turn_at FROM campaigns_lead k WHERE k.campaign_id = c.id AND k.turn_at IS NOT NULL
        ORDER BY k.turn_at LIMIT 1
    ) AS l
    WHERE c.state NOT IN ('completed', 'archived')
    UNION ALL
    SELECT k.reserved_until FROM campaigns_lead k JOIN campaigns_campaign c ON c.id = k.campaign_id
    WHERE k.reserved_by_id IS NOT NULL AND c.state IN ('completed', 'archived')
) AS times

-- name: leads_of_campaign
SELECT * FROM campaigns_lead WHERE campaign_id = %(campaign)s AND id > %(after)s ORDER BY id LIMIT %(limit)s FOR UPDATE

-- name: held prepared
SELECT id, campaign_id FROM campaigns_lead WHERE reserved_by_id = %(user)s::uuid AND reserved_until > %(now)s::timestamptz
ORDER BY reserved_at, id

-- name: holds_busy
SELECT number, until FROM campaigns_number_hold
WHERE merchant_id = %(merchant)s AND number = ANY(%(numbers)s) AND lead_id <> %(lead)s AND until > %(now)s

-- name: packs_shut
-- Of these leads those that the campaign's rule packs bar; `until` is null where waiting does not help.
SELECT v.lead AS id, nullif(s.until, 'infinity') AS until
FROM unnest(%(leads)s::uuid[], %(contacts)s::uuid[]) AS v (lead, contact)
CROSS JOIN LATERAL (
    SELECT campaigns_packs_until_v1(%(merchant)s::uuid, v.contact, %(packs)s::text::jsonb, %(now)s::timestamptz) AS until
) AS s
WHERE s.until IS NOT NULL

-- name: person_calls
-- When the merchant has called a person since, and when they last said no.
SELECT ARRAY(
    SELECT k.started_at
    FROM campaigns_person_calls_v1(%(merchant)s::uuid, %(contact)s::uuid, %(since)s::timestamptz, %(now)s::timestamptz) AS k
    WHERE k.direction = 'out'
) AS calls, campaigns_person_refused_v1(
    %(merchant)s::uuid, %(contact)s::uuid, %(since)s::timestamptz, %(now)s::timestamptz) AS refused_at

-- name: dial_verdict_add
INSERT INTO campaigns_dial_verdict (call_id, lead_id, verdict) VALUES (%(call)s, %(lead)s, %(verdict)s::text::jsonb)

-- name: dial_verdict
SELECT verdict::text AS verdict FROM campaigns_dial_verdict WHERE call_id = %(call)s

-- name: number_facts
SELECT number, attempts, outcome, last_at, rating FROM campaigns_lead_number WHERE lead_id = %(lead)s

-- name: numbers_gone
SELECT lead_id, number, outcome = 'invalid_number' AS invalid FROM campaigns_lead_number
WHERE lead_id = ANY(%(leads)s) AND (attempts >= %(most)s OR outcome = 'invalid_number')

-- name: numbers_barred
SELECT v.contact AS contact_id, contacts_suppressed(
    %(merchant)s::uuid, %(campaign)s::uuid, v.contact, string_to_array(v.numbers, ','), %(now)s::timestamptz) AS numbers
FROM unnest(%(contacts)s::uuid[], %(numbers)s::text[]) AS v (contact, numbers)

-- name: numbers_tried prepared
SELECT number, attempts, outcome FROM campaigns_lead_number WHERE lead_id = %(lead)s::uuid

-- name: number_tried prepared
-- One more try of a number. With no `tries` it is the one that was counted when it ended, and has its time.
INSERT INTO campaigns_lead_number (id, lead_id, number, attempts, outcome, last_at)
VALUES (%(id)s::uuid, %(lead)s::uuid, %(number)s::text, 1, %(outcome)s::text, %(now)s::timestamptz)
ON CONFLICT (lead_id, number) DO UPDATE
SET attempts = campaigns_lead_number.attempts + %(tries)s::int, outcome = excluded.outcome,
    last_at = CASE WHEN %(tries)s::int > 0 THEN excluded.last_at ELSE campaigns_lead_number.last_at END

-- name: numbers_reset
DELETE FROM campaigns_lead_number WHERE lead_id = ANY(%(leads)s)

-- name: skip_add
INSERT INTO campaigns_lead_skip (id, lead_id, user_id, until) VALUES (%(id)s, %(lead)s, %(user)s, %(until)s)
ON CONFLICT (user_id, lead_id) DO UPDATE SET until = excluded.until

-- name: skip_until
SELECT until FROM campaigns_lead_skip WHERE user_id = %(user)s AND lead_id = %(lead)s

-- name: skips_forget
DELETE FROM campaigns_lead_skip WHERE id IN (SELECT id FROM campaigns_lead_skip WHERE until <= %(now)s LIMIT 5000)

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
SELECT * FROM campaigns_lead WHERE contact_id = ANY(%(contacts)s) ORDER BY id FOR UPDATE

-- name: leads_seen_of_contacts
SELECT id, contact_id, status, attempts FROM campaigns_lead WHERE contact_id = ANY(%(contacts)s)

-- name: leads_worked
-- Those of these leads with which somebody has done something since.
SELECT l.id AS lead_id FROM campaigns_lead l
WHERE l.id = ANY(%(leads)s::uuid[]) AND (
    l.reserved_by_id IS NOT NULL OR l.call_id IS NOT NULL OR l.unsaid_call_id IS NOT NULL
    OR l.last_contacted_at >= %(since)s::timestamptz OR l.no_callback_at >= %(since)s::timestamptz
    OR EXISTS (SELECT 1 FROM campaigns_attempt a WHERE a.lead_id = l.id AND a.at >= %(since)s::timestamptz)
    OR EXISTS (SELECT 1 FROM campaigns_callback b WHERE b.lead_id = l.id AND b.created_at >= %(since)s::timestamptz)
    OR EXISTS (SELECT 1 FROM campaigns_lead_answers r WHERE r.lead_id = l.id AND r.at >= %(since)s::timestamptz)
    OR EXISTS (SELECT 1 FROM campaigns_handout_log h WHERE h.lead_id = l.id AND h.at >= %(since)s::timestamptz)
    OR EXISTS (
        SELECT 1 FROM campaigns_timeline t
        WHERE t.lead_id = l.id AND t.at >= %(since)s::timestamptz AND (t.kind <> 'change' OR t.by_id IS NOT NULL)
    )
)

-- name: holds_lock
-- The claim's own locks, tried and not waited for. What follows is read with a snapshot taken after them.
SELECT bool_and(pg_try_advisory_xact_lock(hashtextextended(%(merchant)s::text || n, 0))) AS ok
FROM unnest(%(numbers)s::text[]) AS n

-- name: holds_take
INSERT INTO campaigns_number_hold (merchant_id, number, lead_id, until)
SELECT DISTINCT %(merchant)s::uuid, n, %(lead)s::uuid, %(until)s::timestamptz FROM unnest(%(numbers)s::text[]) AS n
ON CONFLICT (merchant_id, number) DO UPDATE SET lead_id = excluded.lead_id, until = excluded.until
    WHERE campaigns_number_hold.until <= %(now)s OR campaigns_number_hold.lead_id = excluded.lead_id
