-- The engine's own statements. All of them work on batches.

-- name: waits prepared
-- One look at all that may wait; most rounds find nothing, and this is what they cost.
SELECT coalesce((SELECT seq FROM infra_cursor WHERE name = 'relay'), 0) AS head,
    (SELECT seq FROM infra_cursor WHERE name = 'journeys') AS reached,
    coalesce((SELECT seq FROM infra_cursor WHERE name = 'journeys.plan'), 0) || ':'
        || coalesce((SELECT max(id) FROM journeys_version), 0) AS plan,
    EXISTS (SELECT FROM journeys_timer WHERE due <= %(now)s::timestamptz AND due >= %(floor)s::timestamptz) AS timers,
    EXISTS (SELECT FROM (SELECT id FROM journeys_intake ORDER BY id LIMIT 1) AS i) AS intake,
    EXISTS (
        SELECT FROM journeys_sweep s JOIN journeys_journey j ON j.id = s.journey_id
        WHERE s.state = 'running' AND (s.kind = 'stop' OR j.state <> 'paused')
    ) AS sweeps,
    EXISTS (SELECT FROM journeys_journey WHERE next_at <= %(now)s::timestamptz AND state = 'published') AS schedules

-- name: next_due
SELECT least(
    (SELECT due FROM journeys_timer WHERE due > %(now)s::timestamptz ORDER BY due LIMIT 1),
    (SELECT min(next_at) FROM journeys_journey WHERE state = 'published' AND next_at > %(now)s::timestamptz)
) AS at

-- name: plan_now prepared
-- As in `waits`.
SELECT coalesce((SELECT seq FROM infra_cursor WHERE name = 'journeys.plan'), 0) || ':'
    || coalesce((SELECT max(id) FROM journeys_version), 0) AS plan

-- name: alone prepared
-- One engine at a time for as long as a batch takes: whoever comes second waits for the first.
SELECT pg_advisory_xact_lock(%(lock)s::bigint)

-- name: cursor_reach
INSERT INTO infra_cursor AS c (name, seq) VALUES (%(name)s, %(seq)s)
ON CONFLICT (name) DO UPDATE SET seq = excluded.seq WHERE c.seq < excluded.seq

-- name: plan_changed
INSERT INTO infra_cursor AS c (name, seq) VALUES ('journeys.plan', 1) ON CONFLICT (name) DO UPDATE SET seq = c.seq + 1

-- name: events_next prepared
SELECT seq, id, org_id, type, subject_type, subject_id, subject_no, at, data::text AS data, cause::text AS cause
FROM infra_event WHERE seq > %(after)s::bigint AND seq <= %(until)s::bigint AND type = ANY(%(types)s::text[]) ORDER BY seq
LIMIT %(limit)s::int

-- name: timers_claim prepared
-- The oldest first. `floor`: nothing that is due is older; so what was taken is not walked over again.
WITH due AS (
    SELECT ctid FROM journeys_timer WHERE due <= %(now)s::timestamptz AND due >= %(floor)s::timestamptz
    ORDER BY due LIMIT %(limit)s::int FOR UPDATE SKIP LOCKED
)
DELETE FROM journeys_timer t USING due WHERE t.ctid = due.ctid RETURNING t.due, t.run_id, t.epoch

-- name: timers_add prepared
INSERT INTO journeys_timer (due, run_id, epoch)
SELECT due, run, epoch FROM unnest(%(dues)s::timestamptz[], %(runs)s::uuid[], %(epochs)s::int[]) AS v (due, run, epoch)

-- name: timers_hold prepared
INSERT INTO journeys_held_timer (run_id, version_id, due, epoch)
SELECT run, version, due, epoch
FROM unnest(%(runs)s::uuid[], %(versions)s::int[], %(dues)s::timestamptz[], %(epochs)s::int[]) AS v (run, version, due, epoch)
ON CONFLICT (run_id) DO UPDATE SET due = excluded.due, epoch = excluded.epoch

-- name: timers_give_back
WITH gone AS (DELETE FROM journeys_held_timer WHERE version_id = ANY(%(versions)s) RETURNING run_id, due, epoch)
INSERT INTO journeys_timer (due, run_id, epoch) SELECT due, run_id, epoch FROM gone

