"""Every setting of Front Row. What differs between machines comes from environment variables.

`deploy/env.example` lists them all, with what each is for. A file `.env` beside manage.py is read
when there is one (`make run` makes it); variables that are already set win over it.
"""

import os
from pathlib import Path
from typing import Any

import django_stubs_ext
from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP

from portal.environment import (
    SQLITE_OPTIONS,
    env_alarms,
    env_bool,
    env_database,
    env_dict,
    env_int,
    env_list,
    env_mailer,
    env_path,
    env_providers,
    env_servers,
    env_str,
    env_url,
    installed_release,
    make_folder_for,
    newest_source,
    read_env_file,
)
from portal.observing.log_settings import log_settings

# So that ModelAdmin[Talk] and the like can be written, as the types of Django have it.
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent

read_env_file("ENV_FILE", default=BASE_DIR / ".env")

# --- The installation --------------------------------------------------------------------------

SECRET_KEY = env_str("SECRET_KEY")
if not SECRET_KEY:
    raise ImproperlyConfigured(
        "SECRET_KEY is not set. `make run` makes a .env with one; elsewhere copy deploy/env.example"
        " and fill it in, for example with: python3 -c 'import secrets; print(secrets.token_urlsafe(50))'"
    )
SECRET_KEY_FALLBACKS = env_list("SECRET_KEY_FALLBACKS")
DEBUG = env_bool("DEBUG", default=False)
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS")
# Off only where there is no TLS: on the own machine and in tests.
HTTPS = env_bool("HTTPS", default=True)
# How many proxies of ours stand in front; each sets X-Forwarded-For and X-Forwarded-Proto.
TRUSTED_PROXIES = env_int("TRUSTED_PROXIES", default=0)
ADMIN_PATH = env_path("ADMIN_PATH", default="admin/")
# Part of every page key, so that a new release never shows pages made by the old one.
RELEASE = env_str("RELEASE") or installed_release(BASE_DIR) or newest_source(BASE_DIR)

# --- What it is made of ------------------------------------------------------------------------

# Other sites by which people may sign in, as allauth's SOCIALACCOUNT_PROVIDERS with APPS, in JSON
# (docs/sign-in.md). Empty: nothing of it is installed.
SOCIAL_PROVIDERS: dict[str, Any] = env_providers(
    "SOCIAL_PROVIDERS", example='{"google": {"APPS": [{"client_id": "…", "secret": "…"}]}}'
)

INSTALLED_APPS = [
    "portal.apps.PortalConfig",
    "streaming",
    "tickets",
    "schedule",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "tickets.accounts.devices.app.DevicesConfig",
    "django_tasks_db",
    "whitenoise.runserver_nostatic",
    "portal.apps.OurAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]
if SOCIAL_PROVIDERS:
    INSTALLED_APPS += ["allauth.socialaccount"]
    INSTALLED_APPS += [f"allauth.socialaccount.providers.{name}" for name in SOCIAL_PROVIDERS]
MIDDLEWARE = [
    "portal.observing.release.ReleaseMiddleware",
    "portal.observing.doing.DoingMiddleware",
    "portal.observing.prometheus.measuring.MeasuringMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "lib.clean_input.CleanInputMiddleware",
    "schedule.site.middleware.ConferenceMiddleware",
    "schedule.site.middleware.ZoneMiddleware",
    "tickets.accounts.sessions.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "tickets.admission.sign_in.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "schedule.site.middleware.MomentMiddleware",
    "tickets.admission.middleware.TicketMiddleware",
    "schedule.site.middleware.MethodMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.csp",
            ],
        },
    }
]

# --- Storage -----------------------------------------------------------------------------------

DATABASES: dict[str, dict[str, Any]] = {
    "default": env_database("DATABASE_URL", default=BASE_DIR / "var" / "front-row.sqlite3")
}
_database = DATABASES["default"]
if _database["ENGINE"].endswith("sqlite3"):
    make_folder_for("DATABASE_URL", _database["NAME"])
    _database["OPTIONS"] = SQLITE_OPTIONS
else:
    # A new connection costs ten times a query; the health check costs nothing on pages without SQL.
    _database["CONN_MAX_AGE"] = 600
    _database["CONN_HEALTH_CHECKS"] = True
    _database["OPTIONS"] = {"connect_timeout": 3, "tcp_user_timeout": 3000} | _database["OPTIONS"]

