-- What is asked before somebody is written to.

-- name: messages_barred prepared
-- Which of these (numbered as given) must not be written to: the number or address itself, the contact, or for an SMS
-- the contact's e-mail address on every channel. `kind` is phone or email; who is barred on the phone gets no SMS either.
SELECT ask.i::int AS i
FROM unnest(
    %(orgs)s::uuid[], %(campaigns)s::uuid[], %(contacts)s::uuid[], %(kinds)s::text[], %(addresses)s::text[]
) WITH ORDINALITY AS ask(org, campaign, contact, kind, address, i)
WHERE EXISTS (
    SELECT FROM contacts_suppression s
    WHERE s.organisation_id = ask.org AND s.kind = ask.kind AND s.value = lower(ask.address)
      AND (s.channel IN (ask.kind, 'any') OR ask.kind = 'phone' AND s.channel = 'sms') AND (s.campaign_id IS NULL OR s.campaign_id = ask.campaign)
      AND (s.expires_at IS NULL OR s.expires_at > %(now)s::timestamptz)
) OR EXISTS (
    SELECT FROM contacts_suppression s
    WHERE s.organisation_id = ask.org AND s.kind = 'contact' AND s.value = ask.contact::text
      AND (s.channel IN (ask.kind, 'any') OR ask.kind = 'phone' AND s.channel = 'sms') AND (s.campaign_id IS NULL OR s.campaign_id = ask.campaign)
      AND (s.expires_at IS NULL OR s.expires_at > %(now)s::timestamptz)
) OR EXISTS (
    SELECT FROM contacts_contact c JOIN contacts_suppression s
        ON s.organisation_id = ask.org AND s.kind = 'email' AND s.value = c.email
    WHERE c.id = ask.contact AND c.email <> '' AND s.channel = 'any'
      AND (s.campaign_id IS NULL OR s.campaign_id = ask.campaign)
      AND (s.expires_at IS NULL OR s.expires_at > %(now)s::timestamptz)
)

-- name: message_zones prepared
-- Where contacts are, and whether they are still there.
SELECT c.id, c.timezone, c.erased_at IS NOT NULL AS erased FROM contacts_contact c WHERE c.id = ANY(%(ids)s::uuid[])
