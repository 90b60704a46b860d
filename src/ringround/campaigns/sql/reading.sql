-- name: why_not_dialling
-- By zone, so that what is kept of it for a while stays right when hours open and close. `first_at`: the earliest time
-- at which a lead that waiting can help may be called, apart from its hours (null: now).
WITH l AS (
    SELECT k.*, k.status IN ('new', 'automatic_redial', 'common_redial', 'private_redial') AS is_open,
        CASE WHEN k.reserved_until > %(now)s THEN k.reserved_until END AS held_until,
        (
            SELECT max(h.until) FROM campaigns_number_hold h
            WHERE h.merchant_id = %(merchant)s AND h.number = ANY(k.numbers) AND h.lead_id <> k.id AND h.until > %(now)s
        ) AS busy_until,
        CASE WHEN %(packs)s::text IS NOT NULL AND k.status IN ('new', 'automatic_redial', 'common_redial', 'private_redial')
            THEN campaigns_frequency_until_v1(%(merchant)s::uuid, k.contact_id, %(packs)s::text::jsonb, %(now)s::timestamptz)
        END AS called_until,
        CASE WHEN %(packs)s::text IS NOT NULL AND k.status IN ('new', 'automatic_redial', 'common_redial', 'private_redial')
            THEN contacts_basis_from_v1(k.contact_id, %(packs)s::text::jsonb->'grounds', %(now)s::timestamptz)
        END AS basis_from
    FROM campaigns_lead k WHERE k.campaign_id = %(campaign)s
), g AS (
    SELECT
        l.zone_id,
        NOT l.is_open AS g_open,
        NOT l.active AS g_active,
        coalesce(l.snoozed_until > %(now)s, false) AS g_snoozed,
        coalesce(l.expires_at <= %(now)s, false) AS g_expired,
        coalesce(l.next_contact_at > %(now)s, false) AS g_due,
        -- A callback that was promised is kept, however many tries it took.
        l.attempts >= %(max_attempts)s AND l.status NOT IN ('common_redial', 'private_redial') AS g_attempts,
        (l.numbers = '{}' AND NOT l.suppressed) AS g_numbers,
        l.held_until IS NOT NULL AS g_reserved,
        (l.status = 'private_redial' AND l.owner_id IS NULL) AS g_owner,
        l.suppressed AS g_suppressed,
        l.deactivated AS g_deactivated,
        l.busy_until IS NOT NULL AS g_busy,
        l.called_until IS NOT NULL AS g_frequency,
        coalesce(l.basis_from > %(now)s, false) AS g_basis,
        coalesce(l.basis_from = 'infinity', false) AS g_never,
        greatest(l.next_contact_at, l.snoozed_until, l.held_until, l.busy_until, l.called_until,
            nullif(l.basis_from, 'infinity'), %(now)s) AS first_at,
        l.expires_at
    FROM l
)
SELECT
    zone_id,
    count(*) AS leads,
    count(*) FILTER (WHERE NOT (g_open OR g_active OR g_snoozed OR g_expired OR g_due OR g_attempts OR g_numbers
        OR g_reserved OR g_owner OR g_suppressed OR g_deactivated OR g_busy OR g_frequency OR g_basis)) AS free,
    min(first_at) FILTER (WHERE NOT (g_open OR g_active OR g_attempts OR g_numbers OR g_owner OR g_suppressed
        OR g_deactivated OR g_never) AND (expires_at IS NULL OR expires_at > first_at)) AS first_at,
    count(*) FILTER (WHERE g_open) AS open,
    count(*) FILTER (WHERE g_active AND NOT g_open) AS active,
    count(*) FILTER (WHERE g_snoozed AND NOT g_open) AS not_snoozed,
    count(*) FILTER (WHERE g_expired AND NOT g_open) AS not_expired,
    count(*) FILTER (WHERE g_due AND NOT g_open) AS due,
    count(*) FILTER (WHERE g_attempts AND NOT g_open) AS attempts,
    count(*) FILTER (WHERE g_numbers AND NOT g_open) AS number_attempts,
    count(*) FILTER (WHERE g_reserved) AS not_reserved,
    count(*) FILTER (WHERE g_owner) AS owner,
    count(*) FILTER (WHERE g_suppressed AND NOT g_open) AS suppression,
    count(*) FILTER (WHERE g_deactivated AND NOT g_open) AS deactivation,
    count(*) FILTER (WHERE g_busy AND NOT g_open) AS number_busy,
    count(*) FILTER (WHERE g_frequency) AS frequency,
    count(*) FILTER (WHERE g_basis) AS basis
FROM g GROUP BY zone_id

-- name: day prepared
-- What an agent has done, and how many of their own callbacks are due; the bar of the console asks it all the time.
SELECT a.calls, a.contacts, a.engaged, b.callbacks, d.due
FROM (
    SELECT count(*) AS calls, count(*) FILTER (WHERE outcome = 'answered') AS contacts,
        count(*) FILTER (WHERE engaged) AS engaged
    FROM campaigns_attempt WHERE user_id = %(user)s::uuid AND at >= %(since)s::timestamptz
) a
CROSS JOIN (
    SELECT count(*) AS callbacks FROM campaigns_callback
    WHERE created_by_id = %(user)s::uuid AND created_at >= %(since)s::timestamptz
) b
CROSS JOIN (
    SELECT count(*) AS due FROM (
        SELECT FROM campaigns_callback
        WHERE owner_id = %(user)s::uuid AND state = 'booked' AND at <= %(now)s::timestamptz
            AND campaign_id = %(campaign)s::uuid
        LIMIT 100
    ) first
) d
