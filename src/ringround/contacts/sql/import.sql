-- An import looks rows up key by key, and says so: of a list that has just been made the statistics know nothing, so
-- that reading all of it, which was one row when it was looked at, seems as quick as one key; that is done for each batch
-- of a list that grows to a million. So the keys are the outer side of each join, the list and the organisation are
-- values which the planner does not see (it takes those of an average list), and whatever else is asked of a row is asked
-- outside (OFFSET 0), where no other index can serve it.

-- name: import_find
-- Contacts of the list that rows of a batch may be about, one row for each key that finds one.
SELECT 'phone' AS kind, n.e164 AS key, c.id, c.external_id, c.email, c.row_digests, c.changed_by_import_id, c.suppressed
FROM (SELECT DISTINCT unnest(%(phones)s::text[]) AS key) AS k
CROSS JOIN LATERAL (
    SELECT n.e164, n.contact_id FROM contacts_number n
    WHERE n.organisation_id = (SELECT %(org)s::uuid) AND n.e164 = k.key OFFSET 0
) AS n
CROSS JOIN LATERAL (SELECT * FROM contacts_contact c WHERE c.id = n.contact_id OFFSET 0) AS c
WHERE c.list_id = %(list)s
UNION ALL
SELECT 'external_id', c.external_id, c.id, c.external_id, c.email, c.row_digests, c.changed_by_import_id, c.suppressed
FROM (SELECT DISTINCT unnest(%(externals)s::text[]) AS key) AS k
CROSS JOIN LATERAL (
    SELECT * FROM contacts_contact c WHERE c.list_id = (SELECT %(list)s::uuid) AND c.external_id = k.key OFFSET 0
) AS c
UNION ALL
SELECT 'email', c.email, c.id, c.external_id, c.email, c.row_digests, c.changed_by_import_id, c.suppressed
FROM (SELECT DISTINCT unnest(%(emails)s::text[]) AS key) AS k
CROSS JOIN LATERAL (
    SELECT * FROM contacts_contact c
    WHERE c.organisation_id = (SELECT %(org)s::uuid) AND c.email = k.key AND NOT (c.email = '') OFFSET 0
) AS c
WHERE c.list_id = %(list)s

-- name: import_find_told
-- Contacts of the list that have been told one of these rows before: as their first (nearly all), or as another.
SELECT c.id, c.external_id, c.email, c.row_digests, c.changed_by_import_id, c.suppressed
FROM (SELECT DISTINCT unnest(%(digests)s::bigint[]) AS key) AS k
CROSS JOIN LATERAL (
    SELECT * FROM contacts_contact c
    WHERE c.list_id = (SELECT %(list)s::uuid) AND c.row_digests[1] = k.key OFFSET 0
) AS c
UNION ALL
SELECT c.id, c.external_id, c.email, c.row_digests, c.changed_by_import_id, c.suppressed
FROM (
    SELECT * FROM contacts_contact c
    WHERE c.row_digests && %(digests)s::bigint[] AND c.row_digests[2] IS NOT NULL OFFSET 0
) AS c
WHERE c.list_id = %(list)s AND NOT (c.row_digests[1] = ANY(%(digests)s::bigint[]))

-- name: import_all_told
-- Who was told one of these rows as its first by another import than this one: how many rows, how many contacts, which,
-- and whether any of them is suppressed.
SELECT count(DISTINCT c.row_digests[1]) AS told, count(*) AS contacts, string_agg(c.id::text, ',') AS ids,
    bool_or(c.suppressed) AS suppressed
FROM (SELECT DISTINCT unnest(%(digests)s::bigint[]) AS key) AS k
CROSS JOIN LATERAL (
    SELECT * FROM contacts_contact c
    WHERE c.list_id = (SELECT %(list)s::uuid) AND c.row_digests[1] = k.key OFFSET 0
) AS c
WHERE c.changed_by_import_id IS DISTINCT FROM %(import)s

-- name: import_load
-- The values of contacts that rows may change, locked in the order of all.
SELECT c.id, c.fields, (
    SELECT json_agg(json_build_array(n.position, n.label, n.e164, n.written, n.type, n.valid))
    FROM contacts_number n WHERE n.contact_id = c.id
) AS numbers
FROM contacts_contact c WHERE c.id = ANY(%(ids)s) ORDER BY c.id FOR NO KEY UPDATE

-- name: import_change
UPDATE contacts_contact c SET
    external_id = v.external_id, fields = v.fields, name = v.name, sort_name = v.sort_name, search = v.search,
    email = v.email, timezone = v.timezone, country = v.country, place_key = v.place_key, row_digests = v.digests::bigint[],
    changed_by_import_id = %(import)s, updated_at = %(now)s
FROM unnest(
    %(ids)s::uuid[], %(externals)s::text[], %(fields)s::jsonb[], %(names)s::text[], %(sort_names)s::text[],
    %(searches)s::text[], %(emails)s::text[], %(timezones)s::text[], %(countries)s::text[], %(places)s::bigint[],
    %(digests)s::text[]
) AS v(id, external_id, fields, name, sort_name, search, email, timezone, country, place_key, digests)
WHERE c.id = v.id

-- name: import_change_numbers
INSERT INTO contacts_number (id, contact_id, organisation_id, position, label, e164, written, type, valid, suppressed)
SELECT v.id, v.contact_id, %(org)s, v.position, v.label, v.e164, v.written, v.type, v.valid, false
FROM unnest(
    %(ids)s::uuid[], %(contacts)s::uuid[], %(positions)s::int[], %(labels)s::text[], %(e164s)s::text[],
    %(writtens)s::text[], %(types)s::text[], %(valids)s::bool[]
) AS v(id, contact_id, position, label, e164, written, type, valid)
ON CONFLICT (contact_id, label) DO UPDATE SET
    e164 = excluded.e164, written = excluded.written, type = excluded.type, valid = excluded.valid,
    position = excluded.position

-- name: import_remember
-- Rows that said nothing new: only that they have been told.
UPDATE contacts_contact c SET row_digests = v.digests::bigint[], changed_by_import_id = %(import)s
FROM unnest(%(ids)s::uuid[], %(digests)s::text[]) AS v(id, digests)
WHERE c.id = v.id

-- name: import_tell_of
INSERT INTO contacts_import_told (id, import_id, contacts, low, high)
VALUES (%(id)s, %(import)s, %(contacts)s::uuid[], %(low)s, %(high)s)

-- name: import_told_by_others
-- Of these contacts, those that another import of the list, which has not been taken back, told of.
SELECT DISTINCT told.id
FROM contacts_import i
JOIN contacts_import_told t ON t.import_id = i.id AND t.low <= %(high)s::uuid AND t.high >= %(low)s::uuid
CROSS JOIN LATERAL unnest(t.contacts) AS told(id)
WHERE i.list_id = %(list)s AND i.id <> %(import)s AND i.state <> 'reverted' AND told.id = ANY(%(ids)s::uuid[])
