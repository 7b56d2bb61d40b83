"""What the live versions say of pictures, as the labelling room asks for it."""

import random
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BigIntegerField, Case, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import JSONArray
from django.utils import timezone
from numpy.typing import NDArray
from pgvector.django import CosineDistance
from PIL import Image

from catalog.models import Adjudication, Annotation, Label, Lease, Picture
from catalog.room.guesses import Advice, Guess, Shown
from ml.advice import advise
from ml.choosing import look_alikes, most_telling
from ml.models import DIMENSIONS, SENT, Embedding, EmbeddingQuerySet, ModelVersion, unpacked

# A picture's id, where its label stands in the version's names, and how probable that is.
Said = tuple[int, int | None, float | None]

# What helps most is looked for in so many of which the version is least sure, and so many drawn at
# random; it is compared with so many that were labelled last.
UNSURE, DRAWN, LABELLED_LAST = 300, 200, 1_000
# Labels that may be wrong, or that the model doubts, are looked for among so many at first, then
# among the others.
SUSPECTED = DOUBTED = 1_000
# Embeddings of the version that a query is about.
OF_LIVE = Embedding.objects.filter(version=OuterRef("pk"))
# The department's labels that networks learn, along with its version.
GROUPS = ArraySubquery(
    Label.objects.filter(department=OuterRef("department"), is_group=True).values(
        group=JSONArray("pk", "name")
    )
)
# From here on a guess is not called unsure.
SURE = 0.8
# Look-alikes are as near as this share of the catalogue's pictures has its nearest neighbour; what
# is not even as near as this share has it is unlike.
ALIKE, FAR = "p99", "p50"


