"""npx vitest in client/, with its output in the failure."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

CLIENT = Path(__file__).parents[2] / "client"
# Where the system has no Node, deploy/node.sh put one beside this Python.
os.environ["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))


@pytest.fixture
def vitest() -> Callable[..., None]:
    def run(*arguments: str, timeout: float = 120, **env: str) -> None:
        done = subprocess.run(
            ("npx", "vitest", "run", *arguments),
            cwd=CLIENT,
            env=os.environ | {"NO_COLOR": "1"} | env,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
        )
        if done.returncode:
            pytest.fail(f"vitest: {done.stdout[-8000:]}\n{done.stderr[-4000:]}", pytrace=False)

    return run
