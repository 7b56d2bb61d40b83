"""Category rules: which department and label a shop's category means."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from django.db.models import Q

from catalog.models import Label, Product, Source
from catalog.upserting import put_labels
from crawlers.models import CategoryRule


def catches(words: str, category: str) -> bool:
    """Say whether the words stand in the category, whole and in this order, in any case.

    Where commas part the words, any of the parts may. What stands between two words does not
    matter, as in “art-prints” for “art prints”.
    """
    parts = (part.split() for part in words.split(","))
    return any(_stand(part, category) for part in parts if part)


def _stand(words: Sequence[str], category: str) -> bool:
    text = r"[\W_]+".join(re.escape(word) for word in words)
    return re.search(rf"(?<![^\W_]){text}(?![^\W_])", category, re.IGNORECASE) is not None


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules that hold for one source, in order. department: where none catches."""

    rules: Sequence[CategoryRule]
    department: str = ""

    @classmethod
    def of(cls, source: Source, department: str = "") -> Self:
        rules = CategoryRule.objects.filter(Q(source=source) | Q(source=None))
        return cls(list(rules.select_related("label")), department)

    def first(self, category: str) -> CategoryRule | None:
        """Return the first rule that catches the category."""
        return next((rule for rule in self.rules if catches(rule.words, category)), None)

    def department_of(self, category: str) -> str:
        """Return the department of a category; "" where no rule and no crawl says one."""
        rule = self.first(category)
        return rule.department if rule else self.department

    def label_of(self, product: Product) -> Label | None:
        """Return the label of a product by its category, where it is one of its department."""
        rule = self.first(product.category)
        if rule is None or rule.label is None or rule.department != product.department:
            return None
        return rule.label

    def put_labels(self, source: Source, products: Iterable[Product]) -> None:
        """Label the products' pictures as the rules say."""
        labels = {product.pk: self.label_of(product) for product in products}
        put_labels(source, {pk: label for pk, label in labels.items() if label is not None})


@dataclass(frozen=True, slots=True)
class Caught:
    """A category of the catalogue that a rule would catch; earlier: the rule that has it now."""

    source: str
    category: str
    products: int
    earlier: CategoryRule | None


def preview(rule: CategoryRule) -> list[Caught]:
    """Return the categories of the catalogue that a rule, stored or not, would catch."""
    products = Product.objects.active().exclude(category="")
    if rule.source is not None:
        products = products.filter(source=rule.source)
    counts: Counter[tuple[int, str, str]] = Counter(
        products.order_by().values_list("source_id", "source__name", "category").iterator()
    )
    before = [
        one
        for one in CategoryRule.objects.exclude(pk=rule.pk)
        if (one.order, one.pk) < (rule.order, rule.pk or float("inf"))
    ]
    caught = []
    for (source_id, source, category), count in sorted(counts.items()):
        if catches(rule.words, category):
            mine = [one for one in before if one.source_id in (None, source_id)]
            caught.append(Caught(source, category, count, Rules(mine).first(category)))
    return caught
