-- Writing messages down, and finding what is to be done with them.

-- name: messages_add prepared
-- A batch. Of a key that is there already nothing is written and nothing returned.
INSERT INTO messaging_message (
    id, organisation_id, agency_id, channel, direction, key, contact_id, lead_id, campaign_id, "to", sender,
    template_id, language, subject, text, html, parts, nth, status, reason, detail, quiet, by_id, cause, at, next_at,
    claim_no, tries, doubts, provider_id, event_no
)
SELECT v.id, v.org, v.agency, v.channel, 'out', v.key, v.contact, v.lead, v.campaign, v.address, v.sender,
    v.template, v.language, v.subject, v.text, v.html, v.parts, v.nth, v.status, v.reason, v.detail, v.quiet::jsonb,
    v.by, v.cause::jsonb, %(now)s::timestamptz, v.next_at, 0, 0, 0, '', 1
FROM unnest(
    %(ids)s::uuid[], %(orgs)s::uuid[], %(agencies)s::uuid[], %(channels)s::text[], %(keys)s::text[],
    %(contacts)s::uuid[], %(leads)s::uuid[], %(campaigns)s::uuid[], %(addresses)s::text[], %(senders)s::text[],
    %(templates)s::uuid[], %(languages)s::text[], %(subjects)s::text[], %(texts)s::text[], %(htmls)s::text[],
    %(parts)s::smallint[], %(nths)s::int[], %(statuses)s::text[], %(reasons)s::text[], %(details)s::text[],
    %(quiets)s::text[], %(bys)s::uuid[], %(causes)s::text[], %(nexts)s::timestamptz[]
) AS v(id, org, agency, channel, key, contact, lead, campaign, address, sender, template, language, subject, text,
    html, parts, nth, status, reason, detail, quiet, by, cause, next_at)
ON CONFLICT (organisation_id, key) DO NOTHING
RETURNING id

-- name: messages_there prepared
-- Those that were there already.
SELECT m.id, m.organisation_id AS org, m.key, m.status, m.reason
FROM unnest(%(orgs)s::uuid[], %(keys)s::text[]) AS v(org, key)
JOIN messaging_message m ON m.organisation_id = v.org AND m.key = v.key

-- name: messages_counted prepared
-- How many messages by a template leads have been sent, or are to be.
SELECT m.lead_id AS lead, m.template_id AS template, count(*)::int AS count
FROM messaging_message m
JOIN unnest(%(leads)s::uuid[], %(templates)s::uuid[]) AS v(lead, template)
    ON m.lead_id = v.lead AND m.template_id = v.template
WHERE m.direction = 'out' AND m.status <> 'skipped'
GROUP BY 1, 2

-- name: transports_waiting
-- Transports that do not rest and have something to send now (`ready`, counted to `each`). What was handed to one before
-- stays with it; the rest goes by the first of its organisation and channel. Leases and rests are real times (`real`),
-- what is due is business time (`now`).
SELECT t.id, t.organisation_id AS org_id, t.failures > 0 AS failing, t.throttle_per_s, t.tokens, t.tokens_at,
    ready.n AS ready, busy.n AS under_way
FROM messaging_transport t
CROSS JOIN LATERAL (
    SELECT NOT EXISTS (
        SELECT FROM messaging_transport o
        WHERE o.organisation_id = t.organisation_id AND o.channel = t.channel AND o.active
            AND o.rests_until <= %(real)s::timestamptz AND (o.priority, o.id) < (t.priority, t.id)
    ) AS first
) place
CROSS JOIN LATERAL (
    -- Two counts, each by an index of its own: one that stands by would else look through all that waits for the first.
    SELECT least(%(each)s::int, (
        SELECT count(*) FROM (
            SELECT FROM messaging_message m
            WHERE m.transport_id = t.id AND m.status = 'queued' AND m.next_at <= %(now)s::timestamptz
                AND (m.lease_until IS NULL OR m.lease_until <= %(real)s::timestamptz)
            LIMIT %(each)s::int
        ) handed
    ) + CASE WHEN place.first THEN (
        SELECT count(*) FROM (
            SELECT FROM messaging_message m
            WHERE m.organisation_id = t.organisation_id AND m.channel = t.channel AND m.transport_id IS NULL
                AND m.status = 'queued' AND m.next_at <= %(now)s::timestamptz
                AND (m.lease_until IS NULL OR m.lease_until <= %(real)s::timestamptz)
            LIMIT %(each)s::int
        ) fresh
    ) ELSE 0 END)::int AS n
) ready
CROSS JOIN LATERAL (
    SELECT count(*)::int AS n FROM messaging_message m
    WHERE m.transport_id = t.id AND m.status = 'queued' AND m.lease_until > %(real)s::timestamptz
) busy
WHERE t.active AND t.rests_until <= %(real)s::timestamptz AND ready.n > 0