class LiveVersions:
    """The live version of each department, by the embeddings that are stored; runs no network."""

    def guesses(self, department: str, pictures: Collection[int]) -> Mapping[int, Guess]:
        """Return what the version takes the pictures for, by the names that labels have today."""
        live = _live(department, said=_said_of(OF_LIVE.filter(picture__in=pictures)))
        return live.named(live.said("said")) if live else {}

    def least_sure(self, department: str, among: QuerySet[Picture], count: int) -> list[Shown]:
        """Return the least probable guesses first, those of unknown probability last."""
        rows = OF_LIVE.filter(picture__in=among).least_sure()
        live = _live(department, said=_said_of(rows, count))
        if live is None:
            return []
        return [Shown(pk, live.says(at, sure)) for pk, at, sure in live.said("said")]

    def most_helpful(self, department: str, among: QuerySet[Picture], count: int) -> list[Shown]:
        """Return pictures that are unsure, unlike what is labelled, and unlike each other.

        It looks at the least sure and at others drawn at random, and compares them with what was
        labelled last and what lies on people's screens: first what is unsure, then spread out, as
        Citovsky et al. (2021, Cluster-Margin) do; spread as by Sener and Savarese (2018).
        """
        free = OF_LIVE.filter(picture__in=among)
        # By their sha256 pictures lie in no order: those from somewhere on are drawn at random.
        drawn = free.filter(picture__sha256__gte=_anywhere()).order_by("picture__sha256")
        live = _live(
            department, unsure=_said_of(free.least_sure(), UNSURE), drawn=_said_of(drawn, DRAWN)
        )
        if live is None:
            return []
        found = {pk: (at, sure) for pk, at, sure in live.said("unsure") + live.said("drawn")}
        labelled = Annotation.objects.filter(picture__embeddings__version=live.version)
        leased = Lease.objects.filter(until__gt=timezone.now()).values("picture")
        lately = labelled.order_by("-pk").values("picture")[:LABELLED_LAST]
        either = Picture.objects.order_by().filter(pk__in=found).values("pk").union(lately, leased)
        vectors = live.embeddings.filter(picture__in=either).vectors()
        # What was removed meanwhile has no vector any more.
        pictures = [picture for picture in found if picture in vectors]
        known = [vectors[picture] for picture in vectors.keys() - found.keys()]
        unsure = [1 if sure is None else 1 - sure for _, sure in map(found.__getitem__, pictures)]
        chosen = most_telling(
            _rows([vectors[picture] for picture in pictures]),
            np.array(unsure, np.float32),
            _rows(known),
            count,
            far=live.version.distances.get(FAR, 0.0),
        )
        unlike = "Unlike what was labelled lately"
        return [
            Shown(pictures[row], unlike if is_far and known else live.says(*found[pictures[row]]))
            for row, is_far in chosen
        ]

    def disagreeing(self, department: str, among: QuerySet[Picture], count: int) -> list[Shown]:
        """Return pictures whose guess is not the label that people agree on, the surest first."""
        live = _live(department, groups=GROUPS)
        if live is None:
            return []
        names = live.groups
        ids = {name: pk for pk, name in names.items()}
        guess = [
            When(label=at, then=Value(ids[name]))
            for at, name in enumerate(live.names)
            if name in ids
        ]
        if not guess:
            return []
        # Where the gold is something else, somebody said something else.
        other = Q(picture=OuterRef("picture"), label__isnull=False) & ~Q(label=OuterRef("guess"))
        votes, decisions = Annotation.objects.filter(other), Adjudication.objects.filter(other)
        doubted = (
            live.embeddings.filter(picture__in=among)
            .annotate(guess=Case(*guess, output_field=BigIntegerField()))
            .filter(Exists(votes) | Exists(decisions), guess__isnull=False)
            .values_list("picture", "guess", "probability")
        )
        # Backwards along the index of the least sure; what older versions left unsaid comes last.
        measured = doubted.filter(probability__isnull=False).order_by("-probability", "-picture")
        first = list(measured[:DOUBTED])
        found = live.otherwise(first, among)
        if len(found) < count and len(first) == DOUBTED:
            found += live.otherwise(list(measured[DOUBTED:]), among)
        if len(found) < count:
            unsaid = doubted.filter(probability__isnull=True).order_by("picture")
            found += live.otherwise(list(unsaid), among)
        return found[:count]

    def suspects(self, department: str, among: QuerySet[Picture], count: int) -> list[Shown]:
        """Return pictures whose label may be wrong, the likeliest first.

        In cross-validation, by networks that had not seen their label, they were taken for another
        one, and that at least as surely as this one's own pictures are on average (confident
        learning, Northcutt et al. 2021). None where the version was trained before this was kept.
        """
        live = _live(department, "guesses", "probabilities", "self_confidence", groups=GROUPS)
        if live is None:
            return []
        sure, enough = live.asked("probabilities", {}), live.asked("self_confidence", {})
        taken = [
            (-sure[pk], int(pk), name)
            for pk, name in live.asked("guesses", {}).items()
            if pk in sure and sure[pk] >= enough.get(name, 1)
        ]
        taken.sort()
        found: list[Shown] = []
        for some in (taken[:SUSPECTED], taken[SUSPECTED:]):
            if not some or len(found) >= count:
                break
            gold, groups = live.gold([pk for _, pk, _ in some], among), live.groups.values()
            for less, pk, learnt in some:
                name = live.today(learnt)
                # What was renamed since says nothing against its new name.
                if name in groups and gold.get(pk, name) != name:
                    said = f"Before it saw the label the model said {_said(name, -less)}"
                    found.append(Shown(pk, f"{said}, not {gold[pk]}"))
        return found[:count]

    def near(self, picture: int, among: QuerySet[Picture], count: int) -> list[Shown]:
        """Return the pictures by their cosine distance to one, which is left out, nearest first."""
        own = Embedding.objects.filter(
            picture=picture, version__state=ModelVersion.State.LIVE
        ).select_related("version")
        one = own.defer("version__metrics").first()
        if one is None:
            return []
        others = Embedding.objects.of_version(one.version).filter(picture__in=among)
        distance = CosineDistance(F("vector"), one.vector)
        ranked = others.exclude(picture=picture).annotate(distance=distance).order_by("distance")
        rows = list(ranked.values_list("picture", "distance")[:count])
        if len(rows) < count:
            # Where few of the nearest may be shown, the index gives up; none orders by a sum.
            ranked = ranked.order_by(F("distance") + 0.0, "picture_id")
            rows = list(ranked.values_list("picture", "distance")[:count])
        return [Shown(pk, _likeness(distance, one.version)) for pk, distance in rows]

    def look_alikes(self, department: str, pictures: Sequence[int]) -> list[list[int]]:
        """Group the pictures by their vectors; last stand those that have not been embedded."""
        these = OF_LIVE.filter(picture__in=pictures).order_by("picture")
        live = _live(
            department,
            embedded=ArraySubquery(these.values("picture")),
            sent=ArraySubquery(these.values(sent=SENT)),
        )
        if live is None:
            return [list(pictures)] if pictures else []
        sent = live.asked("sent", [])
        vectors = dict(zip(live.asked("embedded", []), map(unpacked, sent), strict=True))
        known = [picture for picture in pictures if picture in vectors]
        rest = [picture for picture in pictures if picture not in vectors]
        within = live.version.distances.get(ALIKE, 0.0)
        found = look_alikes(_rows([vectors[picture] for picture in known]), within)
        groups = [[known[row] for row in group] for group in found]
        return [*groups, rest] if rest else groups

    def advice(self, department: str) -> list[Advice]:
        """Say of each label in use how well it is found, and what more of it would bring."""
        live = _live(department, "label_curve")
        if live is None:
            return []
        in_use = Label.objects.in_department(department).in_use().filter(is_group=True)
        labelled = Annotation.objects.gold_counts()
        # Of labels that have been merged since, the curve of the one that stayed.
        curves = live.asked("label_curve", {})
        return [
            advise(name, labelled.get(pk, 0), curves.get(name, []))
            for pk, name in in_use.values_list("pk", "name")
        ]

    def cropped(self, department: str, jpeg: bytes) -> bytes:
        """Return what encoders of the department look at, as JPEG; OSError for a broken picture."""
        # Loads OpenCV, which other pages do not need.
        from ml.networks.pixels import CROPS, crop_by, decode_rgb

        data = BytesIO()
        Image.fromarray(crop_by(decode_rgb(jpeg), CROPS[department])).save(data, "JPEG", quality=90)
        return data.getvalue()


