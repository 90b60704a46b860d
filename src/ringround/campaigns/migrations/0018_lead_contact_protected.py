import django.db.models.deletion
from django.db import migrations, models

# Words that were looked for: a name or a number, which nothing else would take away when that person is erased.
FORGET = r"""
UPDATE campaigns_saved_filter
SET query = trim(both '&' from regexp_replace(query, '(^|&)(q|external_lead_id)=[^&]*', '', 'g'))
WHERE query ~ '(^|&)(q|external_lead_id)=';
DELETE FROM campaigns_saved_filter WHERE query = '';
"""


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0017_bulk_leads_plain"),
        ("contacts", "0007_import_told"),
    ]

    operations = [
        migrations.AlterField(
            model_name="lead",
            name="contact",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="contacts.contact"
            ),
        ),
        migrations.RunSQL(FORGET, migrations.RunSQL.noop),
    ]
