import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("contacts", "0007_import_told")]

    operations = [
        migrations.AlterField(
            "contact",
            "list",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="contacts.contactlist",
            ),
        ),
        migrations.AlterField(
            "contactnumber",
            "contact",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="numbers",
                to="contacts.contact",
            ),
        ),
    ]
