-- name: contact_facts prepared
SELECT c.id, c.organisation_id, c.list_id, c.name, c.external_id, c.fields, c.email, c.timezone, c.country, c.suppressed,
    jsonb_path_query_array(l.columns, '$[*] ? (@.role == "national_id").name') AS national_ids,
    jsonb_path_query_array(l.columns, '$[*] ? (@.hidden == true).name') AS hidden,
    COALESCE((
        SELECT json_agg(json_build_array(n.id, n.label, n.e164, n.written, n.type, n.valid, n.suppressed) ORDER BY n.position)
        FROM contacts_number n WHERE n.contact_id = c.id
    ), '[]') AS numbers
FROM contacts_contact c JOIN contacts_list l ON l.id = c.list_id
WHERE c.id = ANY(%(ids)s::uuid[]) AND (%(org)s::uuid IS NULL OR c.organisation_id = %(org)s::uuid)

-- name: contact_fact prepared
-- One contact as above. Of a list of ids the server never knows how many there are, and plans anew each time.
SELECT c.id, c.organisation_id, c.list_id, c.name, c.external_id, c.fields, c.email, c.timezone, c.country, c.suppressed,
    jsonb_path_query_array(l.columns, '$[*] ? (@.role == "national_id").name') AS national_ids,
    jsonb_path_query_array(l.columns, '$[*] ? (@.hidden == true).name') AS hidden,
    COALESCE((
        SELECT json_agg(json_build_array(n.id, n.label, n.e164, n.written, n.type, n.valid, n.suppressed) ORDER BY n.position)
        FROM contacts_number n WHERE n.contact_id = c.id
    ), '[]') AS numbers
FROM contacts_contact c JOIN contacts_list l ON l.id = c.list_id
WHERE c.id = %(contact)s::uuid

-- name: suppressed_numbers
SELECT contacts_suppressed(%(org)s, %(campaign)s::uuid, %(contact)s, %(numbers)s::text[], %(now)s) AS numbers

-- name: contact_to_call prepared
-- One contact as above, with those of its numbers that must not be called now; all when the contact must not.
SELECT c.id, c.organisation_id, c.list_id, c.name, c.external_id, c.fields, c.email, c.timezone, c.country, c.suppressed,
    jsonb_path_query_array(l.columns, '$[*] ? (@.role == "national_id").name') AS national_ids,
    jsonb_path_query_array(l.columns, '$[*] ? (@.hidden == true).name') AS hidden,
    COALESCE(n.numbers, '[]') AS numbers,
    contacts_suppressed(%(org)s::uuid, %(campaign)s::uuid, c.id, COALESCE(n.dialled, '{}'), %(now)s::timestamptz) AS barred
FROM contacts_contact c JOIN contacts_list l ON l.id = c.list_id
CROSS JOIN LATERAL (
    SELECT json_agg(json_build_array(n.id, n.label, n.e164, n.written, n.type, n.valid, n.suppressed) ORDER BY n.position) AS numbers,
        array_agg(n.e164) FILTER (WHERE n.e164 IS NOT NULL) AS dialled
    FROM contacts_number n WHERE n.contact_id = c.id
) AS n
WHERE c.id = %(contact)s::uuid

-- name: contacts_keep
SELECT id FROM contacts_contact WHERE id = ANY(%(ids)s::uuid[]) AND erased_at IS NULL ORDER BY id FOR KEY SHARE
