"""The function that a hand-out asks at its last moment: which of these numbers must not be called."""

from django.db import migrations

# A function, so that the claim of the campaigns room asks in its own statement without knowing these tables. PL/pgSQL,
# because it keeps its plans for the session: three index look-ups, and no planning, for each candidate.
CREATE = """
CREATE FUNCTION contacts_suppressed(
    p_org uuid, p_campaign uuid, p_contact uuid, p_numbers text[], p_at timestamptz
) RETURNS text[] LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    -- The contact itself, on all its numbers.
    IF EXISTS (
        SELECT 1 FROM contacts_suppression s
        WHERE s.organisation_id = p_org AND s.kind = 'contact' AND s.value = p_contact::text
          AND s.channel IN ('phone', 'any') AND (s.campaign_id IS NULL OR s.campaign_id = p_campaign)
          AND (s.expires_at IS NULL OR s.expires_at > p_at)
    ) OR EXISTS (
        -- Its e-mail address on every channel.
        SELECT 1 FROM contacts_contact c JOIN contacts_suppression s
            ON s.organisation_id = p_org AND s.kind = 'email' AND s.value = c.email
        WHERE c.id = p_contact AND c.email <> ''
          AND s.channel = 'any' AND (s.campaign_id IS NULL OR s.campaign_id = p_campaign)
          AND (s.expires_at IS NULL OR s.expires_at > p_at)
    ) THEN
        RETURN p_numbers;
    END IF;
    RETURN ARRAY(
        SELECT n FROM unnest(p_numbers) AS n
        WHERE EXISTS (
            SELECT 1 FROM contacts_suppression s
            WHERE s.organisation_id = p_org AND s.kind = 'phone' AND s.value = n
              AND s.channel IN ('phone', 'any') AND (s.campaign_id IS NULL OR s.campaign_id = p_campaign)
              AND (s.expires_at IS NULL OR s.expires_at > p_at)
        )
    );
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("contacts", "0002_marks_and_resume")]

    operations = [migrations.RunSQL(CREATE, "DROP FUNCTION contacts_suppressed(uuid, uuid, uuid, text[], timestamptz)")]
