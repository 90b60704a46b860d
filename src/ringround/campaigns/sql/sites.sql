-- Telling external sites, which is sent next. Times are real ones, given by the caller.

-- name: site_keep
-- The site, which cannot be deleted before this transaction ends; whatever else is changed of it.
SELECT id FROM campaigns_external_site WHERE id = %(site)s FOR KEY SHARE

-- name: sites_waiting
-- Sites that do not rest and have something to send now (`ready`, counted to `each`): the earliest of each lead that
-- waits; and those that have something under way, by any courier. Those behind it wait, so that what happened to a lead
-- comes in order. An agency's goes as long as its link with the campaign's merchant lives.
WITH sent AS (
    SELECT site_id, count(*) AS n FROM campaigns_site_delivery
    WHERE state = 'pending' AND sending_until > %(now)s::timestamptz GROUP BY site_id
)
SELECT s.id, s.organisation_id AS org_id, s.failures > 0 AS failing, ready.n AS ready, coalesce(sent.n, 0) AS under_way
FROM campaigns_external_site s
LEFT JOIN sent ON sent.site_id = s.id
CROSS JOIN LATERAL (
    SELECT count(*) AS n FROM (
        SELECT FROM campaigns_site_delivery d
        JOIN campaigns_campaign c ON c.id = d.campaign_id
        WHERE s.next_at <= %(now)s::timestamptz
            AND d.site_id = s.id AND d.state = 'pending' AND d.next_at <= %(now)s::timestamptz
            AND (c.merchant_id = s.organisation_id OR orgs_link_live(c.merchant_id, s.organisation_id))
            AND (d.manual OR NOT EXISTS (
                SELECT FROM campaigns_site_delivery e
                WHERE e.lead_id = d.lead_id AND (e.lead_no, e.id) < (d.lead_no, d.id) AND e.site_id = d.site_id
                    AND e.state = 'pending' AND NOT e.manual))
        ORDER BY d.next_at, d.id
        LIMIT %(each)s::int
    ) few
) ready
WHERE ready.n > 0 OR sent.n > 0

-- name: sites_claim
-- The next deliveries of each site, as many as it was given places for, each leased until `lease`; by the same rules.
WITH due AS (
    SELECT d.id
    FROM unnest(%(sites)s::uuid[], %(places)s::int[]) AS given (id, places)
    JOIN campaigns_external_site s ON s.id = given.id
    CROSS JOIN LATERAL (
        SELECT d.id
        FROM campaigns_site_delivery d
        JOIN campaigns_campaign c ON c.id = d.campaign_id
        WHERE d.site_id = s.id AND d.state = 'pending' AND d.next_at <= %(now)s::timestamptz
            AND (c.merchant_id = s.organisation_id OR orgs_link_live(c.merchant_id, s.organisation_id))
            AND (d.manual OR NOT EXISTS (
                SELECT FROM campaigns_site_delivery e
                WHERE e.lead_id = d.lead_id AND (e.lead_no, e.id) < (d.lead_no, d.id) AND e.site_id = d.site_id
                    AND e.state = 'pending' AND NOT e.manual))
        ORDER BY d.next_at, d.id
        LIMIT given.places
        FOR UPDATE OF d SKIP LOCKED
    ) d
    WHERE s.next_at <= %(now)s::timestamptz
)
UPDATE campaigns_site_delivery d
SET next_at = %(lease)s::timestamptz, sending_until = %(lease)s::timestamptz, tries = d.tries + 1
FROM due, campaigns_external_site s
WHERE d.id = due.id AND s.id = d.site_id
RETURNING d.id, d.site_id, s.organisation_id AS org_id, d.tries, d.method, d.url, d.body, d.content_type,
    s.url AS site_url, s.headers
