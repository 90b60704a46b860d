-- What journeys ask and do, many leads at once.

-- name: leads_facts prepared
SELECT {l.lead}, z.key AS zone_key, c.name AS campaign_name, c.state AS campaign_state, c.timezone AS campaign_zone,
    c.version AS plan_version, c.merchant_id AS campaign_merchant
FROM campaigns_lead l
JOIN campaigns_zone z ON z.id = l.zone_id
JOIN campaigns_campaign c ON c.id = l.campaign_id
WHERE l.id = ANY(%(leads)s::uuid[])

-- name: leads_read prepared
SELECT {l.lead} FROM campaigns_lead l WHERE l.id = ANY(%(leads)s::uuid[])

-- name: leads_named prepared
SELECT id, campaign_id, contact_id, merchant_id FROM campaigns_lead WHERE id = ANY(%(leads)s::uuid[])

-- name: leads_there prepared
-- Which of these contacts are leads of these campaigns.
SELECT l.id, l.campaign_id, l.contact_id
FROM unnest(%(contacts)s::uuid[], %(campaigns)s::uuid[]) AS v (contact, campaign)
JOIN campaigns_lead l ON l.contact_id = v.contact AND l.campaign_id = v.campaign

-- name: campaigns_lock
-- Campaigns that leads are to be placed on, before any lead.
SELECT id, merchant_id, state, version FROM campaigns_campaign WHERE id = ANY(%(campaigns)s::uuid[]) ORDER BY id FOR NO KEY UPDATE

-- name: plan_marks prepared
SELECT id, state, version FROM campaigns_campaign WHERE id = ANY(%(campaigns)s::uuid[])

-- name: leads_of_contacts_named
SELECT id, campaign_id, contact_id FROM campaigns_lead WHERE contact_id = ANY(%(contacts)s::uuid[])

-- name: leads_after
SELECT id FROM campaigns_lead
WHERE campaign_id = ANY(%(campaigns)s::uuid[]) AND merchant_id = %(org)s AND id > %(after)s ORDER BY id LIMIT %(limit)s

-- name: leads_by_external
SELECT id FROM campaigns_lead
WHERE campaign_id = ANY(%(campaigns)s::uuid[]) AND merchant_id = %(org)s AND external_lead_id = %(value)s ORDER BY id
