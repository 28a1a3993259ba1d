#!/usr/bin/env python3
"""Promises of `starling demo`: everything from the socket to the report."""
import atexit
import csv
import json
import math
import os
import re
import shutil
import sqlite3
import subprocess
import tempfile

from browser import render
from harness import (Skip, check, check_nothing_lives, check_status, main, run,
                     test)

_done = {}


def demo():
    """One demo serves several tests: they only read."""
    if not _done:
        home = tempfile.mkdtemp(prefix="starling-e2e-demo-")
        atexit.register(shutil.rmtree, home, ignore_errors=True)
        _done["run"] = os.path.join(home, "starling-run")
        _done["ended"] = run("demo", "--out", _done["run"], limit=180)
        check_status(_done["ended"], 0)
    return _done["ended"], _done["run"]


def summary():
    with open(os.path.join(demo()[1], "summary.json")) as file:
        return json.load(file)


def items(state):
    return [item for item in summary()["items"] if item["state"] == state]


@test
def the_demo_ends_well_and_prints_the_five_lines():
    ended, _ = demo()
    lines = ended.out.splitlines()
    places = [next(i for i, line in enumerate(lines) if re.fullmatch(p, line))
              for p in (r"📡 Requesting 15 images from NASA\.\.\.",
                        r"🔭 Analyzing imagery on all CPU cores\.\.\.",
                        r"✨ Project Summary! 🚀",
                        r"🔍 Found \d+ stars in space_0\.jpg .*",
                        r"🎉 Project completed in \d+\.\d\d seconds!")]
    check(places == sorted(places), "out of order:", ended.out)
    check(lines[-1].endswith("/report.html"), ended.out)


@test
def sixteen_items_end_as_they_were_meant_to():
    found = summary()
    for key, value in (("schema", 1), ("planned", 16), ("done", 12),
                       ("failed", 3), ("skipped", 1),
                       ("expected_failures", 3)):
        check(found[key] == value, key, found[key])
    check(len(found["items"]) == 16)
    classes = sorted(item["class"] for item in items("failed"))
    check(classes == ["not-an-image", "too-large", "truncated"], classes)
    check(items("skipped")[0]["reason"] == "video")
    for item in items("failed"):
        check(item["reason"], item)


@test
def every_failure_is_named_with_its_reason():
    ended, _ = demo()
    for item in items("failed") + items("skipped"):
        check(any(item["name"] in line and item["reason"] in line
                  for line in ended.out.splitlines()), item, ended.out)


@test
def pictures_are_whole_and_no_other_file_is_there():
    _, folder = demo()
    originals = sorted(os.listdir(os.path.join(folder, "space_images")))
    marked = sorted(os.listdir(os.path.join(folder, "processed_images")))
    names = sorted(item["name"] for item in items("done"))
    check(originals == names, originals)
    check(marked == ["detected_" + name for name in names], marked)
    if not shutil.which("djpeg"):
        raise Skip("djpeg is not installed")
    for place, files in (("space_images", originals),
                         ("processed_images", marked)):
        for name in files:
            ended = subprocess.run(
                ["djpeg", "-grayscale", "-outfile", "/dev/null",
                 os.path.join(folder, place, name)], capture_output=True)
            check(ended.returncode == 0 and not ended.stderr, name,
                  ended.stderr)


def read_stars(path):
    by_image = {}
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            by_image.setdefault(row["image"], []).append(
                {key: float(value) for key, value in row.items()
                 if key != "image"})
    return by_image


