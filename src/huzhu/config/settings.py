"""Django's settings, all of them from the environment (environment.py)."""

from __future__ import annotations

import hashlib
import os
from datetime import timedelta
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from django_stubs_ext import monkeypatch

from huzhu.config.databases import databases
from huzhu.config.environment import environment, refuse_unsafe
from huzhu.config.logs import logging
from huzhu.config.providers import oidc_origins, oidc_providers

monkeypatch()

ENV: dict[str, Any] = environment()
refuse_unsafe(ENV)
MODE: str = ENV["HUZHU_ENV"]
HUZHU_HOME = ENV["HUZHU_HOME"].resolve()
if MODE == "test" and "HUZHU_HOME" not in os.environ:
    HUZHU_HOME = Path(gettempdir()) / f"huzhu-test-{os.getuid()}"  # what tests write lies outside the project
UPLOADS, STATIC_ROOT = HUZHU_HOME / "tmp", HUZHU_HOME / "static"
for folder in (HUZHU_HOME, UPLOADS, STATIC_ROOT):  # Django and WhiteNoise want them to be there
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
HUZHU_DEMO = MODE == "demo"
HUZHU_MADE_UP_PEOPLE: bool = ENV["HUZHU_MADE_UP_PEOPLE"] or MODE == "test"

DEBUG = False
# Only tests run without keys of their own; theirs are derived from these words and protect nothing.
_TEST = {name: hashlib.sha256(f"huzhu test {name}".encode()).hexdigest() for name in ("secret", "key", "index")}
SECRET_KEY: str = ENV["HUZHU_SECRET_KEY"] or (_TEST["secret"] if MODE == "test" else "")
HUZHU_KEYS: str = ENV["HUZHU_KEYS"] or (f"1:aes256gcm:hex:{_TEST['key']}" if MODE == "test" else "")
HUZHU_INDEX_KEY: str = ENV["HUZHU_INDEX_KEY"] or (f"hex:{_TEST['index']}" if MODE == "test" else "")
ALLOWED_HOSTS: list[str] = ENV["HUZHU_HOSTS"] or (
    ["localhost", "127.0.0.1", "[::1]", "testserver"] if MODE != "production" else []
)
HTTPS: bool = ENV["HUZHU_HTTPS"] and MODE == "production"
HUZHU_PROXIES: int = ENV["HUZHU_PROXIES"]
HUZHU_METRICS_TOKEN: str = ENV["HUZHU_METRICS_TOKEN"]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django_htmx",
    "huzhu.ui",
    "huzhu.apps.vault",
    "huzhu.apps.audit",
    "huzhu.apps.unions",
    "huzhu.apps.jobs",
    "huzhu.apps.messages",
    "huzhu.apps.registers",
    "huzhu.apps.members",
    "huzhu.apps.rosters",
    "huzhu.web",
    "treebeard",
    "axes",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.mfa",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "huzhu.config.metrics.MetricsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "huzhu.apps.unions.middleware.AccessMiddleware",
    "huzhu.apps.unions.middleware.SessionLimitsMiddleware",
    "huzhu.web.nav.NavMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "huzhu.config.urls"
WSGI_APPLICATION = "huzhu.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "huzhu.ui.context.page",
            ],
            "builtins": ["huzhu.ui.templatetags.huzhu"],
        },
    }
]

DATABASES = databases(ENV)
if MODE == "test" and DATABASES["default"]["ENGINE"] == "huzhu.config.sqlite":
    # A file, as in earnest: in memory there are no other writers, no log and no gate.
    DATABASES["default"]["TEST"] = {"NAME": HUZHU_HOME / "test.sqlite3"}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "web_cache"}}

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SECURE = HTTPS
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "/static/"
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": HUZHU_HOME / "files"},
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = MODE == "test"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1 << 20
FILE_UPLOAD_MAX_MEMORY_SIZE = 1 << 20
FILE_UPLOAD_TEMP_DIR = UPLOADS  # not the machine's: what is uploaded holds identity numbers

# Sign-in.
AUTH_USER_MODEL = "unions.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
HUZHU_OIDC: str = ENV["HUZHU_OIDC"]
HUZHU_PASSWORD_PROFILE: str = ENV["HUZHU_PASSWORD_PROFILE"]
HUZHU_IDLE = timedelta(minutes=ENV["HUZHU_IDLE_MINUTES"])

# What browsers are told.
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrftoken"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^metrics$"]  # asked for on this machine, past the proxy
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HUZHU_PROXIES else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

HUZHU_SMS: str = ENV["HUZHU_SMS"]
HUZHU_EMAIL_URL: str = ENV["HUZHU_EMAIL_URL"]
DEFAULT_FROM_EMAIL: str = ENV["HUZHU_EMAIL_FROM"] or "huzhu@localhost"
LOGGING = logging(form=ENV["HUZHU_LOG"])

# Sign-in: how allauth and axes are used (apps/unions/adapters.py, account_forms.py, limits.py; config/account_urls.py).
SESSION_ENGINE = "huzhu.apps.vault.sessions"
PASSWORD_RULES = {
    "asvs": ["Length", "NotCommon", "NotTheOldOne"],
    "dengbao3": ["Length", "NotCommon", "Kinds", "NotTheOldOne"],
}
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"huzhu.apps.unions.passwords.{name}"} for name in PASSWORD_RULES[HUZHU_PASSWORD_PROFILE]
]
HUZHU_CODE_SENDER = "huzhu.apps.messages.services.send_code"
ACCOUNT_ADAPTER = "huzhu.apps.unions.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "phone"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]  # nobody signs up; allauth reads from this that there are passwords
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = True  # as long as SESSION_COOKIE_AGE; officers have the idle limit
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 600
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 5
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
# Tries at passwords and codes are counted before any work is done (unions/limits.py); these are left to allauth.
ACCOUNT_RATE_LIMITS = {"login": None, "request_login_code": None, "login_failed": "5/5m/key"}
ACCOUNT_FORMS = {
    "login": "huzhu.apps.unions.account_forms.LoginForm",
    "request_login_code": "huzhu.apps.unions.account_forms.RequestCodeForm",
    "confirm_login_code": "huzhu.apps.unions.account_forms.ConfirmCodeForm",
    "change_password": "huzhu.apps.unions.account_forms.ChangePasswordForm",
    "reauthenticate": "huzhu.apps.unions.account_forms.ReauthenticateForm",
}
MFA_ADAPTER = "huzhu.apps.unions.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_TOLERANCE = 1
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_FORMS = {
    "authenticate": "huzhu.apps.unions.account_forms.SecondFactorForm",
    "reauthenticate": "huzhu.apps.unions.account_forms.SecondFactorAgainForm",
    "activate_totp": "huzhu.apps.unions.account_forms.ActivateForm",
}
SOCIALACCOUNT_ADAPTER = "huzhu.apps.unions.adapters.SocialAdapter"
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "provider_class": "huzhu.apps.unions.oidc.Provider",
        "OAUTH_PKCE_ENABLED": True,
        "APPS": oidc_providers(HUZHU_OIDC),
    }
}
# A form that leads to a provider ends at its address, and browsers hold redirects to form-action too.
CONTENT_SECURITY_POLICY["DIRECTIVES"]["form-action"] += oidc_origins(HUZHU_OIDC)
AXES_HANDLER = "axes.handlers.cache.AxesCacheHandler"  # keeps counts under hashed keys, and no names or addresses
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_LOCKOUT_TEMPLATE = "429.html"
AXES_CLIENT_IP_CALLABLE = "huzhu.apps.unions.limits.client_address"
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
