from django.apps import AppConfig


class CrawlersConfig(AppConfig):
    name = "crawlers"
    verbose_name = "Crawlers"

    def ready(self) -> None:
        from crawlers.needs import needs
        from jobs.needs import register

        register(needs)
