"""A small OpenID Connect provider on this machine: discovery, keys, and a token endpoint that asks for the client's secret and the
proof of PKCE. A test says who signs in there, and may have it answer wrongly."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from huzhu.ui.clock import now

CLIENT, SECRET, KID = "huzhu", "s3cret", "key-1"


def _numbers(key: RSAPrivateKey) -> dict[str, str]:
    public = key.public_key().public_numbers()

    def told(number: int) -> str:
        return base64.urlsafe_b64encode(number.to_bytes((number.bit_length() + 7) // 8)).rstrip(b"=").decode()

    return {"n": told(public.n), "e": told(public.e)}


class Identities:
    """The provider: what it was asked, and what it will answer."""

    def __init__(self) -> None:
        self.key, self.other_key = generate_private_key(65537, 2048), generate_private_key(65537, 2048)
        self.url = self.issuer = ""
        self.asked: dict[str, str] = {}  # what the browser brought
        self.tokens: list[dict[str, str]] = []  # what the site's server asked for
        self.granted: dict[str, tuple[str, dict[str, str]]] = {}
        self.changes: dict[str, Any] = {}  # of the claims; None leaves one out
        self.sign: Any = None  # claims in, token out, where it is not to be signed as it should be

    def visited(self, location: str, *, subject: str) -> str:
        """The browser comes with a request and somebody signs in: the query with which she is sent back."""
        self.asked = dict(parse_qsl(urlsplit(location).query))
        code = f"code-{len(self.granted)}"
        self.granted[code] = (subject, self.asked)
        return f"code={code}&state={self.asked['state']}"

    def described(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer, "authorization_endpoint": f"{self.url}/authorize", "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks", "userinfo_endpoint": f"{self.url}/userinfo",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }  # fmt: skip

    def keys(self) -> dict[str, Any]:
        return {"keys": [{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": KID, **_numbers(self.key)}]}

    def token(self, wanted: dict[str, str]) -> tuple[int, dict[str, Any]]:
        self.tokens.append(wanted)
        subject, asked = self.granted.pop(wanted.get("code", ""), ("", {}))
        proof = base64.urlsafe_b64encode(hashlib.sha256(wanted.get("code_verifier", "").encode()).digest()).rstrip(b"=")
        is_client = (wanted.get("client_id"), wanted.get("client_secret")) == (CLIENT, SECRET)
        if not subject or not is_client or proof.decode() != asked.get("code_challenge"):
            return 400, {"error": "invalid_grant"}
        at = int(now().timestamp())
        claims = {
            "iss": self.issuer,
            "sub": subject,
            "aud": CLIENT,
            "iat": at,
            "exp": at + 300,
            "nonce": asked.get("nonce", ""),
        }
        claims = {name: value for name, value in (claims | self.changes).items() if value is not None}
        signed = (self.sign or self.signed)(claims)
        return 200, {"access_token": "a", "token_type": "Bearer", "expires_in": 300} | (
            {"id_token": signed} if signed else {}
        )

    def signed(self, claims: dict[str, Any]) -> str:
        return jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": KID})


@contextmanager
def identities() -> Iterator[Identities]:
    """The provider, listening."""
    made = Identities()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            pages = {"/.well-known/openid-configuration": made.described, "/jwks": made.keys}
            page = pages.get(self.path)
            self._say(200, page()) if page else self._say(404, {})

        def do_POST(self) -> None:
            body = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self._say(*made.token({name: values[0] for name, values in body.items()}))

        def _say(self, status: int, said: dict[str, Any]) -> None:
            content = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Tests say what they see."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = made.issuer = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
