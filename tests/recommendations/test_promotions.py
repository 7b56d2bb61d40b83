"""Versions change places under traffic: every search is answered, by one version alone."""

from collections import Counter
from pathlib import Path
from threading import Event, Thread

import pytest
from django.db import connection
from django.test import Client

from ml.models import ModelVersion
from tests.ml.rows import candidate
from tests.recommendations.helpers import add_products, embed, near

PIECES, VISITORS, PROMOTIONS = 12, 4, 40


@pytest.mark.django_db(transaction=True)
def test_no_search_fails_or_mixes_versions(media: Path) -> None:
    """The second version orders the pieces the other way, so each answer tells its version."""
    first = candidate()
    vectors = [near(0.05 * place, 1 + place) for place in range(PIECES)]
    products = add_products(first, vectors)
    second = candidate()
    pictures = [product.pictures.get() for product in products]
    embed(second, dict(zip(pictures, [vectors[0], *reversed(vectors[1:])], strict=True)))
    first.promote()
    orders = {
        tuple(str(one.public_id) for one in products[1:]): "first",
        tuple(str(one.public_id) for one in reversed(products[1:])): "second",
    }
    url = f"/api/products/{products[0].public_id}/similar/"
    answers: Counter[str] = Counter()
    over = Event()

    def visit() -> None:
        client = Client()
        try:
            while not over.is_set():
                response = client.get(url, {"count": PIECES})
                if response.status_code != 200:
                    answers[f"status {response.status_code}"] += 1
                    continue
                order = tuple(one["product"]["id"] for one in response.json()["results"])
                answers[orders.get(order, f"mixed: {order}")] += 1
        except Exception as error:  # noqa: BLE001  # whatever a visitor meets is shown below
            answers[repr(error)] += 1
        finally:
            connection.close()

    visitors = [Thread(target=visit) for _ in range(VISITORS)]
    for visitor in visitors:
        visitor.start()
    try:
        for turn in range(PROMOTIONS):
            one = ModelVersion.objects.get(pk=(second, first)[turn % 2].pk)
            one.promote()
    finally:
        over.set()
        for visitor in visitors:
            visitor.join()
    assert set(answers) == {"first", "second"}
    assert min(answers.values()) >= 3
