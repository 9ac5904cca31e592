"""Who may open what, written down apart from the code: every address, and the roles that may open it in their part of the tree.

A row is `name: (roles, sample)`. Where the address names a thing, `sample` says which thing of the station in the east it is; officers of
the west hold the same role and must not find it.
"""

from __future__ import annotations

ROLES = (
    "worker", "grassroots_officer", "district_officer", "claims_officer", "approver", "finance", "programme_manager",
    "rules_editor", "auditor", "administrator",
)  # fmt: skip
EVERYBODY = "everybody"  # signed in or not
SIGNED_IN = "signed in"

UNION = ("grassroots_officer", "district_officer")
LOOKING = (*UNION, "claims_officer", "approver")
OFFICERS = tuple(role for role in ROLES if role != "worker")
TREE = (*UNION, "programme_manager", "auditor", "administrator")
ADMIN = ("administrator",)

PAGES: dict[str, tuple[str | tuple[str, ...], str]] = {
    "front": (EVERYBODY, ""),
    "privacy": (EVERYBODY, ""),
    "gallery": (EVERYBODY, ""),
    "health": (EVERYBODY, ""),
    "desk": (OFFICERS, ""),
    "audit": (("auditor",), ""),
    "audit_export": (("auditor",), ""),
    "members:join": (EVERYBODY, "token"),
    "members:received": (EVERYBODY, ""),
    "members:check": (EVERYBODY, "card"),
    "members:card": (SIGNED_IN, ""),
    "members:mine": (SIGNED_IN, ""),
    "members:mine_export": (SIGNED_IN, ""),
    "members:mine_correct": (SIGNED_IN, ""),
    "members:mine_consent": (SIGNED_IN, "purpose"),
    "members:mine_leave": (SIGNED_IN, ""),
    "members:mine_rejoin": (SIGNED_IN, ""),
    "members:mine_erase": (SIGNED_IN, ""),
    "members:list": (LOOKING, ""),
    "members:find": (LOOKING, ""),
    "members:save_view": (LOOKING, ""),
    "members:delete_view": (LOOKING, ""),
    "members:transfers": (UNION, ""),
    "members:detail": (LOOKING, "member"),
    "members:reveal": ((*UNION, "claims_officer"), "member field"),
    "members:transfer": (UNION, "member"),
    "members:verify": (UNION, "member"),
    "members:applications": (UNION, ""),
    "members:decide": (UNION, ""),
    "members:second": (UNION, "second"),
    "members:corrections": (UNION, ""),
    "members:correction": (UNION, "correction"),
    "members:meeting": (UNION, ""),
    "members:resolutions": (UNION, ""),
    "members:exports": (("district_officer",), ""),
    "members:export_ask": (("district_officer",), ""),
    "members:export_decide": (("district_officer",), "export"),
    "members:export_file": (("district_officer",), "export"),
    "members:targets": ((*UNION, "programme_manager", "auditor"), ""),
    "members:target_set": (("district_officer",), ""),
    "members:posters": (UNION, ""),
    "members:poster": (UNION, "code"),
    "members:poster_renew": (UNION, "code"),
    "rosters:list": (UNION, ""),
    "rosters:upload": (UNION, ""),
    "rosters:template": (UNION, ""),
    "rosters:likenesses": (UNION, ""),
    "rosters:decide_likeness": (UNION, "likeness"),
    "rosters:roster": (UNION, "roster"),
    "rosters:progress": (UNION, "roster"),
    "rosters:go_on": (UNION, "roster"),
    "rosters:drop": (UNION, "roster"),
    "rosters:to_mend": (UNION, "roster"),
    "rosters:confirm": (UNION, "roster"),
    "rosters:queue": (UNION, "roster"),
    "rosters:doubtful": (UNION, "roster row"),
    "registers:list": (("district_officer", "administrator"), ""),
    "registers:create": (ADMIN, ""),
    "registers:register": (("district_officer", "administrator"), "register"),
    "registers:progress": (("district_officer", "administrator"), "register"),
    "registers:sync": (ADMIN, "register"),
    "registers:upload": (ADMIN, "register"),
    "registers:go_on": (ADMIN, "register"),
}
