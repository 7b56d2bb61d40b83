from django.apps import AppConfig


class RecommendationsConfig(AppConfig):
    name = "recommendations"

    def ready(self) -> None:
        from jobs.needs import register
        from recommendations.needs import needs

        register(needs)
