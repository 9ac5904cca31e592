"""Addresses of joining, a worker's own pages, and the officers' pages about members."""

from __future__ import annotations

from django.urls import path

from huzhu.apps.members.views import applications, desk, exports, joining, mine, posters, targets

app_name = "members"
urlpatterns = [
    path("join/<str:token>/", joining.join, name="join"),
    path("received/", joining.received, name="received"),
    path("card/", mine.card, name="card"),
    path("card/check/<str:token>/", mine.check, name="check"),
    path("mine/", mine.mine, name="mine"),
    path("mine/export/", mine.export, name="mine_export"),
    path("mine/correct/", mine.correct, name="mine_correct"),
    path("mine/consent/<slug:purpose>/", mine.withdraw, name="mine_withdraw"),
    path("mine/leave/", mine.leave, name="mine_leave"),
    path("mine/rejoin/", mine.rejoin, name="mine_rejoin"),
    path("mine/erase/", mine.erase, name="mine_erase"),
    path("", desk.members, name="list"),
    path("find/", desk.find, name="find"),
    path("views/", desk.save_view, name="save_view"),
    path("views/delete/", desk.delete_view, name="delete_view"),
    path("transfers/", desk.transfers, name="transfers"),
    path("one/<uuid:member>/", desk.detail, name="detail"),
    path("one/<uuid:member>/reveal/<slug:field>/", desk.reveal, name="reveal"),
    path("one/<uuid:member>/transfer/", desk.transfer, name="transfer"),
    path("one/<uuid:member>/verify/", desk.verify, name="verify"),
    path("applications/", applications.queue, name="applications"),
    path("applications/decide/", applications.decide, name="decide"),
    path("applications/second/<uuid:second>/", applications.second, name="second"),
    path("corrections/", applications.corrections, name="corrections"),
    path("corrections/<uuid:correction>/", applications.correction, name="correction"),
    path("meeting/", applications.meeting, name="meeting"),
    path("resolutions/", applications.resolutions, name="resolutions"),
    path("exports/", exports.exports, name="exports"),
    path("exports/ask/", exports.ask, name="export_ask"),
    path("exports/<uuid:export>/decide/", exports.decide, name="export_decide"),
    path("exports/<uuid:export>/file/", exports.file, name="export_file"),
    path("targets/", targets.targets, name="targets"),
    path("targets/set/", targets.change, name="target_set"),
    path("posters/", posters.posters, name="posters"),
    path("posters/<str:code>/", posters.pdf, name="poster"),
    path("posters/<str:code>/renew/", posters.renew, name="poster_renew"),
]
