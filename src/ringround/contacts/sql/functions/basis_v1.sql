-- What a hand-out asks of a contact on a campaign with rule packs, in its own statement and without knowing these tables.
-- The same as `compliance.rules.basis`; a property test pins the two. PL/pgSQL, because it keeps its plans.

-- All numbers of a person, also those that their lead is not called on any more.
CREATE OR REPLACE FUNCTION contacts_person_numbers_v1(p_contact uuid) RETURNS text[]
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN ARRAY(SELECT n.e164 FROM contacts_number n WHERE n.contact_id = p_contact AND n.e164 IS NOT NULL);
END
$$;

-- From when there is every ground in `p_grounds` ([{"consent": true, "relations": {"donor": 365}}], the number being the
-- days for which a relation that has ended still counts): p_now if there is, infinity if none is coming.
CREATE OR REPLACE FUNCTION contacts_basis_from_v1(p_contact uuid, p_grounds jsonb, p_now timestamptz) RETURNS timestamptz
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (
        SELECT coalesce(max(t.at), p_now) FROM jsonb_array_elements(p_grounds) AS g
        CROSS JOIN LATERAL (
            SELECT coalesce(min(one.at), 'infinity') AS at FROM (
                SELECT greatest(c.given_at, p_now) AS at FROM contacts_consent c
                WHERE (g->>'consent')::boolean AND c.contact_id = p_contact AND c.channel IN ('phone', 'any')
                  AND (c.withdrawn_at IS NULL OR c.withdrawn_at > greatest(c.given_at, p_now))
                UNION ALL
                SELECT greatest(r.since::timestamp AT TIME ZONE 'UTC', p_now) FROM contacts_relation r
                WHERE r.contact_id = p_contact AND g->'relations' ? r.kind
                  AND (r.until IS NULL OR (r.until + (g->'relations'->>r.kind)::int + 1)::timestamp AT TIME ZONE 'UTC'
                      > greatest(r.since::timestamp AT TIME ZONE 'UTC', p_now))
            ) AS one
        ) AS t
    );
END
$$;