-- name: runs_lock prepared
SELECT id, lead_id, version_id, epoch, state, node, entered_at, since, due, steps, data::text AS data
FROM journeys_run WHERE id = ANY(%(runs)s::uuid[]) ORDER BY id FOR UPDATE

-- name: runs_of_leads prepared
SELECT id, lead_id, version_id, epoch, state, node, entered_at, since, due, steps, data::text AS data
FROM journeys_run WHERE lead_id = ANY(%(leads)s::uuid[]) ORDER BY id FOR UPDATE

-- name: runs_add prepared
INSERT INTO journeys_run (id, lead_id, version_id, epoch, state, node, entered_at, since, due, steps, data)
SELECT id, lead, version, epoch, state, node, entered, since, due, steps, data::jsonb
FROM unnest(%(ids)s::uuid[], %(leads)s::uuid[], %(versions)s::int[], %(epochs)s::int[], %(states)s::smallint[], %(nodes)s::text[],
    %(entered)s::timestamptz[], %(since)s::timestamptz[], %(dues)s::timestamptz[], %(steps)s::int[], %(data)s::text[])
    AS v (id, lead, version, epoch, state, node, entered, since, due, steps, data)

-- name: runs_move prepared
UPDATE journeys_run r SET version_id = v.version, epoch = v.epoch, state = v.state, node = v.node, since = v.since, due = v.due,
    steps = v.steps, data = v.data::jsonb
FROM unnest(%(ids)s::uuid[], %(versions)s::int[], %(epochs)s::int[], %(states)s::smallint[], %(nodes)s::text[],
    %(since)s::timestamptz[], %(dues)s::timestamptz[], %(steps)s::int[], %(data)s::text[])
    AS v (id, version, epoch, state, node, since, due, steps, data)
WHERE r.id = v.id

-- name: runs_move_on prepared
-- As above where the version stays, which is nearly always: no index is touched.
UPDATE journeys_run r SET epoch = v.epoch, state = v.state, node = v.node, since = v.since, due = v.due,
    steps = v.steps, data = v.data::jsonb
FROM unnest(%(ids)s::uuid[], %(epochs)s::int[], %(states)s::smallint[], %(nodes)s::text[],
    %(since)s::timestamptz[], %(dues)s::timestamptz[], %(steps)s::int[], %(data)s::text[])
    AS v (id, epoch, state, node, since, due, steps, data)
WHERE r.id = v.id

-- name: runs_end prepared
WITH gone AS (DELETE FROM journeys_run WHERE id = ANY(%(old)s::uuid[]))
INSERT INTO journeys_run_end (id, lead_id, journey_id, version_id, node, entered_at, ended_at, how, reason, steps)
SELECT id, lead, journey, version, node, entered, %(now)s::timestamptz, how, reason, steps
FROM unnest(%(ids)s::uuid[], %(leads)s::uuid[], %(journeys)s::uuid[], %(versions)s::int[], %(nodes)s::text[],
    %(entered)s::timestamptz[], %(hows)s::text[], %(reasons)s::text[], %(steps)s::int[])
    AS v (id, lead, journey, version, node, entered, how, reason, steps)

-- name: log_add prepared
INSERT INTO journeys_log (run_id, n, at, version_id, node, out, outcome, reason)
SELECT run, n, %(now)s::timestamptz, version, node, out, outcome, reason
FROM unnest(%(runs)s::uuid[], %(ns)s::int[], %(versions)s::int[], %(nodes)s::text[], %(outs)s::text[], %(outcomes)s::text[],
    %(reasons)s::text[]) AS v (run, n, version, node, out, outcome, reason)

-- name: log_add_late
-- What became of a step after its run has gone on, or is over: a line behind all others, of the version that it left the
-- node under. Only of a run of the event's own organisation.
INSERT INTO journeys_log (run_id, n, at, version_id, node, out, outcome, reason)
SELECT v.run, 1000000 + row_number() OVER (PARTITION BY v.run)
        + (SELECT count(*) FROM journeys_log o WHERE o.run_id = v.run AND o.n >= 1000000),
    %(now)s::timestamptz, l.version_id, v.node, '', v.outcome, v.reason
