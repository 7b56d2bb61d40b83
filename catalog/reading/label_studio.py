"""Read hand labels from Label Studio's JSON export: tasks with annotations, choices in each."""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from catalog.reading.files import open_text
from catalog.reading.rows import NAME_LENGTH, BadValueError, FileError, LabelRow, RowError
from catalog.reading.text import clip, image_reference, short_text
from catalog.reading.times import moment


def read_label_studio(path: Path) -> Iterator[LabelRow | RowError]:
    """Return the labels of an export, an annotation each; a row's number is that of its task.

    A picture is named by ``reference``, ``sha256``, ``source`` and ``product`` in the task's data,
    which our own export writes, or else by ``image``. What was cancelled, or has no choice, means
    undecidable. Raise FileError at once where the file is no such export.
    """
    file = open_text(path)
    try:
        tasks = json.loads(path.read_text(encoding=file.encoding))
    except (ValueError, RecursionError) as error:
        raise FileError(f"{path.name} cannot be read as JSON: {error}.") from error
    if not isinstance(tasks, list):
        raise FileError(
            f"{path.name} is no list of tasks: export the project from Label Studio as “JSON”."
        )
    return _labels(tasks)


def _labels(tasks: list[Any]) -> Iterator[LabelRow | RowError]:
    for number, task in enumerate(tasks, 1):
        try:
            data, annotations = _mapping(_mapping(task).get("data")), task.get("annotations")
            if not isinstance(annotations, list):
                raise BadValueError("it has no list of annotations: export as “JSON”")
        except BadValueError as error:
            yield RowError(number, str(error))
            continue
        for annotation in annotations:
            yield _label(number, data, annotation)


def _label(number: int, data: dict[str, Any], annotation: Any) -> LabelRow | RowError:
    try:
        annotation = _mapping(annotation)
        named = data.get("reference") or data.get("image")
        image = image_reference(named, 0) if isinstance(named, str) else None
        if image is None:
            raise BadValueError("image is missing")
        when: datetime | None = None
        if created_at := annotation.get("created_at"):
            when = moment(str(created_at))
        return LabelRow(
            number,
            image.reference,
            "" if annotation.get("was_cancelled") else _choice(annotation.get("result")),
            sha256=str(data.get("sha256") or ""),
            source=str(data.get("source") or ""),
            product=str(data.get("product") or ""),
            labeller=_person(annotation.get("completed_by")),
            created_at=when,
        )
    except BadValueError as error:
        return RowError(number, str(error))


def _choice(result: Any) -> str:
    """Return the one choice, "" where nothing was chosen; raises BadValueError otherwise."""
    if not isinstance(result or [], list):
        raise BadValueError("its result is no list")
    chosen: list[str] = []
    others: list[str] = []
    for one in map(_mapping, result or []):
        if one.get("type") != "choices":
            others.append(clip(str(one.get("type"))))
            continue
        choices = _mapping(one.get("value")).get("choices") or []
        if not isinstance(choices, list) or not all(isinstance(text, str) for text in choices):
            raise BadValueError("its choices are no list of texts")
        chosen += choices
    if len(chosen) > 1:
        raise BadValueError(f"has {len(chosen)} choices: a picture has one label from a person")
    if others and not chosen:
        raise BadValueError(f"has {', '.join(others)} and no choice: only <Choices> are labels")
    return short_text("label", chosen[0], NAME_LENGTH) if chosen else ""


def _person(completed_by: Any) -> str:
    """Return the name of who annotated: a user name, an e-mail address or a number's."""
    if isinstance(completed_by, dict):
        completed_by = (
            completed_by.get("username") or completed_by.get("email") or completed_by.get("id")
        )
    if type(completed_by) is int:
        return f"annotator {completed_by}"
    if not isinstance(completed_by or "", str):
        raise BadValueError("completed_by is neither a name nor a number")
    return short_text("completed_by", completed_by or "", NAME_LENGTH)


def _mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadValueError("is no task as Label Studio exports it")
    return value
