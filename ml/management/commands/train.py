from argparse import ArgumentParser
from typing import Any

from catalog.management.base import BadInput, ReportingCommand
from ml import services
from ml.embedding import embed_and_promote
from ml.models import ModelVersion, NotReady, Worse


class Command(ReportingCommand):
    help = "Train an encoder on a department's pictures; it becomes a candidate model version."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("department")
        parser.add_argument(
            "--backbone",
            default=services.DEFAULT_BACKBONE,
            help=f"the network to start from: {', '.join(services.BACKBONES)}",
        )
        parser.add_argument("--epochs", type=int, help="passes over the pictures")
        parser.add_argument(
            "--anew", action="store_true", help="train although nothing changed since the last time"
        )
        parser.add_argument(
            "--promote", action="store_true", help="embed the catalogue and let the version serve"
        )

    def handle(self, *args: Any, department: str, promote: bool, **options: Any) -> None:
        unchanged = ""
        with self.progress("Training", None) as bar:
            try:
                run = services.start_training(
                    department,
                    backbone=options["backbone"],
                    epochs=options["epochs"],
                    promote=promote,
                    ring=False,
                    anew=options["anew"],
                )
                version = services.train_now(run, bar.move_to)
            except services.Unchanged as error:
                unchanged, version = f"{error} Add --anew to train all the same. ", error.version
            except services.TrainingError as error:
                raise BadInput(error) from error
            try:
                if promote and version.state != ModelVersion.State.LIVE:
                    embed_and_promote(
                        version, lambda done, total: bar.move_to(done, total, "Embedding")
                    )
            except Worse as error:
                raise BadInput(
                    f"Version {version.number} of {department} was not promoted and stays a "
                    f"candidate. {error} “manage.py promote {department} --version "
                    f"{version.number} --though-worse” insists."
                ) from error
            except NotReady as error:
                raise BadInput(error) from error
        metrics = version.metrics
        result = {
            "version": version.number,
            "department": department,
            "backbone": version.backbone,
            "unchanged": bool(unchanged),
            "accuracy": metrics.get("accuracy"),
            "macro_f1": metrics.get("macro_f1"),
            "seconds": metrics.get("seconds"),
            "pictures": metrics.get("pictures"),
            "labelled": metrics.get("labelled"),
            "skipped": metrics.get("skipped"),
            "state": version.state,
            "unlabelled_reason": metrics.get("unlabelled_reason"),
        }
        score = (
            f"accuracy {result['accuracy']:.3f}, macro F1 {result['macro_f1']:.3f} in "
            "cross-validation"
            if result["accuracy"] is not None
            else "it knows no labels. " + metrics.get("unlabelled_reason", "").removesuffix(".")
        )
        self.report(
            result,
            as_json=options["json"],
            summary=unchanged
            + f"Version {version.number} of {department} is {version.state}: {score}."
            + (
                f" “manage.py promote {department} --version {version.number}” lets it serve."
                if version.state == ModelVersion.State.CANDIDATE
                else ""
            ),
        )
