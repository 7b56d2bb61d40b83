"""What changes of the catalogue cost, and what they do to the index."""

import time
from typing import Any

import numpy as np
from django.db import connection

from tests.benchmarks.synthetic import Synthetic, embed, without_timeout

# So many pieces change, of those there are; no more than is measured in a few minutes.
SHARE, MOST = 0.02, 1_000


def live(data: Synthetic) -> list[dict[str, Any]]:
    """Change prices, take pieces out and put them back; return what each step took and left.

    The catalogue is as before in the end, its index a little larger.
    """
    count = min(MOST, round(SHARE * len(data.prices)))
    chosen = np.random.default_rng(29).choice(len(data.prices), count, replace=False)
    products = [int(place) + 1 for place in chosen]
    steps = [{"step": "before", **_sizes(data)}]

    def step(name: str, *statements: str) -> None:
        started = time.perf_counter()
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement, [products] if "%s" in statement else None)
        if not statements:
            embed(data, chosen)
        seconds = time.perf_counter() - started
        steps.append({"step": name, "pieces": count, "seconds": round(seconds, 2), **_sizes(data)})

    step("prices change", "UPDATE catalog_product SET price = price + 1 WHERE id = ANY(%s)")
    step("prices change back", "UPDATE catalog_product SET price = price - 1 WHERE id = ANY(%s)")
    step(
        "pieces are taken out",
        "DELETE FROM ml_offer WHERE product_id = ANY(%s)",
        "DELETE FROM ml_embedding WHERE product_id = ANY(%s)",
    )
    with without_timeout():
        # It mends the neighbours of all that went.
        step("vacuum", "VACUUM (ANALYZE) ml_embedding, ml_offer")
    step("pieces are put back")
    return steps


def _sizes(data: Synthetic) -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_relation_size(to_regclass(%s)), pg_total_relation_size('ml_offer')",
            [data.version.index_name],
        )
        index, offers = cursor.fetchone()
    return {"index_bytes": index, "offers_bytes": offers}
