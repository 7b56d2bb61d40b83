"""A whole site for the browser: own home, real commands, real workers."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

from tests.factories import jpeg

BASE_DIR = Path(__file__).resolve().parents[2]
PATIENCE = 180.0


class Site:
    """The site as an operator runs it, on a free port of the loopback."""

    def __init__(self, home: Path) -> None:
        self.home = home
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None
        self.log = home / "serve.log"
        self.settings: dict[str, str] = {}

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "PENDANT_HOME": str(self.home),
            "PYTHONWARNINGS": "ignore",
            **self.settings,
        }

    def manage(self, *arguments: str, expect: int = 0) -> subprocess.CompletedProcess[str]:
        """Run a command as a person would; fail where its exit code is another."""
        finished = subprocess.run(
            [sys.executable, str(BASE_DIR / "manage.py"), *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert finished.returncode == expect, finished.stdout + finished.stderr
        return finished

    def report(self, *arguments: str) -> dict[str, Any]:
        """Run a command with --json and return its one object."""
        result: dict[str, Any] = json.loads(self.manage(*arguments, "--json").stdout)
        return result

    def start(self, *, warm: bool = True) -> None:
        """Serve, and wait until the site answers, and until a worker is warm."""
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(BASE_DIR / "manage.py"), "serve", f"--port={self.port}"],
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        self.wait_for(lambda: self.get("/healthz/")["status"] == "ok")
        if warm:
            token = self.post(0)
            self.wait_for(lambda: self.is_done(token))

    def get(self, path: str) -> Any:
        """Return the JSON of a page of the site."""
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            return json.load(answer)

    def post(self, number: int = 1) -> str:
        """Post a drawn photo over the API and return its token."""
        mark = b"mark-between-the-parts"
        body = b"".join(
            [
                b"--" + mark + b'\r\nContent-Disposition: form-data; name="department"\r\n\r\nart',
                b"\r\n--" + mark + b'\r\nContent-Disposition: form-data; name="photo"; ',
                b'filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n',
                jpeg(number, (320, 240)),
                b"\r\n--" + mark + b"--\r\n",
            ]
        )
        request = urllib.request.Request(
            f"{self.url}/api/submissions/",
            data=body,
            headers={"Content-Type": f"multipart/form-data; boundary={mark.decode()}"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert answer.status == 202
            token: str = json.load(answer)["token"]
        return token

    def is_done(self, token: str) -> bool:
        """Say whether a submission is done; one that failed is an error."""
        state: str = self.get(f"/api/submissions/{token}/")["state"]
        assert state != "failed"
        return state == "done"

    def wait_for(self, condition: Any) -> None:
        """Wait until the condition holds; a site that cannot be reached does not count."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                if condition():
                    return
            except OSError:
                pass
            assert self.process is None or self.process.poll() is None, self.log.read_text()
            time.sleep(0.1)
        raise AssertionError(f"waited {PATIENCE:g} s in vain: {self.log.read_text()[-3000:]}")

    def stop(self) -> int:
        """Press Ctrl-C and return the exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE)
