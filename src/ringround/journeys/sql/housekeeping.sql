-- What is done with is forgotten, so many rows at a time: each by an index in the order of its age.

-- name: seen_clear
-- What is seen again at this moment stays.
DELETE FROM journeys_seen WHERE at < %(before)s AND ctid = ANY (ARRAY(
    SELECT ctid FROM journeys_seen WHERE at < %(before)s ORDER BY at LIMIT %(limit)s
))

-- name: outbox_clear
DELETE FROM journeys_outbox WHERE state <> 'pending' AND id = ANY (ARRAY(
    SELECT id FROM journeys_outbox WHERE at < %(before)s AND state <> 'pending' ORDER BY at LIMIT %(limit)s
))

-- name: notices_read_clear
DELETE FROM journeys_notice WHERE id = ANY (ARRAY(
    SELECT id FROM journeys_notice WHERE seen_at < %(before)s ORDER BY seen_at LIMIT %(limit)s
))

-- name: notices_unread_clear
DELETE FROM journeys_notice WHERE seen_at IS NULL AND id = ANY (ARRAY(
    SELECT id FROM journeys_notice WHERE seen_at IS NULL AND at < %(before)s ORDER BY at LIMIT %(limit)s
))

-- name: heard_clear
DELETE FROM journeys_heard WHERE id = ANY (ARRAY(
    SELECT id FROM journeys_heard WHERE until < %(before)s ORDER BY until LIMIT %(limit)s
))

-- name: passes_clear
-- The first by their numbers, which is about the order of their age: there is no index of it.
DELETE FROM journeys_pass WHERE at < %(before)s AND id = ANY (ARRAY(
    SELECT id FROM journeys_pass ORDER BY id LIMIT %(limit)s
))

-- name: passed_over_clear
-- Counted by day, of no version.
DELETE FROM journeys_count WHERE version_id = 0 AND key = %(key)s AND node < %(before)s
