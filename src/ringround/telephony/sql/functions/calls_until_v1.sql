-- Until when calls to a person are capped: `p_caps` is [[most, seconds], …], `p_numbers` all numbers of the person. Null:
-- not capped. With `most` calls allowed within so many seconds, the next waits until the `most`-th newest is that old.
-- Served by `call_number`. Nobody asks it any more: `campaigns_person_calls_v1` counts a person's calls by their leads too.
CREATE OR REPLACE FUNCTION telephony_calls_until_v1(p_org uuid, p_numbers text[], p_caps jsonb, p_now timestamptz)
RETURNS timestamptz LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (
        SELECT max(t.started_at + c.within) FROM (
            SELECT (cap->>0)::int AS most, make_interval(secs => (cap->>1)::float8) AS within
            FROM jsonb_array_elements(p_caps) AS cap
        ) AS c
        CROSS JOIN LATERAL (
            SELECT k.started_at FROM telephony_call k
            WHERE k.organisation_id = p_org AND k.number = ANY (p_numbers) AND k.direction = 'out'
              AND k.started_at > p_now - c.within AND k.started_at <= p_now
            ORDER BY k.started_at DESC OFFSET c.most - 1 LIMIT 1
        ) AS t
    );
END
$$;
