-- What goes with a person, and with time.

-- name: sessions_empty
-- Sessions without what was filled in; of what is noted beside, what must be known still while a gateway is asked.
UPDATE onboarding_session s
SET given = '{}'::jsonb, secrets = '', metadata = '{}'::jsonb, params = '{}'::jsonb, detail = '', redirect_url = '',
    snapshot = s.snapshot - ARRAY['link', 'return_url']
WHERE s.id = ANY (%(ids)s::uuid[])

-- name: sessions_erased
UPDATE onboarding_session s SET snapshot = s.snapshot || '{"erased": true}'::jsonb
WHERE s.id = ANY (%(ids)s::uuid[]) AND s.status = 'Expired'

-- name: traces_erase
-- What providers said of these sessions and agreements, and why money went back, without the words in which a person
-- may be named.
WITH charge AS MATERIALIZED (
    SELECT c.id, c.account_id, c.ref, c.mandate_id FROM onboarding_charge c
    WHERE c.agreement_id = ANY (%(agreements)s::uuid[])
), mandate AS MATERIALIZED (
    SELECT m.id, m.account_id, m.ref FROM onboarding_mandate m
    WHERE m.id IN (
        SELECT charge.mandate_id FROM charge
        UNION SELECT s.mandate_id FROM onboarding_subscription s WHERE s.agreement_id = ANY (%(agreements)s::uuid[])
    )
), refs AS MATERIALIZED (
    SELECT account_id, ref FROM charge WHERE ref <> ''
    UNION SELECT account_id, ref FROM mandate
    UNION SELECT s.account_id, s.gateway_ref FROM onboarding_session s
    WHERE s.id = ANY (%(sessions)s::uuid[]) AND s.gateway_ref <> '' AND s.account_id IS NOT NULL
), told AS (
    UPDATE onboarding_gateway_event e SET data = e.data - ARRAY['detail', 'raw', 'instrument', 'actor']
    FROM refs WHERE e.account_id = refs.account_id AND e.ref = refs.ref
), refunds AS (
    UPDATE onboarding_refund r SET reason = '' FROM charge WHERE r.charge_id = charge.id
    RETURNING r.id
)
UPDATE onboarding_gateway_order o SET detail = ''
WHERE o.detail <> '' AND o.subject_id IN (
    SELECT id FROM charge UNION ALL SELECT id FROM mandate UNION ALL SELECT id FROM refunds
    UNION ALL SELECT unnest(%(sessions)s::uuid[])
)

-- name: events_old
-- But for what went back, which is added up for as long as money may go back.
DELETE FROM onboarding_gateway_event e WHERE e.id = ANY (ARRAY(
    SELECT o.id FROM onboarding_gateway_event o
    WHERE o.id < %(below)s::uuid AND o.received_at < %(before)s::timestamptz AND o.state <> 'received'
        AND o.kind <> 'charge.refunded'
    ORDER BY o.id LIMIT %(limit)s::int
))
RETURNING e.id

-- name: orders_old
DELETE FROM onboarding_gateway_order o WHERE o.id = ANY (ARRAY(
    SELECT d.id FROM onboarding_gateway_order d
    WHERE d.id < %(below)s::uuid AND d.done_at < %(before)s::timestamptz AND d.state <> 'pending'
    ORDER BY d.id LIMIT %(limit)s::int
))
RETURNING o.id

-- name: sandbox_old
-- What it has told and has no more to do with; mandates stay while anything is collected by them.
WITH old AS MATERIALIZED (
    SELECT d.id FROM onboarding_sandbox_order d
    WHERE d.id < %(below)s::uuid AND d.created_at < %(before)s::timestamptz AND d.next_at IS NULL
        AND (d.what <> 'mandate' OR d.state NOT IN ('pending', 'active'))
        AND NOT EXISTS (SELECT FROM onboarding_sandbox_order c WHERE c.mandate_id = d.id)
        AND NOT EXISTS (SELECT FROM onboarding_sandbox_notice n WHERE n.order_id = d.id AND n.next_at IS NOT NULL)
    ORDER BY d.id LIMIT %(limit)s::int
), notices AS (
    DELETE FROM onboarding_sandbox_notice n USING old WHERE n.order_id = old.id
)
DELETE FROM onboarding_sandbox_order o USING old WHERE o.id = old.id
RETURNING o.id
