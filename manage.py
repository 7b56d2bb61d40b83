#!/usr/bin/env python
"""Run a management command, starting the embedded services when it needs them."""

import os
import sys

WITHOUT_SERVICES = {"help", "version", "--help", "-h", "--version", "makemessages", "collectstatic"}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line

    from config import services

    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    asks_for_help = {"--help", "-h"} & set(sys.argv[2:])
    if command not in WITHOUT_SERVICES and not asks_for_help:
        try:
            services.ensure()
        except services.ServiceError as error:
            sys.exit(f"pendant: {error}")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
