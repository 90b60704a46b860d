-- name: numbers_mark
-- Set the mark on numbers to what the organisation's own suppressions say at %(now)s; only where it differs.
UPDATE contacts_number n SET suppressed = NOT n.suppressed
WHERE n.organisation_id = %(org)s AND n.e164 = ANY(%(numbers)s)
  AND n.suppressed <> EXISTS (
    SELECT 1 FROM contacts_suppression s
    WHERE s.organisation_id = %(org)s AND s.kind = 'phone' AND s.value = n.e164 AND s.channel IN ('phone', 'any')
      AND s.campaign_id IS NULL AND (s.expires_at IS NULL OR s.expires_at > %(now)s)
  )
RETURNING n.contact_id

-- name: contacts_mark
-- The same for contacts, by id or by e-mail address.
UPDATE contacts_contact c SET suppressed = NOT c.suppressed
WHERE c.organisation_id = %(org)s AND c.id IN (
    SELECT id FROM contacts_contact WHERE organisation_id = %(org)s AND email = ANY(%(emails)s) AND NOT (email = '')
    UNION ALL SELECT unnest(%(ids)s::uuid[])
  )
  AND c.suppressed <> EXISTS (
    SELECT 1 FROM contacts_suppression s
    WHERE s.organisation_id = %(org)s AND s.campaign_id IS NULL AND (s.expires_at IS NULL OR s.expires_at > %(now)s)
      AND ((s.kind = 'contact' AND s.value = c.id::text AND s.channel IN ('phone', 'any'))
        OR (s.kind = 'email' AND s.value = c.email AND NOT (c.email = '') AND s.channel = 'any'))
  )
RETURNING c.id

-- name: suppressed_of_rows
-- Which of these numbers and addresses the organisation must not contact; for the rows of a file.
SELECT kind, value FROM contacts_suppression
WHERE organisation_id = %(org)s AND campaign_id IS NULL AND (expires_at IS NULL OR expires_at > %(now)s)
  AND ((kind = 'phone' AND value = ANY(%(numbers)s::text[]) AND channel IN ('phone', 'any'))
    OR (kind = 'email' AND value = ANY(%(emails)s::text[]) AND channel = 'any'))
