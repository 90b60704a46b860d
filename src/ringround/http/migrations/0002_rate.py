from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("http", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Rate",
            fields=[
                ("owner", models.TextField(primary_key=True, serialize=False)),
                ("window_no", models.BigIntegerField()),
                ("count", models.IntegerField()),
            ],
            options={"db_table": "http_rate"},
        ),
        migrations.RunSQL("ALTER TABLE http_rate SET UNLOGGED", "ALTER TABLE http_rate SET LOGGED"),
    ]
