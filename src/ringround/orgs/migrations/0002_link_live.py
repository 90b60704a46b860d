from django.db import migrations

# Which agency may work for which merchant, in one place for every room's SQL. One plain SELECT, so that the planner
# writes it into the query that calls it.
LINK_LIVE = """
CREATE FUNCTION orgs_link_live(merchant uuid, agency uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT merchant = agency
      OR EXISTS (SELECT FROM orgs_agency_link l WHERE l.merchant_id = merchant AND l.agency_id = agency
                 AND l.claimed_at IS NOT NULL AND l.revoked_at IS NULL)
      OR EXISTS (SELECT FROM orgs_organisation o WHERE o.id = merchant AND o.managed_by_id = agency)
$$
"""


class Migration(migrations.Migration):
    dependencies = [("orgs", "0001_initial")]

    operations = [migrations.RunSQL(LINK_LIVE, "DROP FUNCTION orgs_link_live(uuid, uuid)")]