FROM unnest(%(orgs)s::uuid[], %(runs)s::uuid[], %(nodes)s::text[], %(outcomes)s::text[], %(reasons)s::text[])
    AS v (org, run, node, outcome, reason)
CROSS JOIN LATERAL (
    SELECT o.version_id FROM journeys_log o WHERE o.run_id = v.run AND o.node = v.node ORDER BY o.n DESC LIMIT 1
) AS l
JOIN journeys_version w ON w.id = l.version_id
JOIN journeys_journey j ON j.id = w.journey_id AND j.organisation_id = v.org
RETURNING run_id, version_id, node, outcome, reason

-- name: counts_add prepared
INSERT INTO journeys_count_delta (version_id, node, key, n)
SELECT version, node, key, n FROM unnest(%(versions)s::int[], %(nodes)s::text[], %(keys)s::text[], %(ns)s::bigint[]) AS v (version, node, key, n)

-- name: counts_fold
WITH batch AS (
    SELECT id FROM journeys_count_delta ORDER BY id LIMIT 10000 FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM journeys_count_delta d USING batch WHERE d.id = batch.id RETURNING d.version_id, d.node, d.key, d.n
)
INSERT INTO journeys_count (version_id, node, key, n)
SELECT version_id, node, key, sum(n) FROM gone GROUP BY version_id, node, key
ON CONFLICT (version_id, node, key) DO UPDATE SET n = journeys_count.n + excluded.n

-- name: counts
SELECT version_id, node, key, sum(n)::bigint AS n FROM (
    SELECT version_id, node, key, n FROM journeys_count WHERE version_id = ANY(%(versions)s)
    UNION ALL
    SELECT version_id, node, key, n FROM journeys_count_delta WHERE version_id = ANY(%(versions)s)
) AS both_kinds GROUP BY version_id, node, key

-- name: endless
-- Published journeys whose newest version starts others, or goes round, without end; how often it was stopped.
SELECT j.id, j.name, sum(c.n)::bigint AS n
FROM journeys_journey j JOIN (
    SELECT version_id, key, n FROM journeys_count UNION ALL SELECT version_id, key, n FROM journeys_count_delta
) AS c ON c.version_id = j.version_id
WHERE j.state = 'published' AND c.key = ANY(%(keys)s) GROUP BY j.id, j.name ORDER BY j.id LIMIT 100

-- name: been_through prepared
-- When these leads have been through these journeys.
SELECT lead_id, journey_id, count(*)::int AS runs, max(entered_at) AS entered_at, max(ended_at) AS ended_at
FROM journeys_run_end
WHERE lead_id = ANY(%(leads)s::uuid[]) AND journey_id = ANY(%(journeys)s::uuid[])
GROUP BY lead_id, journey_id

-- name: intake_take prepared
DELETE FROM journeys_intake WHERE id IN (SELECT id FROM journeys_intake ORDER BY id LIMIT %(limit)s::int)
RETURNING id, kind, journey_id, lead_id, run_id, epoch, at, data::text AS data, cause::text AS cause

-- name: intake_add prepared
INSERT INTO journeys_intake (kind, journey_id, lead_id, run_id, epoch, at, data, cause)
SELECT kind, journey, lead, run, epoch, %(at)s::timestamptz, data::jsonb, cause::jsonb
FROM unnest(%(kinds)s::text[], %(journeys)s::uuid[], %(leads)s::uuid[], %(runs)s::uuid[], %(epochs)s::int[],
    %(data)s::text[], %(causes)s::text[]) AS v (kind, journey, lead, run, epoch, data, cause)

-- name: outbox_add prepared
-- A further try says what the first one said, for it has the same key; unless it goes elsewhere by now, in a new version.
INSERT INTO journeys_outbox (id, organisation_id, key, run_id, epoch, lead_id, kind, request, state, next_at, claim_no, tries, error, at)
SELECT id, org, key, run, epoch, lead, 'url', request::jsonb, 'pending', %(real)s::timestamptz, 0, 0, '', %(at)s::timestamptz
FROM unnest(%(ids)s::uuid[], %(orgs)s::uuid[], %(keys)s::text[], %(runs)s::uuid[], %(epochs)s::int[], %(leads)s::uuid[],
    %(requests)s::text[]) AS v (id, org, key, run, epoch, lead, request)
