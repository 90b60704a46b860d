-- name: why_not_dialling
WITH l AS (
    SELECT k.*, k.status IN ('new', 'automatic_redial', 'common_redial', 'private_redial') AS is_open
    FROM campaigns_lead k WHERE k.campaign_id = %(campaign)s
), g AS (
    SELECT
        l.zone_id = ANY(%(shut)s::int[]) AS g_hours,
        NOT l.is_open AS g_open,
        NOT l.active AS g_active,
        coalesce(l.snoozed_until > %(now)s, false) AS g_snoozed,
        coalesce(l.expires_at <= %(now)s, false) AS g_expired,
        coalesce(l.next_contact_at > %(now)s, false) AS g_due,
        l.attempts >= %(max_attempts)s AS g_attempts,
        (l.numbers = '{}' AND NOT l.suppressed) AS g_numbers,
        coalesce(l.reserved_until > %(now)s, false) AS g_reserved,
        (l.status = 'private_redial' AND l.owner_id IS NULL) AS g_owner,
        l.suppressed AS g_suppressed,
        l.deactivated AS g_deactivated,
        EXISTS (
            SELECT 1 FROM campaigns_number_hold h
            WHERE h.merchant_id = %(merchant)s AND h.number = ANY(l.numbers) AND h.lead_id <> l.id AND h.until > %(now)s
        ) AS g_busy,
        greatest(l.next_contact_at, l.snoozed_until) AS due_at
    FROM l
)
SELECT
    count(*) AS leads,
    count(*) FILTER (WHERE NOT (g_hours OR g_open OR g_active OR g_snoozed OR g_expired OR g_due OR g_attempts OR g_numbers
        OR g_reserved OR g_owner OR g_suppressed OR g_deactivated OR g_busy)) AS callable_now,
    min(due_at) FILTER (WHERE due_at > %(now)s AND NOT (g_open OR g_active OR g_expired OR g_attempts OR g_numbers
        OR g_owner OR g_suppressed OR g_deactivated)) AS next_due_at,
    count(*) FILTER (WHERE g_hours AND NOT g_open) AS lead_hours,
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
    count(*) FILTER (WHERE g_busy AND NOT g_open) AS number_busy
FROM g
