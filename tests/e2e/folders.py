"""What lies in folders: the pictures that go in, and what a run left."""
import contextlib
import json
import os
import subprocess

from harness import Skip
from pictures import fits


@contextlib.contextmanager
def mounted(where, options, kind="tmpfs", what="tmpfs"):
    """A file system of its own; where there cannot be one, the test is
    skipped."""
    os.makedirs(where, exist_ok=True)
    done = subprocess.run(["mount", "-t", kind, "-o", options, what, where],
                          capture_output=True, text=True)
    if done.returncode != 0:
        raise Skip(f"mounting {kind} is not possible here: "
                   f"{done.stderr.splitlines()[0]}")
    try:
        yield
    finally:
        subprocess.run(["umount", where], check=True)


def summary(folder="starling-run"):
    with open(os.path.join(folder, "summary.json")) as file:
        return json.load(file)


def by_name(folder="starling-run"):
    return {item["name"].split(".")[0]: item
            for item in summary(folder)["items"]}


def write(name, data):
    with open(name, "wb") as file:
        file.write(data)


def sky(name="sky.fits", stars=20, seed=1):
    data, places = fits(stars, seed=seed)
    write(name, data)
    return places


def contents(folder):
    """The bytes of all files in a folder."""
    whole = b""
    for place, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(place, name), "rb") as file:
                whole += file.read()
    return whole
