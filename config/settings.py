"""All settings of the site; what a machine changes comes from environment variables.

Without any, the project runs on its own PostgreSQL and Redis under ``PENDANT_HOME``.
"""

import os
import secrets
from pathlib import Path
from typing import Any

import django_stubs_ext
from psycopg.conninfo import conninfo_to_dict

from config import env, services

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
PENDANT_HOME = services.home()
PENDANT_SHARED = env.path("PENDANT_SHARED", BASE_DIR.parent / "shared")


def secret_key() -> str:
    """Return SECRET_KEY, or one made once and kept in PENDANT_HOME for this user alone."""
    if key := os.environ.get("SECRET_KEY"):
        return key
    path = PENDANT_HOME / "secret_key"
    if not path.exists():
        PENDANT_HOME.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(f"secret_key.{os.getpid()}")
        aside.touch(mode=0o600)
        aside.write_text(secrets.token_urlsafe(50))
        try:
            os.link(aside, path)
        except FileExistsError:
            pass
        finally:
            aside.unlink()
    return path.read_text()


def database() -> dict[str, Any]:
    """Return Django's connection settings for DATABASE_URL or the embedded PostgreSQL."""
    if url := os.environ.get("DATABASE_URL"):
        parts = conninfo_to_dict(url)
        settings: dict[str, Any] = {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": parts.pop("dbname", "pendant"),
            "USER": parts.pop("user", ""),
            "PASSWORD": parts.pop("password", ""),
            "HOST": parts.pop("host", ""),
            "PORT": str(parts.pop("port", "")),
            "OPTIONS": dict(parts),
        }
    else:
        settings = services.database_settings(PENDANT_HOME)
    timeout_ms = env.integer("STATEMENT_TIMEOUT_MS", 60_000)
    options = settings.setdefault("OPTIONS", {})
    options.setdefault("connect_timeout", 5)
    options["options"] = " ".join(
        filter(
            None,
            [
                str(options.get("options", "")),
                f"-c statement_timeout={timeout_ms}",
                "-c hnsw.iterative_scan=strict_order",
            ],
        )
    )
    if pool_size := env.integer("DATABASE_POOL", 0):
        options["pool"] = {"min_size": 1, "max_size": pool_size, "timeout": 5}
    settings["CONN_HEALTH_CHECKS"] = True
    return settings


DEBUG = env.flag("DEBUG", default=False)
SECRET_KEY = secret_key()
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS", [])
HTTPS = env.flag("HTTPS", default=False)

INSTALLED_APPS = [
    "config",
    "jobs",
    "catalog",
    "ml",
    "recommendations",
    "crawlers",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "csp",
    "django_celery_beat",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "recommendations.middleware.limit_body",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {"default": database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env.text("REDIS_URL", services.redis_url(PENDANT_HOME))

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

LANGUAGE_CODE = "en"
TIME_ZONE = env.text("TIME_ZONE", "UTC")
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = env.path("STATIC_ROOT", PENDANT_HOME / "static")
WHITENOISE_USE_FINDERS = True
STORAGES = {
    "default": {"BACKEND": "catalog.storage.AtomicFileStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
MEDIA_ROOT = env.path("MEDIA_ROOT", PENDANT_HOME / "media")

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 31_536_000
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "manifest-src": ["'self'"],
    },
}

# One photo and a few short fields; a larger body is refused while it is read.
PHOTO_MAX_BYTES = env.integer("PHOTO_MAX_BYTES", 20 * 1024 * 1024, at_least=1)
DATA_UPLOAD_MAX_NUMBER_FILES = 1
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.LimitOffsetPagination",
    "PAGE_SIZE": 24,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Pendant",
    "DESCRIPTION": "A photo and a price in, the pieces that belong with it out.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

CELERY_BROKER_URL = (
    "redis+socket://" + REDIS_URL.removeprefix("unix://")
    if REDIS_URL.startswith("unix://")
    else REDIS_URL
)
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
# The row in Postgres is the work and the message only a doorbell: acknowledged early, a lost
# one is rung again by the sweeper.
CELERY_TASK_ACKS_LATE = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": 2,
    "socket_connect_timeout": 1,
    "health_check_interval": 10,
    "max_retries": 0,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.2,
}
CELERY_TASK_PUBLISH_RETRY = False

# What owners have crawled regularly lies in the database, where the beat process finds it.
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = 30
CELERY_TIMEZONE = TIME_ZONE

# Work that is derived from the rows and swept up with the jobs: functions without arguments.
SWEEPS = [
    "ml.embedding.sweep_embeddings",
    "ml.services.sweep_logs",
    "crawlers.schedule.start_overdue",
    "recommendations.services.purge_expired",
    "recommendations.services.purge_orphans",
]

# ml.networks.precision reads the variable itself; what is none of its choices is refused here.
PRECISIONS = ("auto", "bfloat16", "float32")
ENCODER_PRECISION = env.choice("ENCODER_PRECISION", "auto", PRECISIONS)

DEFAULT_CURRENCY = env.text("DEFAULT_CURRENCY", "USD")
RETENTION_DAYS = env.integer("RETENTION_DAYS", 30, at_least=1)
QUEUE_LIMIT = env.integer("QUEUE_LIMIT", 200, at_least=1)
# An address or page of who answers for the crawlers: shops see it, and public ones want it.
CRAWLER_CONTACT = env.text("CRAWLER_CONTACT", "")
CRAWLER_PACE = env.choice("CRAWLER_PACE", "polite", ("polite", "full"))
FETCH_PRIVATE_ADDRESSES = env.flag("FETCH_PRIVATE_ADDRESSES", default=False)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "WARNING")},
    "loggers": {
        name: {"level": env.text("LOG_LEVEL", "INFO")}
        for name in ("jobs", "catalog", "ml", "recommendations", "crawlers", "config")
    }
    # It warns of functions that are traced for batches of another size, which is meant.
    | {"tensorflow": {"level": "ERROR"}},
}
