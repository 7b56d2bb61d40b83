from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from catalog.management.base import BadInput, ReportingCommand


class Command(ReportingCommand):
    help = "Measure search, encoding, walls, the labelling room or a crawl here; takes minutes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("what", choices=["search", "encode", "walls", "room", "crawl"])
        parser.add_argument(
            "--size", type=int, help="search, room, crawl: products; default: 20000, crawl: 5000"
        )
        parser.add_argument(
            "--images", type=Path, metavar="DIR", help="encode: these pictures, not drawn ones"
        )
        parser.add_argument("--count", type=int, default=400, help="encode: how many pictures")
        parser.add_argument("--queries", type=int, default=200, help="search: queries a setting")
        parser.add_argument("--keys", type=int, default=60, help="room: keys to press")
        parser.add_argument("--no-peers", action="store_true", help="search: measure ours only")
        parser.add_argument("--seconds", type=float, default=60.0, help="walls: length of a load")
        parser.add_argument(
            "--width", type=int, default=3000, help="walls: of the visitors' photos, in px"
        )

    def handle(
        self,
        *args: Any,
        what: str,
        size: int | None,
        queries: int,
        images: Path | None,
        count: int,
        keys: int,
        seconds: float,
        width: int,
        **options: Any,
    ) -> None:
        if size is None:
            size = 5_000 if what == "crawl" else 20_000
        least = 20 if what == "crawl" else 1_000
        if not least <= size <= 10_000_000:
            raise BadInput(f"--size must be {least} to 10000000, not {size}.")
        if not 10 <= queries <= 10_000:
            raise BadInput(f"--queries must be 10 to 10000, not {queries}.")
        if not 1 <= seconds <= 3600:
            raise BadInput(f"--seconds must be 1 to 3600, not {seconds:g}.")
        if not 20 <= count <= 100_000:
            raise BadInput(f"--count must be 20 to 100000, not {count}.")
        if not 1 <= keys <= 1_000:
            raise BadInput(f"--keys must be 1 to 1000, not {keys}.")
        if images is not None and not images.is_dir():
            raise BadInput(f"There is no folder {images}.")
        if not 300 <= width <= 5000:
            raise BadInput(f"--width must be 300 to 5000, not {width}.")
        try:
            # What they measure with comes with the tools for development, not with the site.
            from tests.benchmarks import crawl, encode, report, room, search, walls
        except ImportError as error:
            raise BadInput(
                f"{error}: install the dependency groups dev and bench "
                "(“uv sync --group dev --group bench”, or “make bench”)."
            ) from error

        def tell(text: str) -> None:
            self.stderr.write(text)

        if what == "search":
            peers = () if options["no_peers"] else search.PEERS
            result = search.bench(size, queries=queries, peers=peers, on_progress=tell)
        elif what == "encode":
            try:
                result = encode.bench(images=images, count=count, on_progress=tell)
            except ValueError as error:
                raise BadInput(error) from error
        elif what == "crawl":
            result = crawl.bench(size, on_progress=tell)
        elif what == "room":
            result = room.bench(size, keys=keys, on_progress=tell)
        else:
            result = walls.bench(seconds=seconds, width=width, on_progress=tell)
        self.report(result, as_json=options["json"], summary=report.page([result]))
