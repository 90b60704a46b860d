-- name: contact_facts
SELECT c.id, c.organisation_id, c.list_id, c.name, c.external_id, c.fields, c.email, c.timezone, c.country, c.suppressed,
    COALESCE((
        SELECT json_agg(json_build_array(n.id, n.label, n.e164, n.written, n.type, n.valid, n.suppressed) ORDER BY n.position)
        FROM contacts_number n WHERE n.contact_id = c.id
    ), '[]') AS numbers
FROM contacts_contact c
WHERE c.id = ANY(%(ids)s) AND (%(org)s::uuid IS NULL OR c.organisation_id = %(org)s)

-- name: suppressed_numbers
SELECT contacts_suppressed(%(org)s, %(campaign)s::uuid, %(contact)s, %(numbers)s::text[], %(now)s) AS numbers
