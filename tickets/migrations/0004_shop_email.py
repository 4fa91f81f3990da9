from django.db import migrations
from django.db.models import F


def remember_what_the_shop_said(apps, schema_editor):
    apps.get_model("tickets", "Ticket").objects.update(shop_email=F("holder_email"))


class Migration(migrations.Migration):

    dependencies = [
        ('tickets', '0003_shops'),
    ]

    operations = [
        migrations.RunPython(remember_what_the_shop_said, migrations.RunPython.noop),
    ]
