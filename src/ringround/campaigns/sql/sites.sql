-- Telling external sites, which is sent next. Times are real ones, given by the caller.

-- name: sites_claim
-- The next deliveries, each leased until `lease`:
-- 1. of sites that do not rest, and have not as many under way as they may (`busy`); an agency's as long as its link with
--    the campaign's merchant lives;
-- 2. the earliest of each lead that waits: those behind it wait, so that what happened to a lead comes in order;
-- 3. of a site that has just failed one at a time, so that a dead one costs one connection and not all of them.
WITH due AS (
    SELECT d.id
    FROM campaigns_external_site s
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
        LIMIT CASE WHEN s.failures > 0 THEN 1 ELSE %(each)s::int END
        FOR UPDATE OF d SKIP LOCKED
    ) d
    WHERE s.next_at <= %(now)s::timestamptz AND NOT (s.id = ANY (%(busy)s::uuid[]))
    ORDER BY s.next_at
    LIMIT %(most)s::int
)
UPDATE campaigns_site_delivery d
SET next_at = %(lease)s::timestamptz, tries = d.tries + 1
FROM due
WHERE d.id = due.id
RETURNING d.id, d.site_id, d.tries, d.method, d.url, d.body, d.content_type
