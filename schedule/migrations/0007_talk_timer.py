import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('schedule', '0006_room_helpers'),
    ]

    operations = [
        migrations.CreateModel(
            name='Timer',
            fields=[
                ('talk', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='timer', serialize=False, to='schedule.talk')),
                ('generation', models.PositiveIntegerField(default=0)),
                ('message', models.CharField(blank=True, max_length=80, verbose_name='message')),
                ('message_at', models.DateTimeField(blank=True, null=True, verbose_name='written')),
            ],
            options={
                'verbose_name': 'timer',
                'verbose_name_plural': 'timers',
            },
        ),
    ]
