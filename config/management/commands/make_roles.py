from typing import Any

from catalog.management.base import ReportingCommand
from config.roles import make_roles


class Command(ReportingCommand):
    help = "Make the groups Curators and Owners, or give them back what they began with."

    def handle(self, *args: Any, **options: Any) -> None:
        roles = make_roles()
        names = " and ".join(f"{name} ({len(held)} permissions)" for name, held in roles.items())
        text = f"{names} are as they began. Put people into them under Users in the admin."
        self.report({"roles": roles}, as_json=options["json"], summary=text)
