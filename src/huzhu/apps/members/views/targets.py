"""Targets against members, down the tree."""

from __future__ import annotations

from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from huzhu.apps.members import queries, services
from huzhu.apps.members.forms import TargetForm
from huzhu.apps.members.views import person
from huzhu.apps.unions.access import needs
from huzhu.apps.unions.queries import access_organisation, reach_of
from huzhu.ui.clock import now, today
from huzhu.ui.refusals import Refusal
from huzhu.ui.words import say, t


@needs("targets.view")
@require_safe
def targets(request: HttpRequest) -> HttpResponse:
    """A chart with its table: an organisation and its children, members against targets of a year."""
    asked, on = request.GET.get("year", ""), today()
    year = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) == 4 else on.year
    code = request.GET.get("organisation", "")
    parent = access_organisation(by=person(request), permission="targets.view", code=code, on=on) if code else None
    bars = queries.target_bars(paths=reach_of(request.user, "targets.view", on=on), year=year, parent=parent)
    may_set = bool(reach_of(request.user, "targets.set", on=on))
    return render(request, "members/targets.html", {"bars": bars, "year": year, "parent": parent, "may_set": may_set})


@needs("targets.set")
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest) -> HttpResponse:
    """Set one organisation's target of a year."""
    form = TargetForm(request.POST if request.method == "POST" else None, initial={"year": today().year})
    if form.is_valid():
        said = form.cleaned_data
        try:
            organisation = access_organisation(
                by=person(request), permission="targets.set", code=said["organisation"].strip(), on=today()
            )
            services.set_target(
                by=person(request), at=now(), organisation=organisation, year=said["year"], number=said["number"]
            )
        except Refusal as refusal:
            form.add_error("organisation", say(refusal.said))
        else:
            notices.success(request, t("已设定。", "The target is set."))
            return redirect("members:targets")
    return render(
        request,
        "members/form.html",
        {"form": form, "title": t("设定目标", "Set a target"), "back": reverse("members:targets")},
    )
