"""Make sure that a Chromium is there: Debian's package where none is and we may install one."""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find() -> str | None:
    """Return the browser's path: PENDANT_CHROMIUM, else the first of the known names on PATH."""
    named = os.environ.get("PENDANT_CHROMIUM")
    return named or next(filter(None, map(shutil.which, NAMES)), None)


def install() -> None:
    """Install Debian's chromium as root; raises OSError or CalledProcessError."""
    for arguments in (["update", "-qq"], ["install", "-qq", "-y", "chromium"]):
        subprocess.run(
            ["apt-get", *arguments],
            check=True,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            stdout=sys.stderr,
        )


def main() -> int:
    """Install a browser where none is; say how to get one where that fails."""
    if find():
        return 0
    try:
        install()
    except (OSError, subprocess.CalledProcessError) as error:
        sys.stderr.write(
            f"The browser tests need Chromium, and it could not be installed ({error}).\n"
            "Install it (Debian, Ubuntu: apt-get install chromium) or name one in "
            "PENDANT_CHROMIUM.\n"
        )
        return 1
    return 0 if find() else 1


if __name__ == "__main__":
    sys.exit(main())
