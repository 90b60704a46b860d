-- name: relay_waits prepared
-- By the keys' order: what has just been taken is then passed over in the index and not read page by page.
SELECT EXISTS (SELECT FROM (SELECT id FROM infra_event_out ORDER BY id LIMIT 1) AS e)
    OR EXISTS (SELECT FROM (SELECT id FROM infra_audit_pending ORDER BY id LIMIT 1) AS a)
    OR coalesce((SELECT seq FROM infra_cursor WHERE name = 'relay'), 0)
        > coalesce((SELECT seq FROM infra_cursor WHERE name = 'reactions'), 0) AS waits
