-- name: callback_common
UPDATE campaigns_callback SET private = false, owner_id = NULL WHERE lead_id = %(lead)s AND state = 'booked'

-- name: callback_end
UPDATE campaigns_callback SET state = %(state)s WHERE lead_id = %(lead)s AND state = 'booked' RETURNING id

-- name: callbacks_end
UPDATE campaigns_callback SET state = %(state)s WHERE lead_id = ANY(%(leads)s) AND state = 'booked' RETURNING lead_id

-- name: callback_book
INSERT INTO campaigns_callback (id, lead_id, campaign_id, at, private, owner_id, number, note, state, created_by_id, created_at)
VALUES (%(id)s, %(lead)s, %(campaign)s, %(at)s, %(private)s, %(owner)s, %(number)s, %(note)s, 'booked', %(by)s, %(now)s)

-- name: callback_read
SELECT id, at, private, owner_id, number, note, created_by_id FROM campaigns_callback WHERE lead_id = %(lead)s AND state = 'booked'

-- name: callback_move
UPDATE campaigns_callback SET at = %(at)s, private = %(private)s, owner_id = %(owner)s, number = %(number)s, note = %(note)s
WHERE lead_id = %(lead)s AND state = 'booked'

-- name: callbacks_follow
UPDATE campaigns_callback b SET at = v.at, private = v.private, owner_id = v.owner
FROM unnest(%(leads)s::uuid[], %(times)s::timestamptz[], %(private)s::boolean[], %(owners)s::uuid[]) AS v (lead, at, private, owner)
WHERE b.lead_id = v.lead AND b.state = 'booked' RETURNING b.lead_id

-- name: callbacks_of_owner
SELECT count(*) AS n FROM campaigns_callback b JOIN campaigns_lead l ON l.id = b.lead_id
WHERE b.state = 'booked' AND l.merchant_id = %(merchant)s AND l.owner_id = %(owner)s AND l.status = 'private_redial' AND l.id <> %(lead)s
