from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        from config import celery, checks  # noqa: F401  (registers the app and the checks)
        from config.roles import make_missing_roles

        # Told of auth after the apps that come before it, whose permissions are there by then.
        post_migrate.connect(make_missing_roles, sender=apps.get_app_config("auth"))
