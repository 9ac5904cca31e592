from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("members", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="secondapplication",
            name="consents",
            field=models.JSONField(default=dict),
        ),
    ]
