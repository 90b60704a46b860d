-- name: audit_add prepared
INSERT INTO infra_audit_pending (
    id, at, org_id, actor_type, actor_id, acting_org_id, action, subject_type, subject_id, data
)
SELECT id, at, org_id, actor_type, actor_id, acting_org_id, action, subject_type, subject_id, data::jsonb
FROM unnest(%(ids)s::uuid[], %(times)s::timestamptz[], %(orgs)s::uuid[], %(actor_types)s::text[], %(actors)s::uuid[],
    %(acting_orgs)s::uuid[], %(actions)s::text[], %(subject_types)s::text[], %(subjects)s::uuid[], %(data)s::text[])
    AS v (id, at, org_id, actor_type, actor_id, acting_org_id, action, subject_type, subject_id, data)

-- name: audit_seal prepared
INSERT INTO infra_audit (
    seq, id, at, org_id, actor_type, actor_id, acting_org_id, action, subject_type, subject_id, data, hash
)
SELECT seq, id, at, org_id, actor_type, actor_id, acting_org_id, action, subject_type, subject_id, data::jsonb, hash
FROM unnest(%(ids)s::uuid[], %(times)s::timestamptz[], %(orgs)s::uuid[], %(actor_types)s::text[], %(actors)s::uuid[],
    %(acting_orgs)s::uuid[], %(actions)s::text[], %(subject_types)s::text[], %(subjects)s::uuid[], %(data)s::text[],
    %(seqs)s::bigint[], %(hashes)s::bytea[])
    AS v (id, at, org_id, actor_type, actor_id, acting_org_id, action, subject_type, subject_id, data, seq, hash)
