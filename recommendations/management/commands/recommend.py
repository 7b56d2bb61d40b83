import re
import time
from argparse import ArgumentParser
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError

from catalog.management.base import BadInput, ReportingCommand
from catalog.models import Department, no_such_department
from catalog.photos import PhotoError
from jobs.models import Refused
from recommendations import services, walls
from recommendations.forms import HIGHEST_PRICE
from recommendations.intake import check_range, cleaned, too_large
from recommendations.models import DEFAULT_COUNT, MAX_COUNT, MIN_COUNT
from recommendations.search import UnknownLabel, Wishes


def price(text: str | None) -> Decimal | None:
    """Read a price from the command line; raises BadInput."""
    if text is None:
        return None
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise BadInput(f"A price is a number such as 60 or 59.90, not {text!r}.") from None
    if not amount.is_finite() or not 0 <= amount <= HIGHEST_PRICE:
        raise BadInput(f"A price is between 0 and {HIGHEST_PRICE}, not {text}.")
    return amount


class Command(ReportingCommand):
    help = "Find the pieces that belong with a photo, under a price; nothing is stored."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("photo", type=Path)
        parser.add_argument("--department", required=True)
        parser.add_argument("--price-min", metavar="X")
        parser.add_argument("--price-max", metavar="Y")
        parser.add_argument("--currency", default=settings.DEFAULT_CURRENCY)
        parser.add_argument("--count", type=int, default=DEFAULT_COUNT)
        parser.add_argument("--label", help="only what the encoder takes for this")
        parser.add_argument(
            "--wall", type=Path, metavar="OUT.svg", help="hang them on a wall (art)"
        )

    def handle(
        self, *args: Any, photo: Path, department: str, wall: Path | None, **options: Any
    ) -> None:
        if department not in Department.values:
            raise BadInput(no_such_department(department))
        if not MIN_COUNT <= options["count"] <= MAX_COUNT:
            raise BadInput(f"--count must be {MIN_COUNT} to {MAX_COUNT}, not {options['count']}.")
        if wall is not None and department != Department.ART:
            raise BadInput("--wall hangs art only.")
        if wall is not None and not wall.absolute().parent.is_dir():
            raise BadInput(f"There is no folder {wall.absolute().parent} to write the wall to.")
        if not re.fullmatch("[A-Z]{3}", options["currency"]):
            raise BadInput(
                f"A currency is three capital letters such as USD, not {options['currency']!r}."
            )
        wishes = Wishes(
            department=department,
            price_min=price(options["price_min"]),
            price_max=price(options["price_max"]),
            currency=options["currency"],
            count=options["count"],
            label=options["label"],
        )
        try:
            check_range(wishes.price_min, wishes.price_max)
            if photo.exists() and not photo.is_file():
                raise BadInput(f"{photo} is not a file.")
            if photo.stat().st_size > settings.PHOTO_MAX_BYTES:
                raise BadInput(f"{photo}: {too_large()}")
            clean = cleaned(photo.read_bytes())
        except ValidationError as error:
            raise BadInput(error.messages[0]) from error
        except PhotoError as error:
            raise BadInput(f"{photo}: {error}") from error
        except OSError as error:
            raise BadInput(f"{photo} cannot be read: {error.strerror}.") from error

        from ml.networks.artifact import ArtifactError
        from ml.networks.pixels import decode_rgb

        rgb = decode_rgb(clean.jpeg)
        try:
            services.live_version(department)
            services.warm_up([department])
            started = time.perf_counter()
            result = services.recommend(rgb, wishes, to_hang=wall is not None)
        except Refused as error:
            raise BadInput(
                f"{error} Run “manage.py train {department} --promote” first."
            ) from error
        except (ArtifactError, UnknownLabel) as error:
            raise BadInput(error) from error
        except OSError as error:
            raise BadInput(
                "Pictures of the catalogue are gone or broken: import them again."
            ) from error
        took_ms = round((time.perf_counter() - started) * 1000)
        if wall is not None:
            drawing = walls.draw_found(result.cropped, result.prints)
            try:
                wall.write_text(drawing, encoding="utf-8")
            except OSError as error:
                raise BadInput(f"{wall} cannot be written: {error.strerror}.") from error
        output = {
            "department": department,
            "label": result.label or None,
            "confidence": result.confidence,
            "is_weak": result.is_weak,
            "next_price": None if result.next_price is None else float(result.next_price),
            "matches": [
                {
                    "rank": rank,
                    "external_id": found.product.external_id,
                    "title": found.product.title,
                    "price": None if found.product.price is None else float(found.product.price),
                    "currency": found.product.currency,
                    "url": found.product.url,
                    "distance": round(found.distance, 6),
                }
                for rank, found in enumerate(result.found, start=1)
            ],
            "model_version": result.version.number,
            "took_ms": took_ms,
        }
        lines = [
            f"{rank}. {found.product.title}, {walls.price_text(found.product) or 'no price'}"
            f"  {found.product.url}"
            for rank, found in enumerate(result.found, start=1)
        ]
        if len(result.found) < wishes.count and result.next_price is not None:
            lines.append(f"The next piece costs {result.next_price} {wishes.currency}.")
        self.report(
            output,
            as_json=options["json"],
            summary="\n".join(lines) or "Nothing fits these wishes.",
        )