ON CONFLICT (key) DO UPDATE SET epoch = excluded.epoch, state = 'pending', next_at = excluded.next_at,
    request = CASE WHEN journeys_outbox.request - 'body' = excluded.request - 'body' THEN journeys_outbox.request
        ELSE excluded.request END

-- name: passes prepared
SELECT count(*)::int AS n FROM journeys_pass
WHERE version_id = ANY (ARRAY(SELECT id FROM journeys_version WHERE journey_id = %(journey)s::uuid))
    AND node = %(node)s::text AND at > %(since)s::timestamptz

-- name: passes_add prepared
INSERT INTO journeys_pass (version_id, node, at)
SELECT version, node, %(at)s::timestamptz FROM unnest(%(versions)s::int[], %(nodes)s::text[]) AS v (version, node)

-- name: heard_add prepared
INSERT INTO journeys_heard (lead_id, at, until, event)
SELECT lead, at, until, event::jsonb
FROM unnest(%(leads)s::uuid[], %(times)s::timestamptz[], %(until)s::timestamptz[], %(events)s::text[]) AS v (lead, at, until, event)

-- name: heard prepared
SELECT lead_id, event::text AS event FROM journeys_heard WHERE lead_id = ANY(%(leads)s::uuid[]) AND at > %(since)s::timestamptz

-- name: versions_running
-- Which versions have runs, without reading them all: from each key to the next.
WITH RECURSIVE t AS (
    (SELECT version_id FROM journeys_run ORDER BY version_id LIMIT 1)
    UNION ALL
    SELECT (SELECT r.version_id FROM journeys_run r WHERE r.version_id > t.version_id ORDER BY r.version_id LIMIT 1)
    FROM t WHERE t.version_id IS NOT NULL
)
SELECT version_id FROM t WHERE version_id IS NOT NULL

-- name: versions_load
-- Of one that is held, too, where nobody is under way: what its conditions count is kept meanwhile.
SELECT v.id, v.journey_id, v.number, v.document::text AS document, j.organisation_id AS org_id, j.name, j.state,
    j.version_id = v.id AS current
FROM journeys_version v JOIN journeys_journey j ON j.id = v.journey_id
WHERE v.id = ANY(%(versions)s) OR (j.version_id = v.id AND j.state IN ('published', 'paused'))
ORDER BY v.id

-- name: versions_of_org
-- What an organisation's other journeys are now.
SELECT v.id, v.journey_id, v.number, v.document::text AS document, j.organisation_id AS org_id, j.name, j.state,
    true AS current
FROM journeys_journey j JOIN journeys_version v ON v.id = j.version_id
WHERE j.organisation_id = %(org)s AND j.state = 'published' AND j.id <> %(but)s
ORDER BY v.id

-- name: version_load
SELECT v.id, v.journey_id, v.number, v.document::text AS document, j.organisation_id AS org_id, j.name, j.state,
    j.version_id = v.id AS current
FROM journeys_version v JOIN journeys_journey j ON j.id = v.journey_id
WHERE v.id = %(version)s

-- name: waiting_by_node
SELECT version_id, node, state, count(*) AS n FROM journeys_run WHERE version_id = ANY(%(versions)s) GROUP BY version_id, node, state

-- name: stuck_suspects
-- Of the oldest and the newest runs, so many of each, those that have no timer at their own time: each looked up by the
-- timers' one index (OFFSET keeps it from being a join, for which all timers would be read). Some have one all the same,
-- at another time.
WITH looked AS MATERIALIZED (
    (SELECT id, state, due, epoch FROM journeys_run ORDER BY id LIMIT %(each)s)
    UNION
    (SELECT id, state, due, epoch FROM journeys_run ORDER BY id DESC LIMIT %(each)s)
)
SELECT r.id FROM looked r
WHERE r.state <> 2 AND (r.state = 1 OR r.due IS NOT NULL)
  AND NOT EXISTS (SELECT FROM journeys_timer t WHERE t.due = r.due AND t.run_id = r.id AND t.epoch = r.epoch OFFSET 0)