def match(truth, found):
    """Pairs as STARS.md defines them, brightest first. A grid keeps it fast."""
    grid = {}
    for star in found:
        grid.setdefault((int(star["x"]) // 8, int(star["y"]) // 8),
                        []).append(star)
    hits, used = 0, set()
    for star in truth:
        reach = max(2, star["fwhm"] / 2)
        column, row = int(star["x"]) // 8, int(star["y"]) // 8
        near = [s for i in (-1, 0, 1) for j in (-1, 0, 1)
                for s in grid.get((column + i, row + j), ())
                if id(s) not in used]
        best = min(near, default=None, key=lambda s: math.hypot(
            s["x"] - star["x"], s["y"] - star["y"]))
        if best and math.hypot(best["x"] - star["x"],
                               best["y"] - star["y"]) <= reach:
            used.add(id(best))
            hits += star["snr"] >= 10
    return hits, len(used)


@test
def the_stars_found_are_the_stars_drawn():
    _, folder = demo()
    truth = read_stars(os.path.join(folder, "truth.csv"))
    found = read_stars(os.path.join(folder, "stars.csv"))
    wanted = hits = right = total = 0
    for item in items("done"):
        name = item["name"]
        check(len(found[name]) == item["stars"], name)
        hit, matched = match(truth[name], found[name])
        wanted += sum(star["snr"] >= 10 for star in truth[name])
        hits, right = hits + hit, right + matched
        total += len(found[name])
    check(hits >= 0.85 * wanted, f"found {hits} of {wanted}")
    check(right >= 0.90 * total, f"{right} of {total} are true")


@test
def the_catalogue_has_the_columns_and_sane_numbers():
    _, folder = demo()
    with open(os.path.join(folder, "stars.csv")) as file:
        check(file.readline().strip() ==
              "image,x,y,flux,peak,fwhm,a,b,theta,snr,flags")
    sizes = {item["name"]: (item["width"], item["height"])
             for item in items("done")}
    for name, stars in read_stars(os.path.join(folder, "stars.csv")).items():
        width, height = sizes[name]
        check(all(-0.5 <= s["x"] <= width - 0.5 and
                  -0.5 <= s["y"] <= height - 0.5 and s["flux"] > 0 and
                  s["a"] >= s["b"] > 0 for s in stars), name)
        fluxes = [star["flux"] for star in stars]
        check(fluxes == sorted(fluxes, reverse=True), name, "is not sorted")


@test
def the_database_tells_the_same_as_the_summary():
    _, folder = demo()
    database = sqlite3.connect(os.path.join(folder, "run.db"))
    states = dict(database.execute(
        "SELECT state, count(*) FROM item GROUP BY state"))
    check(states == {"done": 12, "failed": 3, "skipped": 1}, states)
    stars = database.execute("SELECT count(*) FROM star").fetchone()[0]
    check(stars == sum(item["stars"] for item in items("done")), stars)
    check(database.execute("PRAGMA integrity_check").fetchone()[0] == "ok")


@test
def the_report_stands_alone_and_shows_every_item():
    _, folder = demo()
    with open(os.path.join(folder, "report.html"), encoding="utf-8") as file:
        page = file.read()
    for item in summary()["items"]:
        check(item["name"] in page, item["name"])
    check(page.count("data:image/jpeg") >= 12, "previews are missing")
    check(not re.search(r"""src=["']?(https?:)?//""", page),
          "the page wants something from elsewhere")
    check("<script" not in page)


def brightness(colour):
    """Relative luminance, as the Web Content Accessibility Guidelines have it."""
    parts = (int(colour[at:at + 2], 16) / 255 for at in (1, 3, 5))
    return sum(weight * (part / 12.92 if part <= 0.04045
                         else ((part + 0.055) / 1.055) ** 2.4)
               for weight, part in zip((0.2126, 0.7152, 0.0722), parts))


def contrast(one, other):
    dark, bright = sorted((brightness(one), brightness(other)))
    return (bright + 0.05) / (dark + 0.05)


def tint(colour, ground, share):
    return "#" + "".join(
        f"{round(share * int(colour[at:at + 2], 16) + (1 - share) * int(ground[at:at + 2], 16)):02x}"
        for at in (1, 3, 5))


@test
def words_of_the_report_stand_out_in_daylight_and_at_night():
    _, folder = demo()
    with open(os.path.join(folder, "report.html"), encoding="utf-8") as file:
        schemes = re.findall(r":root\{([^}]*--page[^}]*)\}", file.read())
    check(len(schemes) == 2, schemes)
    for scheme in schemes:
        colour = {name: value if len(value) == 7 else "#" + "".join(2 * c for c in value[1:])
                  for name, value in re.findall(r"--(\w+):(#\w+)", scheme)}
        card = colour["card"]
        for word, ground, least in (
                (colour["ink"], colour["page"], 7), (colour["soft"], card, 4.5),
                (colour["soft"], colour["page"], 4.5),
                (colour["failed"], tint(colour["failed"], card, 0.13), 4.5),
                # Large ones, and dots.
                (colour["accent"], card, 3), (colour["done"], card, 3),
                (colour["skipped"], card, 3)):
            check(contrast(word, ground) >= least, (scheme, word, ground))


@test
def the_report_can_be_read_without_eyes_or_mouse():
    _, folder = demo()
    with open(os.path.join(folder, "report.html"), encoding="utf-8") as file:
        page = file.read()
    check(page.count("<main") == 1 and '<html lang="en">' in page)
    for picture in re.findall(r"<img[^>]*?alt=\"([^\"]*)", page):
        check(picture.startswith("Marked stars in space_"), picture)
    for head in re.findall(r"<th\b[^>]*>", page):
        check("scope=col" in head, head)
    sheets = re.findall(r"<div ([^>]*)><table", page)
    check(len(sheets) == 3, sheets)
    for sheet in sheets:
        check("tabindex=0" in sheet and "aria-label=" in sheet, sheet)
    check(":focus-visible{outline" in page)


@test
def the_report_renders_in_a_browser():
    _, folder = demo()
    document = render(os.path.join(folder, "report.html"))
    check(os.path.getsize("page.png") > 50_000, "the page looks empty")
    check(document.count("<img") >= 12, "the pictures are missing")


@test
def progress_is_one_last_line_each_when_nobody_watches():
    ended, _ = demo()
    if ended.seconds > 9:
        raise Skip("this machine took so long that it said more in between")
    for label in ("Downloading", "Analyzing"):
        lines = [line for line in ended.err.splitlines()
                 if line.startswith(label)]
        check(len(lines) == 1, ended.err)
        check(re.fullmatch(label + r": 100%\|█{16}\| 15/15 \[\d\d:\d\d<00:00, "
                           r" *\d+\.\d(img|s)/(s|img)\]", lines[0]), lines[0])


@test
def nothing_is_left_behind():
    ended, _ = demo()
    check_nothing_lives(ended)


if __name__ == "__main__":
    main()