@dataclass(frozen=True, slots=True)
class _Live:
    """A live version, and into which label each one has been merged since it learnt it."""

    version: ModelVersion
    merged: Mapping[str, str]

    @property
    def names(self) -> list[str]:
        return [self.today(name) for name in self.version.label_names]

    @property
    def embeddings(self) -> EmbeddingQuerySet:
        return Embedding.objects.of_version(self.version)

    def today(self, name: str) -> str:
        while name in self.merged:
            name = self.merged[name]
        return name

    @property
    def groups(self) -> dict[int, str]:
        """Return the names by id of the labels that were asked for along with the version."""
        return dict(self.asked("groups", []))

    def asked(self, name: str, default: Any) -> Any:
        """Return what was asked for along with the version; the default where that is nothing."""
        found = getattr(self.version, name)
        return default if found is None else found

    def said(self, name: str) -> list[Said]:
        rows: list[Said] = self.asked(name, [])
        return rows

    def gold(self, pictures: list[int], among: QuerySet[Picture]) -> dict[int, str]:
        """Return the groups, by name, that people decided or agree on."""
        # As one list, for as many parameters they take the longer the more they are.
        these = RawSQL("SELECT unnest(%s::bigint[])", [pictures])
        gold = Annotation.objects.filter(picture__in=these).filter(picture__in=among).gold()
        names = self.groups
        rows = gold.filter(gold__in=names).values_list("picture", "gold")
        return {picture: names[label] for picture, label in rows}

    def otherwise(
        self, rows: Sequence[tuple[int, int, float | None]], among: QuerySet[Picture]
    ) -> list[Shown]:
        """Return those of pictures, guessed labels and probabilities whose gold is another."""
        names = self.groups
        gold = self.gold([picture for picture, _, _ in rows], among) if rows else {}
        return [
            Shown(pk, f"The model says {_said(names[said], sure)}; it is labelled {gold[pk]}")
            for pk, said, sure in rows
            if gold.get(pk, names[said]) != names[said]
        ]

    def named(self, rows: Iterable[Said]) -> dict[int, Guess]:
        names = self.names
        return {pk: Guess(names[at], sure) for pk, at, sure in rows if at is not None}

    def says(self, label: int | None, probability: float | None) -> str:
        if label is None or probability is None:
            return ""
        begin = "Unsure:" if probability < SURE else "The model says"
        return f"{begin} {_said(self.names[label], probability)}"


def _live(department: str, *measured: str, **more: ArraySubquery) -> _Live | None:
    """Return the department's live version, and what is asked along with it, in one query.

    Of what it measured that is what is named: all of it can be millions of numbers.
    """
    merged = Label.objects.filter(department=OuterRef("department"), merged_into__isnull=False)
    pairs = ArraySubquery(merged.values(pair=JSONArray("name", "merged_into__name")))
    versions = ModelVersion.objects.in_department(department).live().defer("metrics")
    named = {name: F(f"metrics__{name}") for name in measured}
    version: Any = versions.annotate(merged=pairs, **named, **more).first()
    return _Live(version, dict(version.merged)) if version else None


def _said_of(embeddings: EmbeddingQuerySet, most: int | None = None) -> ArraySubquery:
    """Ask for what a version says of pictures: their ids, labels and probabilities, in order."""
    return ArraySubquery(
        embeddings.values(said=JSONArray("picture", "label", "probability"))[:most]
    )


def _rows(vectors: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    return np.stack(vectors) if vectors else np.zeros((0, DIMENSIONS), np.float32)


def _anywhere() -> str:
    """Return the beginning of a sha256 that at least one in ten lie behind."""
    return f"{random.randrange(0xE6666):05x}"  # noqa: S311  # nothing secret


def _said(name: str, probability: float | None) -> str:
    """Return a guess in words; nothing is certain."""
    return name if probability is None else f"{name}, {min(round(100 * probability), 99)} %"


def _likeness(distance: float, version: ModelVersion) -> str:
    """Say how near it is, against how near the catalogue's pictures are to one another."""
    limits = version.distances
    if not {"p50", "p95"} <= limits.keys():
        return ""
    if distance <= limits["p50"]:
        return "Very like it"
    return "Like it" if distance <= limits["p95"] else "Not very like it"
