-- name: list_page
SELECT id FROM contacts_contact
WHERE list_id = %(list)s AND erased_at IS NULL AND (%(after)s::uuid IS NULL OR id > %(after)s)
ORDER BY id LIMIT %(size)s
