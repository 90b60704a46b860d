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

-- name: webhooks_claim
-- The next deliveries, each leased until `lease`:
-- 1. of webhooks that are on, do not rest, and have not as many under way as they may (`busy`);
-- 2. the earliest event of each subject that is not done: those behind it wait, so that a subject's events come in order.
--    What is being sent is pending until it is done, so its followers wait for it too;
-- 3. of a webhook that has just failed one at a time, so that a dead target costs one connection and not all of them.
WITH due AS (
    SELECT d.id
    FROM http_webhook w
    CROSS JOIN LATERAL (
        SELECT d.id
        FROM http_webhook_delivery d
        WHERE d.webhook_id = w.id AND d.state = 'pending' AND d.next_at <= %(now)s
            AND (d.manual OR NOT EXISTS (
                SELECT FROM http_webhook_delivery e
                WHERE e.webhook_id = d.webhook_id AND e.subject_id = d.subject_id AND e.seq < d.seq
                    AND e.state = 'pending' AND NOT e.manual))
        ORDER BY d.next_at, d.seq
        LIMIT CASE WHEN w.failures > 0 THEN 1 ELSE %(each)s::int END
        FOR UPDATE OF d SKIP LOCKED
    ) d
    WHERE w.state = 'on' AND w.next_at <= %(now)s AND NOT (w.id = ANY (%(busy)s::uuid[]))
    ORDER BY w.next_at
    LIMIT %(most)s
)
UPDATE http_webhook_delivery d
SET next_at = %(lease)s, tries = d.tries + 1
FROM due, http_webhook w
WHERE d.id = due.id AND w.id = d.webhook_id
RETURNING d.id, d.webhook_id, d.seq, d.event_id, d.tries, w.org_id, w.url, w.secret,
    CASE WHEN w.old_secret_until > %(now)s THEN w.old_secret ELSE '' END AS old_secret
