"""Django's settings, all in one file. What an operator may change comes from ``environment``."""

import sys
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _

from zhiyin.config import environment

ENVIRONMENT = environment.read()
PACKAGE = Path(__file__).resolve().parent.parent

SECRET_KEY = ENVIRONMENT.secret_key
DATA_KEYS = ENVIRONMENT.data_keys
DATA_DIR = ENVIRONMENT.data_dir
ANALYTICS_URL = ENVIRONMENT.analytics_url
BASE_URL = ENVIRONMENT.base_url
DEBUG = ENVIRONMENT.debug
TRUSTED_PROXIES = ENVIRONMENT.trusted_proxies
PRIVATE_GATEWAYS = ENVIRONMENT.private_gateways
KEEP_MONTHS = ENVIRONMENT.keep_months
NUMBER_REPLIES = ENVIRONMENT.number_replies
# The host is checked by zhiyin.ui.middleware against BASE_URL in production; links are built from BASE_URL alone.
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", urlsplit(BASE_URL).hostname or "localhost"]

ROOMS = [
    "ledger",
    "messaging",
    "metrics",
    "ui",
    "people",
    "journey",
    "surveys",
    "outreach",
    "responses",
    "insight",
    "cases",
    "alerts",
    "reports",
    "reports.explorer",
    "packs",
]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "csp",
    "django_htmx",
    "template_partials",
    "ninja",  # without it ninja's documentation page loads its scripts from a CDN
    *(f"zhiyin.{room}" for room in ROOMS),
]
if DEBUG or "makemigrations" in sys.argv:
    INSTALLED_APPS.append("django_linear_migrations")

MIDDLEWARE = [
    "zhiyin.ui.middleware.request_frame",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "zhiyin.ui.for_pages.content_policy",
    "zhiyin.ui.for_pages.sessions",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "zhiyin.ui.for_pages.forgery",
    "zhiyin.ui.for_pages.authentication",
    "zhiyin.ui.for_pages.messages",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "zhiyin.ui.for_pages.htmx",
    "zhiyin.people.middleware.signed_in_or_sent_to_log_in",
]
ROOT_URLCONF = "zhiyin.config.urls"
WSGI_APPLICATION = "zhiyin.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csrf",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "zhiyin.ui.context.console",
            ],
            "builtins": ["zhiyin.ui.templatetags.zhiyin"],
        },
    }
]


def _database(url: str) -> dict[str, object]:
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        # Our own thin backend: pysqlite3's SQLite, WAL, and transactions that begin IMMEDIATE (RELIABILITY 0.2).
        return {
            "ENGINE": "zhiyin.config.sqlite",
            "NAME": unquote(url.removeprefix("sqlite:///")),
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-32000;",
            },
            "CONN_MAX_AGE": None,
        }
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or dict(parse_qsl(parts.query)).get("host", "")),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": None,
        "OPTIONS": {"connect_timeout": 10},
    }


DATABASES = {"default": _database(ENVIRONMENT.database_url)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "people.Staff"
LOGIN_URL = "people:log_in"
LOGIN_REDIRECT_URL = "/"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

LANGUAGE_CODE = ENVIRONMENT.language
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LANGUAGE_COOKIE_NAME = "zhiyin_language"
LOCALE_PATHS = [PACKAGE / "locale"]
TIME_ZONE = ENVIRONMENT.time_zone
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = PACKAGE / "static"  # collected at build time, git-ignored, shipped in the wheel
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "zhiyin.ui.storage.HashedStaticFiles"},
}
# Nobody asks for a plain name, and source maps are for ninja's own developers: 29 s of compressing became 5 s.
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ("map", "woff2", "png", "jpg", "ico", "gz", "br")

SECURE = BASE_URL.startswith("https://")
SESSION_COOKIE_NAME = "__Host-zhiyin" if SECURE else "zhiyin"
CSRF_COOKIE_NAME = "__Host-zhiyin-csrf" if SECURE else "zhiyin-csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600  # absolute; idle time-out is people.middleware's
CSRF_TRUSTED_ORIGINS = [BASE_URL]
CSRF_FAILURE_VIEW = "zhiyin.ui.errors.csrf_failure"
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
# Under "no-referrer" browsers send `Origin: null` with every form, and Django refuses it. Pages whose address is a
# secret (the survey) set "no-referrer" themselves.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "manifest-src": [SELF],
        "frame-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
FILE_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024

# metrics knows no room: it finds the list of measures through this name, as Django finds ROOT_URLCONF.
CATALOGUE = "zhiyin.catalogue"
LOOP = "zhiyin.loop"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {"django.request": {"level": "ERROR"}, "httpx": {"level": "WARNING"}},
}
