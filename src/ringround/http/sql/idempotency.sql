-- name: key_claim prepared
-- A row past its day counts as none, and so does one of the same request that was under way when its process ended.
-- Another's insert in flight is waited for, but only so long; the write that follows
-- waits for its locks as it ever does.
WITH patience AS MATERIALIZED (
    SELECT current_setting('lock_timeout') AS before, set_config('lock_timeout', %(wait)s::text, true) AS mine
)
INSERT INTO http_idempotency_key AS k (owner, key, request_hash, headers, created_at)
SELECT %(owner)s::text, %(key)s::text, %(hash)s::text, '{}', %(now)s::timestamptz FROM patience
ON CONFLICT (owner, key) DO UPDATE SET request_hash = excluded.request_hash, status = NULL, headers = excluded.headers,
    body = NULL, created_at = excluded.created_at
WHERE k.created_at < %(old)s::timestamptz
    OR (k.status IS NULL AND k.request_hash = excluded.request_hash AND k.created_at < %(lost)s::timestamptz)
RETURNING set_config('lock_timeout', (SELECT before FROM patience), true)

-- name: key_answer prepared
UPDATE http_idempotency_key SET status = %(status)s::smallint, headers = %(headers)s::text::jsonb, body = %(body)s::bytea
WHERE owner = %(owner)s::text AND key = %(key)s::text
