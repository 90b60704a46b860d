"""Where contacts come by themselves each disposition sets the end of the wrap-up time: without an index of it, too."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("dialer", "0005_fewer_writes")]

    operations = [migrations.RemoveIndex("presence", "presence_wrap")]
