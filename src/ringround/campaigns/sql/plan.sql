-- name: campaigns_to_complete
SELECT id, merchant_id FROM campaigns_campaign
WHERE state IN ('running', 'paused') AND ends_at <= %(now)s
   OR state = 'running'
      AND ((settings->>'complete_when_target')::boolean OR (settings->>'complete_when_exhausted')::boolean)
ORDER BY id

-- name: leads_left
SELECT EXISTS (SELECT FROM campaigns_lead WHERE campaign_id = %(campaign)s AND queue IS NOT NULL)
    OR EXISTS (SELECT FROM campaigns_lead WHERE campaign_id = %(campaign)s AND turn_at IS NOT NULL) AS few

-- name: preassign_all
SELECT string_agg(uuid_send(id), ''::bytea ORDER BY position, id) AS leads,
       string_agg(uuid_send(contact_id), ''::bytea ORDER BY position, id) AS contacts
FROM campaigns_lead WHERE campaign_id = %(campaign)s AND status IN ('new', 'automatic_redial', 'common_redial')

-- name: preassign_goes_on
-- The campaign, while this run of its pre-assignment is the one; shared, so that agents and lists go on, and whoever
-- wants to begin another waits for one part at the most.
SELECT id FROM campaigns_campaign
WHERE id = %(campaign)s AND (preassignment->>'run')::int = %(run)s AND preassignment->>'state' = 'running'
FOR SHARE

-- name: preassign_lock
SELECT id FROM campaigns_lead WHERE id = ANY(%(leads)s) ORDER BY id FOR UPDATE

-- name: preassign_set
UPDATE campaigns_lead l
SET assigned_to_id = v.agent, for_agent = coalesce(CASE WHEN l.queue IS NOT NULL THEN v.agent END, '00000000-0000-0000-0000-000000000000')
FROM unnest(%(leads)s::uuid[], %(agents)s::uuid[]) AS v (id, agent)
WHERE l.id = v.id AND l.status IN ('new', 'automatic_redial', 'common_redial')
  AND l.assigned_to_id IS DISTINCT FROM v.agent

-- name: preassign_shares
SELECT assigned_to_id AS agent, count(*) AS leads FROM campaigns_lead
WHERE campaign_id = %(campaign)s AND status IN ('new', 'automatic_redial', 'common_redial', 'private_redial')
GROUP BY assigned_to_id

-- name: agent_has
SELECT count(*) AS leads FROM (
    SELECT FROM campaigns_lead
    WHERE campaign_id = %(campaign)s
      AND (assigned_to_id = %(user)s OR owner_id = %(user)s OR reserved_by_id = %(user)s)
    LIMIT %(most)s + 1) AS few

-- name: leads_many
SELECT count(*) AS leads FROM (SELECT FROM campaigns_lead WHERE campaign_id = %(campaign)s LIMIT %(most)s + 1) AS few

-- name: leads_by_name
SELECT id, id::text AS name FROM campaigns_lead WHERE campaign_id = %(campaign)s AND id = ANY(%(ids)s::uuid[])
UNION ALL
SELECT id, external_lead_id AS name FROM campaigns_lead
WHERE campaign_id = %(campaign)s AND external_lead_id = ANY(%(names)s::text[])

-- name: preassign_set_rows
UPDATE campaigns_lead l
SET assigned_to_id = v.agent, for_agent = coalesce(CASE WHEN l.queue IS NOT NULL THEN v.agent END, '00000000-0000-0000-0000-000000000000'),
    position = coalesce(v.position, l.position)
FROM unnest(%(leads)s::uuid[], %(agents)s::uuid[], %(positions)s::bigint[]) AS v (id, agent, position)
WHERE l.id = v.id AND l.status IN ('new', 'automatic_redial', 'common_redial')
