-- What the rule packs of a campaign say of a person, from the call log and from what is known of them at this moment.
-- `p_packs` is `compliance.Demands.to_json()`: {"caps": [[most, seconds]], "rest": seconds, "grounds": […]}. A campaign
-- without packs does not ask. The same as the gates `frequency` and `basis` in `compliance.rules`; a property test pins
-- the two. The person is counted, over all leads and campaigns of the merchant: no reset evades it.

-- Until when they must not be called; null: they may be.
CREATE OR REPLACE FUNCTION campaigns_frequency_until_v1(p_merchant uuid, p_contact uuid, p_packs jsonb, p_now timestamptz)
RETURNS timestamptz LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_numbers CONSTANT text[] := contacts_person_numbers_v1(p_contact);
    v_rest CONSTANT interval := make_interval(secs => (p_packs->>'rest')::float8);
    v_until timestamptz;
BEGIN
    IF p_packs->'caps' <> '[]' THEN
        v_until := telephony_calls_until_v1(p_merchant, v_numbers, p_packs->'caps', p_now);
    END IF;
    IF v_rest > interval '0' THEN
        -- By the call log as well, so that it holds for whoever else has this number. A call takes no day.
        v_until := greatest(v_until, (
            SELECT max(a.at) + v_rest FROM telephony_call k
            JOIN campaigns_attempt a ON a.call_id = k.id
            JOIN campaigns_disposition d ON d.id = a.disposition_id AND d.kind = 'not_engaged'
            WHERE k.organisation_id = p_merchant AND k.number = ANY (v_numbers)
              AND k.started_at > p_now - v_rest - interval '1 day' AND a.at > p_now - v_rest AND a.at <= p_now));
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