REDIS_URL = env_url(
    "REDIS_URL", schemes=("redis", "rediss", "unix"), example="redis://127.0.0.1:6379/0"
)
if REDIS_URL:
    CACHES: dict[str, dict[str, Any]] = {
        "default": {
            "BACKEND": "lib.redis_cache.SteadyRedisCache",
            "LOCATION": REDIS_URL,
            "OPTIONS": {
                "CLIENT_CLASS": "lib.redis_cache.QuickClient",
                "SOCKET_CONNECT_TIMEOUT": 0.25,
                "SOCKET_TIMEOUT": 0.25,
            },
        }
    }
else:
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "OPTIONS": {"MAX_ENTRIES": 20_000},
        }
    }
SESSION_ENGINE = "tickets.accounts.sessions"

STATIC_URL = "static/"
STATIC_ROOT = env_str("STATIC_ROOT", default=str(BASE_DIR / "var" / "static"))
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL = "media/"
MEDIA_ROOT = env_str("MEDIA_ROOT", default=str(BASE_DIR / "var" / "media"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "portal.staticfiles.HashedStaticFilesStorage"},
}

# --- People ------------------------------------------------------------------------------------

AUTH_USER_MODEL = "tickets.User"
AUTHENTICATION_BACKENDS = ["tickets.accounts.backends.ConferenceBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "tickets.accounts.passwords.KnownWordsValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "lobby"
ACCOUNT_LOGOUT_REDIRECT_URL = "home"

ACCOUNT_ADAPTER = "tickets.accounts.adapter.AccountAdapter"
# The login page asks for an address and sends a code, to everybody (tickets/accounts/forms.py), so allauth's
# own page for that (LOGIN_BY_CODE_ENABLED) and its signing up are off.
ACCOUNT_FORMS = {
    "login": "tickets.accounts.forms.CodeRequestForm",
    "confirm_login_code": "tickets.accounts.forms.CodeForm",
    "reauthenticate": "tickets.accounts.forms.PasswordAgainForm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]
# The code verifies the address. Who has a password got it from an organizer.
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# Digits, for which every phone has a keypad, in every script. Eight, because whoever asks for 20
# codes an hour, has 20 guesses at each and, from 20 networks, 1,600 at the last is right once in 5 years.
ACCOUNT_LOGIN_BY_CODE_FORMAT = {"numeric": True, "length": 8, "dashed": True}
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 15 * 60
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 5
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_SESSION_REMEMBER = True
# A venue is one address for a thousand people: limits hang on the account or the session, loosely on
# the address. 20 mails an hour: whoever makes us flood a mailbox makes its provider distrust us.
ACCOUNT_RATE_LIMITS = {
    "login": None,  # allauth's own for its login view; ours is the next
    # Twice what 2,000 people in ten minutes need; one core does 8 a second. The key is the network.
    "sign_in": "100/10s/ip,400/m/ip,800/m/key",
    "enter": "10/m/key,1200/m/ip",  # the key is the link
    "login_with_password": "4/10s/ip,15/m/ip",  # half a core's second each; not of known devices
    # The key is the account, or a known device's. As long as a code lives: tickets/accounts/codes/.
    "login_failed": "10/300s/key",
    "request_login_code": "5/15m/key",
    "guess_last_code_here": "20/15m/key",  # the key is account and network
    "guess_last_code": "400/15m/key",
    "confirm_login_code": "20/15m/key",
    # The key is order code and address, however spelled: 80 guesses an hour at 8 digits.
    "order_code": "10/h/user,5/15m/key,1000/h/ip",
    "confirm_order_code": "60/h/user,20/15m/key,3000/h/ip",
    # Each is a mail to an address that somebody typed; who bought for a company assigns many.
    "pass_on": "100/h/user",
    "offer_handover": "30/h/user",
    "take_handover": "10/5m/key,300/m/ip",
    "download_data": "10/h/user",
}
# Above it people wait in line (tickets/accounts/waiting_line.py); a mailed code counts as three. 0: none.
SIGN_INS_PER_SECOND = env_int("SIGN_INS_PER_SECOND", default=25 * (os.cpu_count() or 1))
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
# Authenticator apps drift by half a minute; 0 locks staff out when the server's clock does.
MFA_TOTP_TOLERANCE = 1
MFA_ADAPTER = "tickets.accounts.second_factor.SecondFactorAdapter"
MFA_FORMS = {
    "authenticate": "tickets.accounts.second_factor.SecondFactorForm",
    "reauthenticate": "tickets.accounts.second_factor.SecondFactorAgainForm",
    "add_webauthn": "tickets.accounts.second_factor.AddKeyForm",
    "authenticate_webauthn": "tickets.accounts.second_factor.KeyForm",
    "reauthenticate_webauthn": "tickets.accounts.second_factor.KeyAgainForm",
}

# PKCE: an answer of the provider is of use to the browser alone that asked.
SOCIALACCOUNT_PROVIDERS = {
    kind: {"OAUTH_PKCE_ENABLED": True, **provider} for kind, provider in SOCIAL_PROVIDERS.items()
}
SOCIALACCOUNT_ADAPTER = "tickets.accounts.social.SocialAdapter"
# Links, because a form may not lead to another site (SECURE_CSP).
SOCIALACCOUNT_LOGIN_ON_GET = True
# Whoever may open the admin needs a passkey or an authenticator app (portal/admin.py).
REQUIRE_SECOND_FACTOR = env_bool("REQUIRE_SECOND_FACTOR", default=HTTPS)

# Views of other packages that are not behind the ticket gate, by URL name or namespace. Each has
# its own check, or nothing to protect; portal/tests/test_access.py lists them with reasons. "staff":
# for whoever may open the admin site, whose views then ask for the permission that each needs.
OPEN_URL_NAMES: dict[str, str] = {
    "admin:login": "public",
    "admin:logout": "public",
    "account_inactive": "public",
    "mfa_authenticate": "public",
}
for name in ("account_reauthenticate", "mfa_reauthenticate", "mfa_reauthenticate_webauthn"):
    OPEN_URL_NAMES[name] = "own login"
for name in (
    *("mfa_index", "mfa_activate_totp", "mfa_deactivate_totp", "mfa_view_recovery_codes"),
    *("mfa_generate_recovery_codes", "mfa_download_recovery_codes", "mfa_list_webauthn"),
    *("mfa_add_webauthn", "mfa_edit_webauthn", "mfa_remove_webauthn"),
):
    OPEN_URL_NAMES[name] = "second factor"
for name in SOCIAL_PROVIDERS:
    OPEN_URL_NAMES |= {f"{name}_login": "public", f"{name}_callback": "public"}
    OPEN_URL_NAMES |= {"socialaccount_login_cancelled": "public"}
OPEN_URL_NAMESPACES: dict[str, str] = {"admin": "staff"}

# --- Work in the background --------------------------------------------------------------------

# On where a worker runs (`manage.py worker`): mails and ticket shops then never hold up a page. Off:
# at once, in the process that asked, which needs nothing else and is for one's own machine.
HAS_WORKER = env_bool("HAS_WORKER", default=False)
TASKS = {
    "default": {
        "BACKEND": "django_tasks_db.DatabaseBackend"
        if HAS_WORKER
        else "django.tasks.backends.immediate.ImmediateBackend",
        # Mail has a queue of its own: no code waits for a ticket shop.
        "QUEUES": ["mail", "default"],
        "OPTIONS": {"id_function": "portal.observing.doing.new_task_id"} if HAS_WORKER else {},
    }
}

# --- Mail --------------------------------------------------------------------------------------

MAILERS = {"default": env_mailer("EMAIL_URL", default="consolemail://")}
# Takes over while the first one fails (tickets/mail/relays.py).
if env_str("EMAIL_FALLBACK_URL"):
    MAILERS["fallback"] = env_mailer("EMAIL_FALLBACK_URL")
# Login codes to addresses that nobody here has heard of (tickets/mail/strangers.py).
STRANGER_MAILS_PER_HOUR = env_int("STRANGER_MAILS_PER_HOUR", default=3000)
DEFAULT_FROM_EMAIL = env_str("DEFAULT_FROM_EMAIL", default="Front Row <noreply@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# --- Asking others -----------------------------------------------------------------------------

# How we call ourselves (lib/http_client.py).
HTTP_USER_AGENT = "Front-Row"
# A conference by its slug, the beginning of an address, and the token that its feeds send to what
# begins so: nobody who may type an address has a token sent elsewhere, or reads with another
# conference's (schedule/feeds/fetching.py).
FEED_TOKENS: dict[str, str] = env_dict(
    "FEED_TOKENS",
    example="mycon:https://pretalx.example.org/api/events/mycon/=0123456789abcdef",
    keys=r"[-\w]+:https?://.+",
)
# Whose a secret in the environment is, and the beginning of the address that it may be sent to; a
# key that signs has none (lib/sealing.py).
SECRET_BINDINGS: dict[str, str] = env_dict(
    "SECRET_BINDINGS",
    example="FRONT_ROW_PRETIX_TOKEN=mycon:https://pretix.eu/,FRONT_ROW_MUX_KEY=mycon",
    keys=r"FRONT_ROW_\w+",
    values=r"[-\w]+(:https?://.+)?",
)
# Servers in our own network that feeds and ticket shops may ask, also without TLS (lib/http_client.py).
PRIVATE_HOSTS: list[str] = env_servers("PRIVATE_HOSTS")

# --- Streams -----------------------------------------------------------------------------------

# Where this machine reads the playlists of our own host, past the gate (streaming/probes/fetch.py).
LOOPBACK_URL = env_url("LOOPBACK_URL", schemes=("http", "https"), default="http://127.0.0.1:8000")

# Our own origin (docs/own-origin.md); without a secret there is none. Where encoders send to, when
# it is not port 1935 of the conference's host; and the inner side of nginx' RTMP.
ORIGIN_SECRET = env_str("ORIGIN_SECRET")
RTMP_URL = env_str("RTMP_URL")
ORIGIN_STAGE = env_str("ORIGIN_STAGE", default="127.0.0.1:1936")
RECORDINGS_ROOT = env_str("RECORDINGS_ROOT", default=str(BASE_DIR / "var" / "recordings"))

# Words for everybody, for when nothing else can be said (docs/operations.md).
EMERGENCY_FILE = env_str("EMERGENCY_FILE", default=str(BASE_DIR / "var" / "emergency.txt"))
BACKUP_FOLDER = env_str("BACKUP_FOLDER")  # where lib/backups reports
# Whom manage.py alarm tells, what it asks when a round went well, and what it has told (docs/alarms.md).
ALARMS_TO = env_alarms("ALARMS_TO")
ALARM_PING_URL = env_url(
    "ALARM_PING_URL", schemes=("https", "http"), example="https://hc-ping.com/1"
)
ALARM_STATE = env_str("ALARM_STATE", default=str(BASE_DIR / "var" / "alarms.json"))
# After a conference (portal/keeping/timetable.py). 0: until somebody runs manage.py anonymise.
PEOPLE_KEPT_DAYS = env_int("PEOPLE_KEPT_DAYS", default=730)

# --- Words and time ----------------------------------------------------------------------------

TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]

# --- Security ----------------------------------------------------------------------------------

# Stream hosts are added to the pages that play (streaming/watching/csp.py).
SECURE_CSP: dict[str, list[str]] = {
    "default-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
}
# "same-origin", Django's default, sends no referrer to players: YouTube answers with error 153.
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
# Before the names of all cookies (schedule/site/cookies.py): browsers keep such a cookie for one host.
COOKIE_PREFIX = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid", f"{COOKIE_PREFIX}csrftoken"
LANGUAGE_COOKIE_NAME = f"{COOKIE_PREFIX}language"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
MESSAGE_STORAGE = "schedule.site.cookies.MessageStorage"
CSRF_COOKIE_HTTPONLY, CSRF_FAILURE_VIEW = True, "tickets.accounts.login.too_old"
SECURE_SSL_REDIRECT = HTTPS
# The probes of the machine itself speak plain HTTP.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# HSTS for subdomains and preloading bind hosts that are not ours to bind.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

# --- Logs --------------------------------------------------------------------------------------

_levels = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_level = env_str("LOG_LEVEL", default="INFO", choices=_levels)
LOGGING = log_settings(_level, debug=DEBUG)
SENTRY_DSN = env_url("SENTRY_DSN", schemes=("https", "http"), example="https://key@host/1")
