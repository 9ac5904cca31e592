"""Signing in by an OpenID Connect provider: allauth's, but that the identity token is always checked in full (signature, issuer,
audience, time, nonce: OpenID Connect Core 1.0, 3.1.3.7), and that nothing but the subject is asked for or kept.
"""

from __future__ import annotations

from typing import Any, cast

import jwt
import structlog
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.providers.oauth2.client import OAuth2Client, OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare, salted_hmac
from requests import RequestException

from huzhu.apps.audit.services import record
from huzhu.apps.unions.access import open_to_all
from huzhu.apps.unions.models import User
from huzhu.rules.texts import Text
from huzhu.ui.clock import now
from huzhu.ui.refusals import Refusal

LOG = structlog.get_logger("huzhu.unions")
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
CLOCKS_APART_S = 60


class ProviderAway(Refusal):
    text = Text(
        "暂时连不上这个身份平台。请稍后再试，或用密码、手机验证码登录。",
        "The provider cannot be reached just now. Try again later, or sign in with a password or a code.",
    )
    status = 503


def nonce_of(state: str) -> str:
    """What the identity token must repeat. The state is random, lies in the session of one browser, and is used once."""
    return salted_hmac("huzhu.oidc.nonce", state, algorithm="sha256").hexdigest()


class Client(OAuth2Client):  # type: ignore[misc]  # allauth has no types
    """Sends the nonce along."""

    def get_redirect_url(self, authorization_url: str, scope: list[str], extra_params: dict[str, str]) -> str:
        url: str = super().get_redirect_url(authorization_url, scope, extra_params | {"nonce": nonce_of(self.state)})
        return url


class Adapter(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]  # allauth has no types
    """Believes what is signed, and nothing that is not."""

    client_class = Client

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> Any:  # noqa: ARG002  allauth's signature
        """Raises OAuth2Error, which allauth shows, and RequestException."""
        try:
            claims = self._claims(app, kwargs["response"]["id_token"])
            nonce, subject = str(claims.get("nonce", "")), str(claims["sub"])
        except (jwt.PyJWTError, KeyError, TypeError, ValueError) as error:
            raise OAuth2Error("the identity token is missing or does not hold") from error
        if not constant_time_compare(nonce, nonce_of(request.GET.get("state", ""))):
            raise OAuth2Error("the identity token was made for another sign-in")
        if claims.get("azp", app.client_id) != app.client_id or not subject:
            raise OAuth2Error("the identity token was made for another site")
        return self.get_provider().sociallogin_from_response(request, {"sub": subject})

    def _claims(self, app: Any, stated: str) -> dict[str, Any]:
        # A description names the place it was fetched from, or it speaks for somebody else (OpenID Connect Discovery 1.0, 4.3).
        issuer, _, _ = self.get_provider().server_url.partition("/.well-known/")
        if self.openid_config["issuer"].rstrip("/") != issuer.rstrip("/"):
            raise OAuth2Error("the provider describes another one")
        with get_adapter().get_requests_session() as session:
            answer = session.get(self.openid_config["jwks_uri"])
            answer.raise_for_status()
            keys = jwt.PyJWKSet.from_dict(answer.json())
        claims: dict[str, Any] = jwt.decode(
            stated,
            key=keys[jwt.get_unverified_header(stated)["kid"]].key,
            algorithms=ALGORITHMS,
            audience=app.client_id,
            issuer=self.openid_config["issuer"],
            leeway=CLOCKS_APART_S,
            options={"require": ["iss", "sub", "aud", "exp", "iat", "nonce"]},
        )
        return claims


class Provider(OpenIDConnectProvider):  # type: ignore[misc]  # allauth has no types
    """Asks who somebody is and nothing more; an address cannot make it ask for anything else."""

    oauth2_adapter_class = Adapter

    def get_default_scope(self) -> list[str]:
        return ["openid"]

    def get_scope_from_request(self, request: HttpRequest) -> list[str]:  # noqa: ARG002  allauth's signature
        scope: list[str] = self.get_scope()
        return scope

    def get_auth_params_from_request(self, request: HttpRequest, action: str) -> dict[str, str]:  # noqa: ARG002  allauth's signature
        return {}


def note_link(*, request: HttpRequest, sociallogin: Any, **_: Any) -> None:
    """allauth tells of an identity that was linked: from now on it opens the account, which goes on record."""
    user, provider = sociallogin.user, sociallogin.account.provider
    words = Text(
        f"“{user.shown_name}”关联身份平台“{provider}”", f"“{user.shown_name}” linked an identity of “{provider}”"
    )
    record(by=cast(User, request.user), at=now(), act="user.identity_linked", words=words, about=user)


@open_to_all
def login(request: HttpRequest, provider_id: str) -> HttpResponse:
    return _answered(OAuth2LoginView, request, provider_id)


@open_to_all
def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    return _answered(OAuth2CallbackView, request, provider_id)


def _answered(view: Any, request: HttpRequest, provider_id: str) -> HttpResponse:
    from allauth.socialaccount.models import SocialApp

    try:
        response: HttpResponse = view.adapter_view(Adapter(request, provider_id))(request)
    except SocialApp.DoesNotExist:
        raise Http404 from None
    except (RequestException, KeyError, ValueError) as error:  # its description did not come, or is none
        LOG.exception("oidc.away", provider=provider_id)
        raise ProviderAway from error
    return response
