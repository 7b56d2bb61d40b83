from django.apps import AppConfig
from django.db.models.signals import post_delete


class CrawlersConfig(AppConfig):
    name = "crawlers"
    verbose_name = "Crawlers"

    def ready(self) -> None:
        from crawlers.folders import drop_folder
        from crawlers.models import CrawlRun
        from crawlers.needs import needs
        from jobs.needs import register

        register(needs)
        post_delete.connect(drop_folder, sender=CrawlRun)
