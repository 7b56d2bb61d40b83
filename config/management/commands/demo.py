import os
import secrets
import signal
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import CommandError

from catalog.demo import draw_catalogue, draw_samples
from catalog.loading import load_products
from catalog.management.base import ReportingCommand
from catalog.models import Department
from catalog.reading import read_products
from config.management.commands.serve import check_port
from config.processes import spawn, terminate
from config.supervisor import BASE_DIR, Supervisor, site_processes
from ml.models import ModelVersion

SOURCE = "Pendant demo"


class Command(ReportingCommand):
    help = "Set up the demo (catalogue, encoders, admin) where it is not yet, then serve the site."
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--no-serve", action="store_true", help="only set the demo up")

    def handle(self, *args: Any, port: int, no_serve: bool, **options: Any) -> None:
        if not no_serve:
            check_port(port)
        started = time.perf_counter()
        call_command("migrate", verbosity=0)
        folder = settings.PENDANT_HOME / "demo"
        for department in Department.values:
            self.fill(folder / department, department)
        samples = draw_samples(folder / "samples")
        login = self.admin_login()
        for department in Department.values:
            if not ModelVersion.objects.live().in_department(department).exists():
                self.say(f"Training the encoder for {department} …")
                self.manage("train", department, "--promote")
        self.say(f"Set up in {time.perf_counter() - started:.0f} s.")
        if no_serve:
            return
        url = f"http://127.0.0.1:{port}"
        self.stderr.write(
            f"\n  Open       {url}/\n"
            f"  Admin      {url}/admin/   {login}\n"
            f"  API        {url}/api/docs/\n"
            f"  To try     {samples[0]}\n"
            f"             {samples[1]}\n\n"
            "  The workers take some seconds to warm up. Ctrl-C stops everything.\n"
        )
        sys.exit(Supervisor(site_processes(port)).run())

    def say(self, text: str) -> None:
        self.stderr.write(text)

    def fill(self, folder: Path, department: str) -> None:
        """Draw the department's catalogue and import it; both do nothing the second time."""
        with self.progress(f"Drawing {department}", None) as bar:
            draw_catalogue(folder, department, progress=bar.move_to)
        file = folder / "products.csv"
        with self.progress(f"Importing {department}", None) as bar:
            report = load_products(
                read_products(file), source_name=SOURCE, folder=folder, on_row=bar.advance
            )
        if report.failed:
            raise CommandError(f"The demo catalogue could not be imported: {report.failed[0]}")

    def admin_login(self) -> str:
        """Make the demo's admin on the first run; return how to log in."""
        path = settings.PENDANT_HOME / "demo-admin-password"
        user = User.objects.filter(username="admin").first()
        if user is None:
            password = secrets.token_urlsafe(9)
            path.touch(mode=0o600)
            path.write_text(password)
            User.objects.create_superuser("admin", password=password)
            return f"log in as admin with {password}"
        if path.exists() and user.check_password(path.read_text()):
            return f"log in as admin with {path.read_text()}"
        return "log in as admin with the password you chose"

    def manage(self, *arguments: str) -> None:
        """Run a command in a process of its own, so that its memory goes with it."""
        child = spawn(
            [sys.executable, str(BASE_DIR / "manage.py"), *arguments],
            output=sys.stderr.fileno(),
            environment=os.environ,
            death_signal=signal.SIGKILL,
        )
        try:
            status = child.wait()
        except KeyboardInterrupt:
            terminate(child, (signal.SIGINT, 15.0))
            raise CommandError("Stopped. Run the demo again to go on.") from None
        if status:
            raise CommandError(f"“manage.py {' '.join(arguments)}” failed.")
