-- name: events_add prepared
INSERT INTO infra_event_out (id, org_id, also_org_id, type, subject_type, subject_id, subject_no, at, data, cause)
SELECT id, org_id, also_org_id, type, subject_type, subject_id, subject_no, at, data::jsonb, cause::jsonb
FROM unnest(%(ids)s::uuid[], %(orgs)s::uuid[], %(also_orgs)s::uuid[], %(types)s::text[], %(subject_types)s::text[],
    %(subjects)s::uuid[], %(numbers)s::bigint[], %(times)s::timestamptz[], %(data)s::text[], %(causes)s::text[])
    AS v (id, org_id, also_org_id, type, subject_type, subject_id, subject_no, at, data, cause)
