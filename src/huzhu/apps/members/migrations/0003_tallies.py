"""Members counted once by organisation and year of joining; the services keep the figures from here on."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Count

import huzhu.apps.unions.models


def count(apps: Any, _editor: Any) -> None:
    """What a site that has members already begins with."""
    member, tally = apps.get_model("members", "Member"), apps.get_model("members", "Tally")
    rows = member.objects.filter(status="member").order_by().values_list("organisation_id", "joined_on__year")
    tally.objects.bulk_create(
        tally(organisation_id=organisation, year=year, number=number)
        for organisation, year, number in rows.annotate(number=Count("*"))
    )


class Migration(migrations.Migration):
    dependencies = [("members", "0002_consents_of_second_applications"), ("unions", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Tally",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=huzhu.apps.unions.models.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("year", models.PositiveSmallIntegerField()),
                ("number", models.IntegerField(default=0)),
                (
                    "organisation",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="unions.organisation",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("organisation", "year"), name="members_one_tally_a_year")
                ],
            },
        ),
        migrations.RunPython(count, migrations.RunPython.noop),
    ]
