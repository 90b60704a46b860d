-- What the rule packs of a campaign say of a person, from the call log and from what is known of them at this moment.
-- `p_packs` is `compliance.Demands.to_json()`: {"caps": [[most, seconds]], "rest": seconds, "grounds": […]}. A campaign
-- without packs does not ask. The same as the gates `frequency` and `basis` in `compliance.rules`; a property test pins
-- the two. The person is counted, over all leads and campaigns of the merchant: no reset evades it.

-- The calls to a person since: to any number that they have now, and those made for a lead of theirs, whatever number
-- they had then. No correction, deletion or import of numbers evades what is counted.
CREATE OR REPLACE FUNCTION campaigns_person_calls_v1(
    p_merchant uuid, p_contact uuid, p_since timestamptz, p_now timestamptz
) RETURNS TABLE (call_id uuid, started_at timestamptz, direction text) LANGUAGE plpgsql STABLE ROWS 10 AS $$
DECLARE
    v_numbers CONSTANT text[] := contacts_person_numbers_v1(p_contact);
BEGIN
    RETURN QUERY
        SELECT k.id, k.started_at, k.direction FROM telephony_call k
        WHERE k.organisation_id = p_merchant AND k.number = ANY (v_numbers)
          AND k.started_at > p_since AND k.started_at <= p_now
        UNION
        SELECT k.id, k.started_at, k.direction FROM campaigns_lead l
        CROSS JOIN LATERAL (
            SELECT a.call_id FROM campaigns_attempt a WHERE a.lead_id = l.id
            UNION ALL
            SELECT d.call_id FROM campaigns_dropped_call d WHERE d.lead_id = l.id
            UNION ALL
            SELECT v.call_id FROM campaigns_dial_verdict v WHERE v.lead_id = l.id
            UNION ALL
            SELECT unnest(ARRAY[l.call_id, l.unsaid_call_id])
        ) AS own
        JOIN telephony_call k ON k.id = own.call_id
        WHERE l.contact_id = p_contact AND k.organisation_id = p_merchant
          AND k.started_at > p_since AND k.started_at <= p_now;
END
$$;

-- When they last said no: in such a call, so that it holds for whoever else has this number, and on any of their leads.
CREATE OR REPLACE FUNCTION campaigns_person_refused_v1(
    p_merchant uuid, p_contact uuid, p_since timestamptz, p_now timestamptz
) RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
        SELECT max(a.at) FROM (
            -- A call takes no day.
            SELECT t.at, t.disposition_id
            FROM campaigns_person_calls_v1(p_merchant, p_contact, p_since - interval '1 day', p_now) AS k
            JOIN campaigns_attempt t ON t.call_id = k.call_id
            UNION ALL
            SELECT t.at, t.disposition_id FROM campaigns_lead l JOIN campaigns_attempt t ON t.lead_id = l.id
            WHERE l.contact_id = p_contact
        ) AS a
        JOIN campaigns_disposition d ON d.id = a.disposition_id AND d.kind = 'not_engaged'
        WHERE a.at > p_since AND a.at <= p_now
    );
END
$$;

-- Until when they must not be called; null: they may be. With `most` calls allowed within so many seconds, the next waits
-- until the `most`-th newest is that old.
CREATE OR REPLACE FUNCTION campaigns_frequency_until_v1(p_merchant uuid, p_contact uuid, p_packs jsonb, p_now timestamptz)
RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_caps CONSTANT jsonb := p_packs->'caps';
    v_rest CONSTANT interval := make_interval(secs => (p_packs->>'rest')::float8);
    v_back CONSTANT interval := make_interval(secs => (SELECT max((cap->>1)::float8) FROM jsonb_array_elements(v_caps) AS cap));
    v_calls timestamptz[];
    v_until timestamptz;
BEGIN
    IF v_caps <> '[]' THEN
        v_calls := ARRAY(
            SELECT k.started_at FROM campaigns_person_calls_v1(p_merchant, p_contact, p_now - v_back, p_now) AS k
            WHERE k.direction = 'out');
        v_until := (
            SELECT max(t.at + c.within) FROM (
                SELECT (cap->>0)::int AS most, make_interval(secs => (cap->>1)::float8) AS within
                FROM jsonb_array_elements(v_caps) AS cap
            ) AS c
            CROSS JOIN LATERAL (
                SELECT u.at FROM unnest(v_calls) AS u (at) WHERE u.at > p_now - c.within
                ORDER BY u.at DESC OFFSET c.most - 1 LIMIT 1
            ) AS t
        );
    END IF;
    IF v_rest > interval '0' THEN
        v_until := greatest(v_until, campaigns_person_refused_v1(p_merchant, p_contact, p_now - v_rest, p_now) + v_rest);
    END IF;
    RETURN v_until;
END
$$;

-- Both gates: until when they are shut (infinity: waiting does not help); null: open.
CREATE OR REPLACE FUNCTION campaigns_packs_until_v1(p_merchant uuid, p_contact uuid, p_packs jsonb, p_now timestamptz)
RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_until timestamptz := campaigns_frequency_until_v1(p_merchant, p_contact, p_packs, p_now);
    v_from timestamptz;
BEGIN
    IF p_packs->'grounds' <> '[]' THEN
        v_from := contacts_basis_from_v1(p_contact, p_packs->'grounds', p_now);
        IF v_from > p_now THEN
            v_until := greatest(v_until, v_from);
        END IF;
    END IF;
    RETURN v_until;
END
$$;
