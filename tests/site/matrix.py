"""Who may open what, written down apart from the code: every address, and the roles that may open it in their part of the tree.

A row is `name: (roles, sample)`. Where the address names a thing, `sample` says which thing of the station in the east it is; officers of
the west hold the same role and must not find it, but for the things in `SHARED`, which belong to no part of the tree.
"""

from __future__ import annotations

ROLES = (
    "worker", "grassroots_officer", "district_officer", "claims_officer", "approver", "finance", "programme_manager",
    "rules_editor", "auditor", "administrator",
)  # fmt: skip
EVERYBODY = "everybody"  # signed in or not
SIGNED_IN = "signed in"
NOBODY: tuple[str, ...] = ()  # not there at all: of the demonstration, or of a provider that is not set up
SHARED = frozenset({"", "token", "card", "purpose", "register", "provider"})

UNION = ("grassroots_officer", "district_officer")
LOOKING = (*UNION, "claims_officer", "approver")
OFFICERS = tuple(role for role in ROLES if role != "worker")
TREE = (*UNION, "programme_manager", "auditor", "administrator")
ADMIN = ("administrator",)
MEMBER = ("worker",)  # a person's own card and data; an officer who is no member has none

PAGES: dict[str, tuple[str | tuple[str, ...], str]] = {
    "front": (EVERYBODY, ""),
    "privacy": (EVERYBODY, ""),
    "gallery": (EVERYBODY, ""),
    "health": (EVERYBODY, ""),
    "metrics": (EVERYBODY, ""),  # on this machine; from elsewhere see test_matrix
    "set_language": (EVERYBODY, ""),
    "api:openapi-json": (EVERYBODY, ""),
    "api:api-root": (NOBODY, ""),
    "desk": (OFFICERS, ""),
    "audit": (("auditor",), ""),
    "audit_export": (("auditor",), ""),
    "account_login": (EVERYBODY, ""),
    "account_logout": (EVERYBODY, ""),
    "account_request_login_code": (EVERYBODY, ""),
    "account_confirm_login_code": (EVERYBODY, ""),
    # Workers come in by a code to their phone: they have no password and no second factor to show again or to change.
    "account_reauthenticate": (OFFICERS, ""),
    "account_change_password": (OFFICERS, ""),
    "mfa_index": (SIGNED_IN, ""),
    "mfa_authenticate": (SIGNED_IN, ""),
    "mfa_reauthenticate": (OFFICERS, ""),
    "mfa_activate_totp": (SIGNED_IN, ""),
    "mfa_deactivate_totp": (OFFICERS, ""),
    "mfa_view_recovery_codes": (NOBODY, ""),  # they are shown once, where they are made
    "mfa_generate_recovery_codes": (SIGNED_IN, ""),
    "socialaccount_login_cancelled": (EVERYBODY, ""),
    "openid_connect_login": (NOBODY, "provider"),
    "openid_connect_callback": (NOBODY, "provider"),
    "messages:inbox": (SIGNED_IN, ""),
    "messages:read_all": (SIGNED_IN, ""),
    "messages:open": (SIGNED_IN, "own message"),
    "messages:console": (NOBODY, ""),
    "unions:tree": (TREE, ""),
    "unions:organisation": (TREE, "code"),
    "unions:import": (ADMIN, ""),
    "unions:preview": (ADMIN, "own sheet"),
    "unions:users": (ADMIN, ""),
    "unions:new_user": (ADMIN, ""),
    "unions:user": (ADMIN, "user"),
    "unions:grant": (ADMIN, "user"),
    "unions:revoke": (ADMIN, "grant"),
    "unions:act": (ADMIN, "user act"),
    "unions:me": (SIGNED_IN, ""),
    "unions:tokens": (OFFICERS, ""),
    "unions:revoke_token": (SIGNED_IN, "own token"),
    "members:join": (EVERYBODY, "token"),
    "members:received": (EVERYBODY, ""),
    "members:check": (EVERYBODY, "card"),
    "members:card": (MEMBER, ""),
    "members:mine": (MEMBER, ""),
    "members:mine_export": (MEMBER, ""),
    "members:mine_correct": (MEMBER, ""),
    "members:mine_withdraw": (MEMBER, "purpose"),
    "members:mine_leave": (MEMBER, ""),
    "members:mine_rejoin": (MEMBER, ""),
    "members:mine_erase": (MEMBER, ""),
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
    "members:export_file": (("district_officer",), "own export"),
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
# Pages that only take a post, so that no link and no image can set them off.
POST_ONLY = frozenset(
    {
        "messages:open", "messages:read_all", "unions:revoke_token", "members:mine_export", "members:find", "members:save_view",
        "members:delete_view", "members:verify", "members:decide", "members:export_decide", "members:export_file", "rosters:go_on",
        "rosters:decide_likeness", "registers:sync", "registers:upload", "registers:go_on",
    }
)  # fmt: skip
# Pages that only show; all others take both.
GET_ONLY = frozenset(
    {
        "mfa_index", "mfa_view_recovery_codes", "socialaccount_login_cancelled",
        "front", "privacy", "desk", "audit", "audit_export", "messages:inbox", "messages:console", "unions:tree", "unions:organisation",
        "unions:users", "unions:user", "unions:me", "members:received", "members:check", "members:card", "members:mine",
        "members:list", "members:transfers", "members:detail", "members:applications", "members:corrections", "members:meeting",
        "members:exports", "members:targets", "members:posters", "members:poster", "rosters:list", "rosters:template",
        "rosters:likenesses", "rosters:roster", "rosters:progress", "rosters:to_mend", "rosters:queue", "registers:list",
        "registers:register", "registers:progress",
    }
)  # fmt: skip

# Operations of the API: the scope that a token needs (none: any good token), the roles, and the sample.
ENDPOINTS: dict[tuple[str, str], tuple[str, tuple[str, ...], str]] = {
    ("GET", "/me"): ("", ROLES, ""),
    ("GET", "/organisations"): ("unions.view", TREE, ""),
    ("GET", "/members"): ("members.view", LOOKING, ""),
    ("GET", "/members/{member}"): ("members.view", LOOKING, "member"),
    ("GET", "/rosters"): ("rosters.view", UNION, ""),
    ("POST", "/rosters"): ("rosters.upload", UNION, "file"),
    ("GET", "/rosters/{roster}"): ("rosters.view", UNION, "roster"),
    ("GET", "/rosters/{roster}/rows"): ("rosters.view", UNION, "roster"),
}
