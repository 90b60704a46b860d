-- name: hours
-- Seconds in each state within a period, by agent, campaign and reason. An agent's stretches never overlap, so of those
-- that began before it only the last can reach into it: one look at the index for each agent, however old the log is.
-- Of a day after the first the caller knows who can be `carried` over; of the first it may be anybody.
WITH carried AS (
    SELECT one.* FROM dialer_presence p
    CROSS JOIN LATERAL (
        SELECT l.user_id, l.campaign_id, l.state, l.reason, l.began_at, l.ended_at FROM dialer_presence_log l
        WHERE l.user_id = p.user_id AND l.began_at < %(since)s::timestamptz
        ORDER BY l.began_at DESC, l.ended_at DESC NULLS FIRST LIMIT 1
    ) one
    WHERE (%(agents)s::uuid[] IS NULL OR p.user_id = ANY(%(agents)s::uuid[]))
        AND (%(carried)s::uuid[] IS NULL OR p.user_id = ANY(%(carried)s::uuid[]))
), reaching AS (
    SELECT * FROM carried
    WHERE campaign_id = ANY(%(campaigns)s::uuid[]) AND coalesce(ended_at, %(now)s::timestamptz) > %(since)s::timestamptz
    UNION ALL
    SELECT user_id, campaign_id, state, reason, began_at, ended_at FROM dialer_presence_log
    WHERE campaign_id = ANY(%(campaigns)s::uuid[]) AND began_at >= %(since)s::timestamptz
        AND began_at < %(until)s::timestamptz AND (%(agents)s::uuid[] IS NULL OR user_id = ANY(%(agents)s::uuid[]))
), cut AS (
    SELECT user_id, campaign_id, state, reason, greatest(began_at, %(since)s::timestamptz) AS a,
        least(coalesce(ended_at, %(now)s::timestamptz), %(until)s::timestamptz) AS b
    FROM reaching
)
SELECT user_id, campaign_id, state, reason, sum(extract(epoch FROM b - a))::float8 AS seconds, min(a) AS first_at,
    max(b) AS last_at
FROM cut WHERE b > a GROUP BY user_id, campaign_id, state, reason
