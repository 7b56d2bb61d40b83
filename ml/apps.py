from django.apps import AppConfig


class MlConfig(AppConfig):
    name = "ml"
    verbose_name = "Machine learning"

    def ready(self) -> None:
        from catalog.room import guesses
        from jobs.needs import register
        from ml.guesses import LiveVersions
        from ml.needs import needs

        register(needs)
        guesses.register(LiveVersions())
