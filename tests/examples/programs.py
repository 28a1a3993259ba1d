"""Run a program of examples/ as a reader of the guide would."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "e2e"))

import harness  # noqa: E402
from harness import (Skip, check, check_status, main,  # noqa: E402,F401
                     test, test_of_time)

FOLDER = os.path.abspath(os.path.join(harness.BUILD, "examples"))

# Small enough to be quick, big enough to tell waiting from noise.
SCALE = 0.1


def start(name, *arguments, scale=SCALE, env=None):
    if scale is not None:
        arguments = ("--time-scale", str(scale * harness.SCALE), *arguments)
    return subprocess.Popen([os.path.join(FOLDER, name), *arguments],
                            env=env or harness.environment(),
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, start_new_session=True)


def run(name, *arguments, limit=30, **options):
    return harness.finish(start(name, *arguments, **options), limit)


def output(name, *arguments, **options):
    """The lines of a program that ended well."""
    ended = run(name, *arguments, **options)
    check_status(ended, 0)
    return ended.out.split("\n")[:-1]


def check_lines(found, expected):
    """Line by line: a line, or a function that says whether it will do."""
    for number, (line, want) in enumerate(zip(found, expected), 1):
        fits = want(line) if callable(want) else line == want
        check(fits, f"line {number}: {line!r}, expected {want!r}")
    check(len(found) == len(expected), len(found), "lines instead of",
          len(expected), found)


def about(text, seconds, slack=0.8):
    """Matches `text` where {} stands for a time of about `seconds`."""
    before, after = text.split("{}")

    def fits(line):
        if not (line.startswith(before) and line.endswith(after)):
            return False
        number = line[len(before):len(line) - len(after)]
        return (len(number.split(".")[1]) == 2 and
                seconds - 0.01 <= float(number) <= seconds + slack)
    fits.__name__ = text.format(seconds)
    return fits
