-- Webhooks: which events they get, and which delivery is sent next. Times are real ones, given by the caller.

-- name: webhooks_log_end prepared
-- Where the log of events ends, how far webhooks have come, and from where on any is wanted (null: none is).
SELECT coalesce((SELECT seq FROM infra_cursor WHERE name = 'relay'), 0) AS head,
    (SELECT seq FROM infra_cursor WHERE name = 'webhooks') AS reached,
    (SELECT min(since_seq) FROM http_webhook WHERE state = 'on') AS first

-- name: webhooks_reach
-- Move the cursor; its row's lock admits one.
INSERT INTO infra_cursor AS c (name, seq) VALUES ('webhooks', %(seq)s)
ON CONFLICT (name) DO UPDATE SET seq = excluded.seq WHERE c.seq < excluded.seq

-- name: webhooks_events
SELECT seq, id, org_id, also_org_id, type, subject_id FROM infra_event
WHERE seq > %(after)s AND seq <= %(until)s ORDER BY seq

-- name: webhooks_event
SELECT seq, id, org_id, also_org_id, type, subject_type, subject_id, at, data, cause FROM infra_event WHERE seq = %(seq)s

-- name: webhooks_waiting
-- Webhooks that have something to send now (`ready`, counted to `each`), and those that have something under way, by
-- any courier. Ready is the earliest event of each subject that is not done: those behind it wait, so that a subject's
-- events come in order. What is being sent is pending until it is done, so its followers wait for it too.
WITH sent AS (
    SELECT webhook_id, count(*) AS n FROM http_webhook_delivery
    WHERE state = 'pending' AND sending_until > %(now)s::timestamptz GROUP BY webhook_id
)
SELECT w.id, w.org_id, w.failures > 0 AS failing, ready.n AS ready, coalesce(sent.n, 0) AS under_way
FROM http_webhook w
LEFT JOIN sent ON sent.webhook_id = w.id
CROSS JOIN LATERAL (
    SELECT count(*) AS n FROM (
        SELECT FROM http_webhook_delivery d
        WHERE w.state = 'on' AND w.next_at <= %(now)s AND d.webhook_id = w.id AND d.state = 'pending'
            AND d.next_at <= %(now)s
            AND (d.manual OR d.seq > w.since_seq AND NOT EXISTS (
                SELECT FROM http_webhook_delivery e
                WHERE e.webhook_id = d.webhook_id AND e.subject_id = d.subject_id AND e.seq < d.seq
                    AND e.seq > w.since_seq AND e.state = 'pending' AND NOT e.manual))
        ORDER BY d.next_at, d.seq
        LIMIT %(each)s::int
    ) few
) ready
WHERE ready.n > 0 OR sent.n > 0

-- name: webhooks_claim
-- The next deliveries of each webhook, as many as it was given places for, each leased until `lease`. What was pending
-- when the webhook was switched on again is of the time when it was off.
WITH due AS (
    SELECT d.id
    FROM unnest(%(webhooks)s::uuid[], %(places)s::int[]) AS given (id, places)
    JOIN http_webhook w ON w.id = given.id
    CROSS JOIN LATERAL (
        SELECT d.id
        FROM http_webhook_delivery d
        WHERE d.webhook_id = w.id AND d.state = 'pending' AND d.next_at <= %(now)s
            AND (d.manual OR d.seq > w.since_seq AND NOT EXISTS (
                SELECT FROM http_webhook_delivery e
                WHERE e.webhook_id = d.webhook_id AND e.subject_id = d.subject_id AND e.seq < d.seq
                    AND e.seq > w.since_seq AND e.state = 'pending' AND NOT e.manual))
        ORDER BY d.next_at, d.seq
        LIMIT given.places
        FOR UPDATE OF d SKIP LOCKED
    ) d
    WHERE w.state = 'on' AND w.next_at <= %(now)s
)
UPDATE http_webhook_delivery d
SET next_at = %(lease)s, sending_until = %(lease)s, claim_no = d.claim_no + 1
FROM due, http_webhook w
WHERE d.id = due.id AND w.id = d.webhook_id
RETURNING d.id, d.webhook_id, d.seq, d.event_id, d.claim_no, w.org_id, w.url, w.secret,
    CASE WHEN w.old_secret_until > %(now)s THEN w.old_secret ELSE '' END AS old_secret

-- name: webhooks_over
-- What waits and is not to be sent: of webhooks that are off, and what was left over from such a time; so many at once.
UPDATE http_webhook_delivery SET state = 'failed', error = 'switched_off', sending_until = NULL
WHERE id IN (
    (SELECT d.id FROM http_webhook w JOIN http_webhook_delivery d ON d.webhook_id = w.id AND d.state = 'pending'
    WHERE w.state = 'off' LIMIT %(most)s)
    UNION ALL
    (SELECT d.id FROM http_webhook w CROSS JOIN LATERAL (
        SELECT id FROM http_webhook_delivery
        WHERE webhook_id = w.id AND state = 'pending' AND seq <= w.since_seq AND NOT manual LIMIT %(most)s
    ) d WHERE w.state = 'on' LIMIT %(most)s)
)

-- name: webhooks_followers_at
-- What waits behind this delivery of its subject is due when it is: otherwise each claim would look at all that is due and
-- may not go, and one receiver that refuses some subjects for hours kept the claim of everybody busy.
UPDATE http_webhook_delivery
SET next_at = %(at)s::timestamptz
WHERE webhook_id = %(webhook)s AND subject_id = %(subject)s AND seq > %(seq)s AND state = 'pending' AND NOT manual
    AND sending_until IS NULL AND next_at <> %(at)s::timestamptz

-- name: webhooks_keep
-- These webhooks, whose deliveries cannot be noted before this transaction ends.
SELECT id FROM http_webhook WHERE id = ANY(%(webhooks)s::uuid[]) ORDER BY id FOR SHARE

-- name: webhooks_behind
-- Deliveries just made behind one of their subject that waits for its next try: due with it.
UPDATE http_webhook_delivery d
SET next_at = behind.next_at
FROM (
    SELECT made.id, head.next_at
    FROM http_webhook_delivery made
    JOIN http_webhook w ON w.id = made.webhook_id
    CROSS JOIN LATERAL (
        SELECT e.next_at, e.tries FROM http_webhook_delivery e
        WHERE e.webhook_id = made.webhook_id AND e.subject_id = made.subject_id AND e.seq < made.seq
            AND e.seq > w.since_seq AND e.state = 'pending' AND NOT e.manual
        ORDER BY e.seq
        LIMIT 1
    ) head
    WHERE made.id = ANY(%(ids)s::uuid[]) AND head.tries > 0 AND head.next_at > made.next_at
) behind
WHERE d.id = behind.id
