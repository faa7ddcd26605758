"""``python -m tests.dashboard.preview [PORT]`` serves the page over the made-up company, to look at it."""

from __future__ import annotations

import sys

import uvicorn

from dashboard.app import create_app
from tests.dashboard.fixtures import Company
from tests.dashboard.sketches import NOW

if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8099
    uvicorn.run(create_app(Company(), now=lambda: NOW), host="127.0.0.1", port=port)