-- name: stuck
-- Those of these runs that nothing will ever wake: they wait for a time and have no timer, or for an answer that nobody is
-- to give.
SELECT r.id, r.lead_id, r.version_id, r.node, r.state FROM journeys_run r
WHERE r.id = ANY(%(runs)s::uuid[]) AND r.state <> 2 AND (r.state = 1 OR r.due IS NOT NULL)
  AND NOT EXISTS (SELECT FROM journeys_timer t WHERE t.run_id = r.id AND t.epoch = r.epoch)
  AND NOT EXISTS (
    SELECT FROM journeys_held_timer h JOIN journeys_version v ON v.id = h.version_id
    JOIN journeys_journey j ON j.id = v.journey_id WHERE h.run_id = r.id AND j.state = 'paused'
  )
  AND NOT EXISTS (SELECT FROM journeys_outbox o WHERE o.run_id = r.id AND o.state = 'pending')
  AND NOT EXISTS (SELECT FROM journeys_intake i WHERE i.run_id = r.id)
ORDER BY r.id LIMIT %(limit)s

-- name: runs_of_version
-- A page of each version by its index, and of these the first: not all runs of a journey sorted for each page.
SELECT r.id FROM unnest(%(versions)s::int[]) AS v (id)
CROSS JOIN LATERAL (
    SELECT o.id FROM journeys_run o WHERE o.version_id = v.id AND o.id > %(after)s ORDER BY o.id LIMIT %(limit)s
) AS r
ORDER BY r.id LIMIT %(limit)s

-- name: runs_newest
-- The other way round, for who looks at a list.
SELECT r.id FROM unnest(%(versions)s::int[]) AS v (id)
CROSS JOIN LATERAL (
    SELECT o.id FROM journeys_run o WHERE o.version_id = v.id AND (%(before)s::uuid IS NULL OR o.id < %(before)s::uuid)
    ORDER BY o.id DESC LIMIT %(limit)s
) AS r
ORDER BY r.id DESC LIMIT %(limit)s

-- name: live_runs prepared
SELECT r.lead_id, v.journey_id, r.entered_at
FROM journeys_run r JOIN journeys_version v ON v.id = r.version_id
WHERE r.lead_id = ANY(%(leads)s::uuid[]) AND v.journey_id = ANY(%(journeys)s::uuid[])

-- name: seen_add
-- A row where it is new, or was last seen before the window.
INSERT INTO journeys_seen AS s (source, key, at) VALUES (%(source)s, %(key)s, %(at)s)
ON CONFLICT (source, key) DO UPDATE SET at = excluded.at WHERE s.at < %(before)s RETURNING s.at

-- name: outbox_claim
-- What is due, at most `each` of an organisation, so that one with a slow target keeps nobody else waiting.
WITH mine AS (
    SELECT id FROM (
        SELECT id, next_at, row_number() OVER (PARTITION BY organisation_id ORDER BY next_at) AS place
        FROM journeys_outbox WHERE state = 'pending' AND next_at <= %(now)s
    ) AS due
    WHERE place <= %(each)s ORDER BY place, next_at LIMIT %(limit)s
), locked AS (
    SELECT o.id FROM journeys_outbox o JOIN mine ON mine.id = o.id WHERE o.state = 'pending' FOR UPDATE OF o SKIP LOCKED
)
UPDATE journeys_outbox o SET next_at = %(lease)s, claim_no = o.claim_no + 1, tries = o.tries + 1
FROM locked WHERE o.id = locked.id
RETURNING o.id, o.key, o.claim_no, o.request::text AS request

-- name: outbox_done
-- What became of a try, where the lease is still this claim's; and the run is told.
WITH done AS (
    UPDATE journeys_outbox SET state = %(state)s, status = %(status)s, error = %(error)s
    WHERE id = %(id)s AND claim_no = %(claim_no)s AND state = 'pending' RETURNING run_id, epoch
)
INSERT INTO journeys_intake (kind, run_id, epoch, at, data)
SELECT 'reply', run_id, epoch, %(at)s, %(data)s::jsonb FROM done

-- name: past_events
SELECT seq, id, org_id, type, subject_type, subject_id, subject_no, at, data::text AS data, cause::text AS cause FROM infra_event
WHERE org_id = %(org)s AND type = ANY(%(types)s) AND at >= %(since)s ORDER BY seq DESC LIMIT %(limit)s
