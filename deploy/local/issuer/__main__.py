"""Serve the local issuer that a file describes: `python -m deploy.local.issuer issuer.json`."""

import argparse
import sys
from pathlib import Path

import uvicorn

from deploy.local.issuer.config import read_config
from deploy.local.issuer.server import build_issuer


def main() -> int:
    """Serve until stopped. Exit code 2 where the file cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m deploy.local.issuer", description=__doc__)
    parser.add_argument("config", type=Path, help="what deploy.local.issuer.config.write_config has written")
    path = parser.parse_args().config
    try:
        config = read_config(path)
    except (OSError, ValueError):
        sys.stderr.write(f"The local issuer cannot start: {path} is not its configuration; write it anew.\n")
        return 2
    uvicorn.run(build_issuer(config), host="127.0.0.1", port=config.port, log_level="warning", server_header=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
