-- What has happened, from a cursor, for an organisation and the merchants that share with it now.
-- Two branches, so that each walks its own index (event_feed, event_feed_agency) from the cursor and stops at the size;
-- an OR over both columns would sort. `head` is the end of the log in the same snapshot: numbers become visible in their
-- order, so a reader who found fewer than it asked for may go on from there and will not walk the same rows again.

-- name: feed
WITH head AS (SELECT coalesce(max(seq), 0) AS head FROM infra_event),
found AS (
    (
        SELECT e.seq, e.id, e.org_id, e.type, e.subject_type, e.subject_id, e.at, e.data, e.cause
        FROM infra_event e
        WHERE e.org_id = %(org)s AND e.seq > %(after)s
          AND (%(types)s::text[] IS NULL OR e.type = ANY (%(types)s))
        ORDER BY e.seq
        LIMIT %(size)s
    )
    UNION ALL
    (
        SELECT e.seq, e.id, e.org_id, e.type, e.subject_type, e.subject_id, e.at, e.data, e.cause
        FROM infra_event e
        WHERE e.also_org_id = %(org)s AND e.org_id = ANY (%(merchants)s::uuid[]) AND e.seq > %(after)s
          AND (%(types)s::text[] IS NULL OR e.type = ANY (%(types)s))
        ORDER BY e.seq
        LIMIT %(size)s
    )
)
SELECT head.head, found.*
FROM head LEFT JOIN (SELECT * FROM found ORDER BY seq LIMIT %(size)s) AS found ON true
ORDER BY found.seq
