"""`python -m server.local` from a process that has imported everything: for each line of JSON one child; its exit status is the answer.

A line holds the child's environment, and the file to which it says what it says: {"env": {…}, "said": "/…"}. Only for a start that is
refused: what Python itself reads from the environment, PYTHONPATH for one, is not read again.
"""

import json
import os
import sys

from server.local.__main__ import main


def start(env: dict[str, str], said: str) -> int:
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        out = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(out, 1)
        os.dup2(out, 2)
        os.environ.clear()
        os.environ.update(env)
        sys.exit(main())
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    for line in sys.stdin:
        print(start(**json.loads(line)), flush=True)
