from argparse import ArgumentParser
from typing import Any

from catalog.management.base import BadInput, ReportingCommand
from ml.embedding import embed_and_promote
from ml.management.versions import version_of
from ml.models import ModelVersion, NotReady, Worse


class Command(ReportingCommand):
    help = "Let a model version serve: a candidate, or a retired one again (rolling back)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("department")
        parser.add_argument("--version", type=int, dest="number", metavar="NUMBER", required=True)
        parser.add_argument(
            "--though-worse",
            action="store_true",
            help="promote a candidate even where it is worse than the live version",
        )

    def handle(
        self, *args: Any, department: str, number: int, though_worse: bool, **options: Any
    ) -> None:
        from ml.networks.artifact import ArtifactError

        version = version_of(department, number)
        changed = version.state != ModelVersion.State.LIVE
        if changed:
            try:
                with self.progress("Embedding", None) as bar:
                    embed_and_promote(version, bar.move_to, though_worse=though_worse)
            except Worse as error:
                raise BadInput(
                    f"Version {number} of {department} was not promoted. {error} Add "
                    "--though-worse to promote it all the same."
                ) from error
            except (NotReady, ArtifactError) as error:
                raise BadInput(error) from error
        self.report(
            {"version": number, "department": department, "state": "live", "changed": changed},
            as_json=options["json"],
            summary=f"Version {number} of {department} is live now."
            if changed
            else f"Version {number} of {department} was live already: nothing changed.",
        )
