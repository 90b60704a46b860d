-- Writing messages down, and finding what is to be done with them.

-- name: messages_add prepared
-- A batch. Of a key that is there already nothing is written and nothing returned.
INSERT INTO messaging_message (
    id, organisation_id, agency_id, channel, direction, key, contact_id, lead_id, campaign_id, "to", sender,
    template_id, language, subject, text, html, parts, nth, status, reason, detail, quiet, by_id, cause, at, next_at,
    claim_no, tries, doubts, provider_id, event_no
)
SELECT v.id, v.org, v.agency, v.channel, 'out', v.key, v.contact, v.lead, v.campaign, v.address, v.sender,
    v.template, v.language, v.subject, v.text, v.html, v.parts, v.nth, v.status, v.reason, v.detail, v.quiet::jsonb,
    v.by, v.cause::jsonb, %(now)s::timestamptz, v.next_at, 0, 0, 0, '', 1
FROM unnest(
    %(ids)s::uuid[], %(orgs)s::uuid[], %(agencies)s::uuid[], %(channels)s::text[], %(keys)s::text[],
    %(contacts)s::uuid[], %(leads)s::uuid[], %(campaigns)s::uuid[], %(addresses)s::text[], %(senders)s::text[],
    %(templates)s::uuid[], %(languages)s::text[], %(subjects)s::text[], %(texts)s::text[], %(htmls)s::text[],
    %(parts)s::smallint[], %(nths)s::int[], %(statuses)s::text[], %(reasons)s::text[], %(details)s::text[],
    %(quiets)s::text[], %(bys)s::uuid[], %(causes)s::text[], %(nexts)s::timestamptz[]
) AS v(id, org, agency, channel, key, contact, lead, campaign, address, sender, template, language, subject, text,
    html, parts, nth, status, reason, detail, quiet, by, cause, next_at)
ON CONFLICT (organisation_id, key) DO NOTHING
RETURNING id

-- name: messages_there prepared
-- Those that were there already.
SELECT m.id, m.organisation_id AS org, m.key, m.status, m.reason
FROM unnest(%(orgs)s::uuid[], %(keys)s::text[]) AS v(org, key)
JOIN messaging_message m ON m.organisation_id = v.org AND m.key = v.key

-- name: messages_counted prepared
-- How many messages by a template leads have been sent, or are to be.
SELECT m.lead_id AS lead, m.template_id AS template, count(*)::int AS count
FROM messaging_message m
JOIN unnest(%(leads)s::uuid[], %(templates)s::uuid[]) AS v(lead, template)
    ON m.lead_id = v.lead AND m.template_id = v.template
WHERE m.direction = 'out' AND m.status <> 'skipped'
GROUP BY 1, 2
