import json
import signal
from argparse import ArgumentParser
from typing import Any
from urllib.parse import urlsplit

from catalog.management.base import BadInput, Failed, ReportingCommand
from crawlers import services
from crawlers.models import CrawlRun, all_read

COUNTS = ("items", "created", "updated", "unchanged", "delisted", "failed")


class Command(ReportingCommand):
    help = "Crawl a shop or museum: fetch politely what it offers, and store it as products."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("spider", help=f"one of {', '.join(services.SPIDERS)}")
        parser.add_argument("url")
        parser.add_argument("--source", default="", help="the shop's name; its host by default")
        parser.add_argument(
            "--department", default="", help="of products that no category rule catches"
        )
        parser.add_argument(
            "--currency", default="", help="of prices for which the shop names none, as in EUR"
        )
        parser.add_argument("--limit", type=int, help="products after which to stop")

    def handle(
        self, *args: Any, spider: str, url: str, source: str, department: str, **options: Any
    ) -> None:
        # A supervisor's way to say Ctrl-C.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            host = urlsplit(url).hostname
            crawl = services.crawl_of(
                source or host or "crawl", spider, url, department, options["currency"]
            )
            run = services.start_crawl(crawl, limit=options["limit"], ring=False)
        except (services.CrawlError, ValueError) as error:
            if options["json"]:
                self.stdout.write(json.dumps(_result("failed", {}, str(error))))
            raise BadInput(error) from error
        try:
            with self.progress("Crawling", None) as bar:

                def show(progress: dict[str, Any]) -> None:
                    total = progress.get("total") or max(progress["items"], 1)
                    bar.move_to(progress["items"], total, _how_far(progress))

                run = services.crawl_now(run, show)
        except KeyboardInterrupt:
            raise Failed(
                "Stopped. What was read before is kept: run it again.", returncode=130
            ) from None
        is_done = run.state == CrawlRun.State.DONE
        if options["json"] or is_done or run.progress.get("items"):
            self.report(
                _result(run.shown_as, run.progress, run.error or run.remark),
                as_json=options["json"],
                summary=_summary(run),
            )
        if not is_done:
            raise Failed(run.error)


def _how_far(progress: dict[str, Any]) -> str:
    if all_read(progress):
        return f"All products read, {progress.get('pictures', 0)} pictures fetched"
    return f"Crawling, {progress['rate']} a second"


def _result(state: str, progress: dict[str, Any], reason: str) -> dict[str, Any]:
    return {"state": state, **{name: progress.get(name, 0) for name in COUNTS}, "reason": reason}


def _summary(run: CrawlRun) -> str:
    counts = {name: run.progress.get(name, 0) for name in COUNTS}
    pictures = run.progress.get("pictures", 0)
    text = ", ".join(f"{count} {name}" for name, count in counts.items())
    return f"{text}, {pictures} pictures added. {run.remark}".strip()