-- name: messages_claim
-- The next messages of each transport, as many as it was given places for, each leased until `lease`: what was handed
-- to it before, then what nobody has had yet. A lease that has
-- run out is a try of which nothing was noted: the provider may have the message (`doubts`).
WITH given AS MATERIALIZED (
    SELECT t.id, t.organisation_id, t.channel, g.places, NOT EXISTS (
        SELECT FROM messaging_transport o
        WHERE o.organisation_id = t.organisation_id AND o.channel = t.channel AND o.active
            AND o.rests_until <= %(real)s::timestamptz AND (o.priority, o.id) < (t.priority, t.id)
    ) AS first
    FROM unnest(%(transports)s::uuid[], %(places)s::int[]) AS g (id, places)
    JOIN messaging_transport t ON t.id = g.id
), handed AS MATERIALIZED (
    SELECT m.id, given.id AS transport FROM given
    CROSS JOIN LATERAL (
        SELECT m.id FROM messaging_message m
        WHERE m.transport_id = given.id AND m.status = 'queued' AND m.next_at <= %(now)s::timestamptz
            AND (m.lease_until IS NULL OR m.lease_until <= %(real)s::timestamptz)
        ORDER BY m.next_at, m.id
        LIMIT given.places
        FOR UPDATE OF m SKIP LOCKED
    ) m
), fresh AS MATERIALIZED (
    SELECT m.id, given.id AS transport FROM given
    CROSS JOIN LATERAL (
        SELECT m.id FROM messaging_message m
        WHERE given.first AND m.organisation_id = given.organisation_id AND m.channel = given.channel
            AND m.transport_id IS NULL AND m.status = 'queued' AND m.next_at <= %(now)s::timestamptz
            AND (m.lease_until IS NULL OR m.lease_until <= %(real)s::timestamptz)
        ORDER BY m.next_at, m.id
        LIMIT given.places - (SELECT count(*) FROM handed WHERE handed.transport = given.id)
        FOR UPDATE OF m SKIP LOCKED
    ) m
), due AS MATERIALIZED (
    SELECT id, transport FROM handed UNION ALL SELECT id, transport FROM fresh
)
-- By an array of ids: how few they are the planner does not know, and would read the whole table to join it.
UPDATE messaging_message m
SET lease_until = %(lease)s::timestamptz, claim_no = m.claim_no + 1, tries = m.tries + 1,
    transport_id = (SELECT due.transport FROM due WHERE due.id = m.id),
    doubts = m.doubts + (m.lease_until IS NOT NULL)::int
WHERE m.id = ANY (ARRAY(SELECT due.id FROM due))
RETURNING m.id

-- name: transport_taken
UPDATE messaging_transport SET tokens = %(tokens)s, tokens_at = %(at)s WHERE id = %(transport)s

-- name: messages_recent
-- When others went lately to the same persons by the same channel, or are just going (then now): by the number or
-- address, and by the contact.
SELECT v.i::int AS i, m.id, coalesce(m.sent_at, %(now)s::timestamptz) AS at
FROM unnest(%(ids)s::uuid[], %(orgs)s::uuid[], %(channels)s::text[], %(addresses)s::text[], %(contacts)s::uuid[])
    WITH ORDINALITY AS v(id, org, channel, address, contact, i)
CROSS JOIN LATERAL (
    SELECT a.id, a.sent_at FROM messaging_message a
    WHERE a.organisation_id = v.org AND a.channel = v.channel AND a."to" = v.address AND a.direction = 'out'
        AND (a.sent_at > %(since)s::timestamptz OR a.status = 'queued' AND a.lease_until > %(real)s::timestamptz)
    UNION
    SELECT b.id, b.sent_at FROM messaging_message b
    WHERE b.contact_id = v.contact AND b.organisation_id = v.org AND b.channel = v.channel AND b.direction = 'out'
        AND (b.sent_at > %(since)s::timestamptz OR b.status = 'queued' AND b.lease_until > %(real)s::timestamptz)
) m
WHERE m.id <> v.id

-- name: messages_bounced
-- To whom e-mails have come back for good: there is no such mailbox, said in the talk or by a report. What was refused
-- for another reason (its words, a server that was away) may be taken the next time.
SELECT v.i::int AS i
FROM unnest(%(orgs)s::uuid[], %(addresses)s::text[]) WITH ORDINALITY AS v(org, address, i)
WHERE EXISTS (
    SELECT FROM messaging_message m
    WHERE m.organisation_id = v.org AND m.channel = 'email' AND m."to" = v.address
        AND m.status IN ('failed', 'bounced') AND m.reason = 'mailbox'
)

-- name: messages_next
-- When time makes the next message due.
SELECT next_at AS at FROM messaging_message
WHERE status = 'queued' AND next_at > %(now)s::timestamptz
ORDER BY next_at LIMIT 1

-- name: messages_overdue
-- One that is due and could go: by a transport that is active.
SELECT 1 AS one FROM messaging_message m
WHERE m.status = 'queued' AND m.next_at <= %(now)s::timestamptz AND EXISTS (
    SELECT FROM messaging_transport t
    WHERE t.organisation_id = m.organisation_id AND t.channel = m.channel AND t.active AND t.rests_until <= %(real)s::timestamptz
)
LIMIT 1
