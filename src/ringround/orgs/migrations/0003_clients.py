import django.db.models.deletion
from django.db import migrations, models

# As in 0002, but nobody works for a merchant whose data is being deleted.
LINK_LIVE = """
CREATE OR REPLACE FUNCTION orgs_link_live(merchant uuid, agency uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT merchant = agency
      OR EXISTS (SELECT FROM orgs_agency_link l WHERE l.merchant_id = merchant AND l.agency_id = agency
                 AND l.claimed_at IS NOT NULL AND l.revoked_at IS NULL)
      OR EXISTS (SELECT FROM orgs_organisation o WHERE o.id = merchant AND o.managed_by_id = agency
                 AND o.closing_at IS NULL)
$$
"""
BEFORE = LINK_LIVE.replace("\n                 AND o.closing_at IS NULL", "")


class Migration(migrations.Migration):
    dependencies = [("orgs", "0002_link_live")]

    operations = [
        migrations.AddField("invitation", "declined_at", models.DateTimeField(null=True)),
        migrations.AddField("organisation", "closing_at", models.DateTimeField(null=True)),
        migrations.AddField("organisation", "closed_at", models.DateTimeField(null=True)),
        migrations.AlterField(
            "organisation",
            "managed_by",
            models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="orgs.organisation",
            ),
        ),
        migrations.AddIndex(
            "organisation",
            models.Index(
                fields=["managed_by", "-created_at", "-id"],
                name="organisation_clients",
                condition=models.Q(managed_by__isnull=False),
            ),
        ),
        migrations.RunSQL(LINK_LIVE, BEFORE),
    ]
