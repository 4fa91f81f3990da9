import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('schedule', '0007_talk_timer'),
    ]

    operations = [
        migrations.AddField(
            model_name='talk',
            name='planned_room',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='schedule.room', verbose_name='first published room'),
        ),
    ]
