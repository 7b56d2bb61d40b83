"""How far labellers agree: shares, Cohen's and Fleiss' kappa, by pair and by label; and with
themselves, on pictures that they were shown again."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import Count

from catalog.models import Annotation, Answer, Department, Label, no_such_department

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# What a labeller chose who could not decide.
UNDECIDED = "undecided"

# Counts of (one's label, the other's label).
Table = Mapping[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How two labellers' labels compare on the ``both`` pictures that both looked at.

    ``share`` of them have one label from both, in [0, 1]; ``kappa`` is Cohen's (1960), in [-1, 1],
    None where both used one label only, or nothing was looked at by both.
    """

    both: int
    agreed: int
    share: float | None
    kappa: float | None


@dataclass(frozen=True, slots=True)
class Pair:
    """Two labellers, by name, how they agree, and how on each label.

    A label's share is that of the pictures that one of them gave it to which both gave it to; its
    kappa is that of "this label or another".
    """

    one: str
    other: str
    agreement: Agreement
    labels: Mapping[str, Agreement]


@dataclass(frozen=True, slots=True)
class Report:
    """The agreement in a department: of each pair, and of all on what several looked at.

    ``fleiss`` is Fleiss' kappa (1971), in [-1, 1], over the ``pictures`` that at least two looked
    at, each however many; None where it says nothing.
    """

    pairs: Sequence[Pair]
    pictures: int
    fleiss: float | None


def agreement_in(department: str) -> Report:
    """Compare all labellers of a department, in two queries.

    Raises ValueError for an unknown department.
    """
    if department not in Department.values:
        raise ValueError(no_such_department(department))
    tables: dict[tuple[str, str], Counter[tuple[str, str]]] = {}
    for one, other, label, another, count in _rows(_PAIRS, department):
        tables.setdefault((one, other), Counter())[label, another] = count
    pairs = [
        Pair(one, other, compare(table), {label: _on(table, label) for label in _labels(table)})
        for (one, other), table in sorted(tables.items())
    ]
    votes: dict[int, Counter[str]] = {}
    for picture, label in _rows(_SEVERAL, department):
        votes.setdefault(picture, Counter())[label] += 1
    return Report(pairs, len(votes), fleiss_kappa(list(votes.values())))


def with_oneself(labeller: "User | None" = None) -> dict[str, dict[str, Agreement]]:
    """Return how far people agree with what they said before, by department and name.

    ``labeller`` is the one person to ask of; without, everybody is. It is measured on what they
    were shown again, in two queries; labels that were merged since count as the one in their place.
    """
    action = Answer.Action
    again = Answer.objects.filter(
        is_repeat=True, undone_at=None, action__in=(action.LABEL, action.UNDECIDED)
    )
    if labeller is not None:
        again = again.filter(labeller=labeller)
    names: dict[int | None, str] = {
        pk: one.today.name for pk, one in Label.objects.linked().items()
    }
    tables: dict[tuple[str, str], Counter[tuple[str, str]]] = {}
    counted = again.order_by().values_list(
        "picture__product__department", "labeller__username", "label_before", "label"
    )
    for department, name, before, label, count in counted.annotate(count=Count("pk")):
        table = tables.setdefault((department, name), Counter())
        table[names.get(before, UNDECIDED), names.get(label, UNDECIDED)] += count
    own: dict[str, dict[str, Agreement]] = {}
    for (department, name), table in sorted(tables.items()):
        own.setdefault(department, {})[name] = compare(table)
    return own


def compare(table: Table) -> Agreement:
    """Return how two labellers agree, of whom ``table`` counts what both chose."""
    both = sum(table.values())
    agreed = sum(count for (one, other), count in table.items() if one == other)
    if not both:
        return Agreement(0, 0, None, None)
    first, second = Counter[str](), Counter[str]()
    for (one, other), count in table.items():
        first[one] += count
        second[other] += count
    by_chance = sum(first[label] * second[label] for label in first) / both**2
    kappa = None if by_chance == 1 else (agreed / both - by_chance) / (1 - by_chance)
    return Agreement(both, agreed, agreed / both, kappa)


def fleiss_kappa(votes: Sequence[Mapping[str, int]]) -> float | None:
    """Return Fleiss' kappa of pictures that at least two looked at; None where it says nothing.

    ``votes`` counts each picture's labels. Where pictures have different numbers of votes, a
    picture's agreement is that of its pairs of votes, and labels are as likely as among all votes.
    """
    if not votes:
        return None
    overall = Counter[str]()
    agreement = 0.0
    for counts in votes:
        total = sum(counts.values())
        if total < 2:
            raise ValueError("a picture that one person looked at has no agreement")
        overall.update(counts)
        pairs = sum(count * (count - 1) for count in counts.values())
        agreement += pairs / (total * (total - 1)) / len(votes)
    every = sum(overall.values())
    by_chance = sum((count / every) ** 2 for count in overall.values())
    return None if by_chance == 1 else (agreement - by_chance) / (1 - by_chance)


def _labels(table: Table) -> list[str]:
    return sorted({label for both in table for label in both})


def _on(table: Table, label: str) -> Agreement:
    """Return how two agree on one label."""
    narrowed = Counter[tuple[str, str]]()
    for (one, other), count in table.items():
        narrowed[str(one == label), str(other == label)] += count
    whole = compare(narrowed)
    agreed = table.get((label, label), 0)
    given = whole.both - narrowed["False", "False"]
    return Agreement(given, agreed, agreed / given, whole.kappa)


# Names sort pairs, so that each comes once.
_PAIRS = """
SELECT one.username, other.username, one.label, other.label, count(*)
FROM seen AS one JOIN seen AS other
  ON other.picture_id = one.picture_id AND other.username > one.username
GROUP BY 1, 2, 3, 4
"""
_SEVERAL = """
SELECT picture_id, label FROM (
  SELECT picture_id, label, count(*) OVER (PARTITION BY picture_id) AS several FROM seen
) AS counted WHERE several > 1
"""


def _rows(query: str, department: str) -> list[Any]:
    seen, parameters = (
        Annotation.objects.in_department(department)
        .order_by()
        .values_list("picture_id", "labeller__username", "label__name")
        .query.sql_with_params()
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH named (picture_id, username, label) AS ({seen}), seen AS ("  # noqa: S608  # ours
            f"SELECT picture_id, username, coalesce(label, %s) AS label FROM named) {query}",
            [*parameters, UNDECIDED],
        )
        rows: list[Any] = cursor.fetchall()
    return rows
