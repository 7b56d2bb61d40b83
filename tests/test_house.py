"""What holds for the whole house: who imports whom, and that the docs tell the truth."""

import os
import re
import subprocess
import sys
from pathlib import Path

from django.core.management import get_commands

BASE_DIR = Path(__file__).resolve().parents[1]


def test_imports_point_down() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    finished = subprocess.run(
        [linter, "--no-cache"], cwd=BASE_DIR, capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stdout


def test_every_setting_is_documented_and_every_documented_one_exists() -> None:
    config = ("settings.py", "places.py", "services.py", "servers.py", "clusters.py")
    files = [f"config/{name}" for name in config] + ["ml/networks/precision.py"]
    code = "".join((BASE_DIR / file).read_text() for file in files)
    read = set(re.findall(r"env\.\w+\(\s*\"([A-Z_]+)\"", code))
    read |= set(re.findall(r"environ(?:\.get\(|\[)\"([A-Z_]+)\"", code))
    documented = set(
        re.findall(r"`([A-Z][A-Z_]+)`", (BASE_DIR / "docs" / "operating.md").read_text())
    )
    internal = {"PENDANT_SHARED", "STATIC_ROOT"}
    assert read - internal - documented == set()
    assert documented - read == set()


def test_commands_of_the_docs_exist() -> None:
    commands = set(get_commands())
    for page in [BASE_DIR / "README.md", *(BASE_DIR / "docs").glob("*.md")]:
        for command in re.findall(r"manage\.py (\w+)", page.read_text()):
            assert command in commands, f"{page.name}: manage.py {command}"


def test_compose_sets_postgres_up_as_the_embedded_one_is() -> None:
    code = (BASE_DIR / "config" / "servers.py").read_text()
    compose = (BASE_DIR / "docker-compose.yml").read_text()
    for name in re.findall(r'"(\w+(?:_mem|_buffers|_size|_cost)|jit)":', code):
        assert f"-c {name}=" in compose, name


def test_links_of_the_docs_lead_somewhere() -> None:
    for page in [BASE_DIR / "README.md", *(BASE_DIR / "docs").rglob("*.md")]:
        for link in re.findall(r"\]\((?!http)([^)#]+)", page.read_text()):
            assert (page.parent / link).exists(), f"{page.name}: {link}"


def test_packages_load_no_network_library_by_themselves() -> None:
    """What the web process imports, seen in a process of its own."""
    script = (
        "import django, sys; django.setup(); import config.urls, config.wsgi;"
        "from django.urls import get_resolver; get_resolver().url_patterns;"
        "loaded = {name.split('.')[0] for name in sys.modules};"
        "print(sorted(loaded & {'tensorflow', 'keras', 'cv2', 'sklearn', 'scipy'}))"
    )
    finished = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        cwd=BASE_DIR,
        env={
            "PATH": "/usr/bin:/bin",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "PENDANT_HOME": os.environ["PENDANT_HOME"],
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert finished.stdout.strip() == "[]"
