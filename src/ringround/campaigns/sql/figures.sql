-- Figures of a period for reports. Each statement reads one stretch of time or one batch of rows, so that none holds a
-- snapshot for long (docs/adr).

-- name: figures_tries
-- Tries by campaign, agent, disposition and outcome; and by campaign and hour of the local day (then the rest is null).
-- What ceased to count is taken off when it did, from whoever it was counted for.
WITH moved AS (
    SELECT campaign_id, user_id, disposition_id, outcome, at AS moment, 1 AS attempts,
        (outcome = 'answered')::int AS contacts, engaged::int AS engaged
    FROM campaigns_attempt
    WHERE campaign_id = ANY(%(campaigns)s::uuid[]) AND at >= %(since)s::timestamptz AND at < %(until)s::timestamptz
        AND (%(agents)s::uuid[] IS NULL OR user_id = ANY(%(agents)s::uuid[]))
    UNION ALL
    SELECT campaign_id, user_id, disposition_id, outcome, uncounted_at, 0, 0, -1
    FROM campaigns_attempt
    WHERE campaign_id = ANY(%(campaigns)s::uuid[]) AND engaged
        AND uncounted_at >= %(since)s::timestamptz AND uncounted_at < %(until)s::timestamptz
        AND (%(agents)s::uuid[] IS NULL OR user_id = ANY(%(agents)s::uuid[]))
), placed AS (
    SELECT *, extract(hour FROM moment AT TIME ZONE %(zone)s::text)::int AS hour FROM moved
)
SELECT campaign_id, user_id, disposition_id, outcome, hour, grouping(hour) = 0 AS by_hour,
    sum(attempts)::bigint AS attempts, sum(contacts)::bigint AS contacts, sum(engaged)::bigint AS engaged
FROM placed
GROUP BY GROUPING SETS ((campaign_id, user_id, disposition_id, outcome), (campaign_id, hour))

-- name: figures_calls
-- Calls that began in the period and have ended, by campaign, agent and outcome; in them those that were talked in.
SELECT campaign_id, agent_id, outcome, count(DISTINCT id) AS calls
FROM (
    SELECT c.id, c.agent_id, c.outcome, coalesce(a.campaign_id, d.campaign_id) AS campaign_id
    FROM telephony_call c
    LEFT JOIN campaigns_attempt a ON a.call_id = c.id
    LEFT JOIN campaigns_dropped_call d ON d.call_id = c.id
    WHERE c.organisation_id = ANY(%(merchants)s::uuid[]) AND c.state = 'ended'
        AND c.started_at >= %(since)s::timestamptz AND c.started_at < %(until)s::timestamptz
        AND (%(agents)s::uuid[] IS NULL OR c.agent_id = ANY(%(agents)s::uuid[]))
) made
WHERE campaign_id = ANY(%(campaigns)s::uuid[])
GROUP BY campaign_id, agent_id, outcome

-- name: figures_call_page
-- Calls of a period, newest first, with what was said of them; one under way by who holds its lead.
SELECT made.*, said.name AS disposition
FROM (
    SELECT c.id, c.agent_id, c.number, c.direction, c.state, c.outcome, c.started_at, c.answered_at, c.hung_up_at,
        c.ended_at, a.disposition_id, coalesce(a.campaign_id, d.campaign_id, o.campaign_id) AS campaign_id,
        coalesce(a.lead_id, d.lead_id, o.id) AS lead_id
    FROM telephony_call c
    LEFT JOIN LATERAL (
        SELECT campaign_id, lead_id, disposition_id FROM campaigns_attempt WHERE call_id = c.id ORDER BY id LIMIT 1
    ) a ON true
    LEFT JOIN campaigns_dropped_call d ON d.call_id = c.id
    LEFT JOIN campaigns_lead o ON c.state <> 'ended' AND o.reserved_by_id = c.agent_id AND o.call_id = c.id
    WHERE c.organisation_id = ANY(%(merchants)s::uuid[])
        AND c.started_at >= %(since)s::timestamptz AND c.started_at < %(until)s::timestamptz
        AND (%(agents)s::uuid[] IS NULL OR c.agent_id = ANY(%(agents)s::uuid[]))
        AND (%(at)s::timestamptz IS NULL OR (c.started_at, c.id) < (%(at)s::timestamptz, %(id)s::uuid))
) made
LEFT JOIN campaigns_disposition said ON said.id = made.disposition_id
WHERE made.campaign_id = ANY(%(campaigns)s::uuid[])
ORDER BY made.started_at DESC, made.id DESC LIMIT %(size)s

-- name: figures_callbacks
-- Callbacks agreed for a period, by what became of them.
SELECT campaign_id, owner_id, state, count(*) AS n, count(*) FILTER (WHERE state = 'booked' AND at <= %(now)s) AS overdue
FROM campaigns_callback
WHERE campaign_id = ANY(%(campaigns)s::uuid[]) AND at >= %(since)s::timestamptz AND at < %(until)s::timestamptz
    AND (%(agents)s::uuid[] IS NULL OR owner_id = ANY(%(agents)s::uuid[]))
GROUP BY campaign_id, owner_id, state

-- name: figures_callback_page
SELECT id, lead_id, campaign_id, at, private, owner_id, number, state, created_by_id, created_at
FROM campaigns_callback
WHERE campaign_id = ANY(%(campaigns)s::uuid[]) AND at >= %(since)s::timestamptz AND at < %(until)s::timestamptz
    AND (%(agents)s::uuid[] IS NULL OR owner_id = ANY(%(agents)s::uuid[]))
    AND (%(after)s::timestamptz IS NULL OR (at, id) > (%(after)s::timestamptz, %(id)s::uuid))
ORDER BY at, id LIMIT %(size)s
