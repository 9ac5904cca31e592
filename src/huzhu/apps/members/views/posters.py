"""Posters of stations: which there are, printing one, making the old ones worthless."""

from __future__ import annotations

from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from huzhu.apps.members import services
from huzhu.apps.members.posters import poster_pdf, token_of
from huzhu.apps.members.views import person
from huzhu.apps.unions.access import needs
from huzhu.apps.unions.queries import access_organisation, organisations, reach_of
from huzhu.ui.clock import now, today
from huzhu.ui.flow import Confirm
from huzhu.ui.words import t


@needs("posters.print")
@require_safe
def posters(request: HttpRequest) -> HttpResponse:
    """Stations and grassroots unions of her subtrees."""
    paths = reach_of(request.user, "posters.print", on=today())
    rows = organisations(paths=paths).filter(kind__in=["station", "grassroots"], is_active=True)[:500]
    return render(request, "members/posters.html", {"rows": list(rows)})


@needs("posters.print")
@require_safe
def pdf(request: HttpRequest, code: str) -> HttpResponse:
    """The poster to print. Raises NoChineseFont, whose page says what to install."""
    station = access_organisation(by=person(request), permission="posters.print", code=code, on=today())
    poster = services.poster_of(by=person(request), at=now(), organisation=station)
    token = token_of(code=station.code, serial=poster.serial)
    url = request.build_absolute_uri(reverse("members:join", args=[token]))
    made = poster_pdf(url=url, name=station.name, name_en=station.name_en, hotline=station.hotline)
    response = HttpResponse(made, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="poster-{station.pk}.pdf"'
    return response


@needs("posters.print")
@require_http_methods(["GET", "HEAD", "POST"])
def renew(request: HttpRequest, code: str) -> HttpResponse:
    """Make the posters that hang worthless, after a look."""
    station = access_organisation(by=person(request), permission="posters.print", code=code, on=today())
    back = reverse("members:posters")
    if request.method == "POST" and request.POST.get("confirmed"):
        services.new_poster(by=person(request), at=now(), organisation=station)
        notices.success(request, t("旧海报已作废，请打印新的。", "The old posters are void. Print the new one."))
        return redirect(back)
    warning = t("墙上的旧海报扫了就没用了，要换上新的。", "Posters that hang stop working and have to be replaced.")
    confirm = Confirm(
        title=str(t("作废旧海报：{name}", "Void the posters of {name}", name=station.shown_name)),
        act=str(t("作废", "Void them")),
        back_url=back,
        warning=str(warning),
        is_grave=True,
    )
    return render(request, "ui/confirm.html", {"confirm": confirm})
