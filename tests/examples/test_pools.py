#!/usr/bin/env python3
"""The programs that work on threads and in processes."""
import hashlib
import os
import re
import shutil
import subprocess

from programs import (Skip, about, check, check_lines, check_status, main, output,
                      run, test, test_of_time)
from harness import SANITIZED
from server import Server, body, day, status


@test_of_time
def example_4_blocks_two_threads_then_two_processes():
    def half(kind):
        return ["Do something with 1...", "Do something with 2...",
                "Done with 1", f"{kind} 1 fully completed", "Done with 2",
                f"{kind} 2 fully completed"]
    check_lines(output("example_4", scale=0.2), [
        *half("Thread"), *half("Process"), "['Result of 1', 'Result of 2']",
        about("Finished in {} seconds", 4, slack=2.5)])


SIZES = [2, 5, 3, 8, 4, 6, 2, 7, 3, 5]
PHOTOS = [f"📷 Processed: photo_{n:03}.jpg ({size}MB) - {size},000,000 pixels"
          for n, size in enumerate(SIZES, 1)]


@test
def the_image_service_shows_three_ways_of_the_same_work():
    lines = output("image_service", scale=0.01, limit=60)
    rule, double = "-" * 70, "=" * 70
    check_lines(lines[:8], [
        double, "    IMAGE PROCESSING SERVICE - Performance Comparison",
        "    Sequential vs Thread Pool vs Process Pool Execution", double, "",
        "📁 Processing 10 images...", "", rule])
    check(lines[11:21] == PHOTOS, lines)
    at = 7
    for title, name in (("🔄 METHOD 1: SEQUENTIAL EXECUTION", "Sequential"),
                        ("🧵 METHOD 2: THREAD POOL EXECUTION (5 workers)",
                         "Thread Pool"),
                        ("⚙️  METHOD 3: PROCESS POOL EXECUTION (5 workers)",
                         "Process Pool")):
        check(lines[at] == rule and lines[at + 1] == title and
              lines[at + 3] == rule, lines[at:at + 4])
        check(sorted(lines[at + 4:at + 14]) == PHOTOS, lines[at:])
        check(lines[at + 14] == "" and lines[at + 16] == "" and re.fullmatch(
            rf"⏱️  {name} Execution Time: \d+\.\d\d seconds",
            lines[at + 15]), lines[at + 15])
        at += 17
    check_lines(lines[at:at + 3], [double, "    📊 PERFORMANCE SUMMARY", double])
    for line, pattern in zip(lines[at + 3:], (
            r"    Sequential:    \d+\.\d\d seconds",
            r"    Thread Pool:   \d+\.\d\d seconds",
            r"    Process Pool:  \d+\.\d\d seconds", rule,
            r"    🚀 Thread Pool Speedup:  \d+\.\d\dx faster",
            r"    🚀 Process Pool Speedup: \d+\.\d\dx faster", double)):
        check(re.fullmatch(pattern, line), line)


@test
def a_bad_job_costs_itself_only():
    lines = output("worker_crash", scale=None)
    check(lines[-1] == "the program: still here", lines)
    check(lines.count("a good job: answered") == 5, lines)
    # A sanitizer catches the crash itself, and there is no limit to memory.
    for line in ("one that crashes: " + ("exited:1" if SANITIZED else
                                         "crashed:SIGSEGV"),
                 "one that hangs: timeout",
                 "one that eats memory: " + ("" if SANITIZED else "memory")):
        check(any(found.startswith(line) for found in lines), line, lines)


@test
def a_step_that_fails_stops_those_that_need_it():
    check_lines(output("build_steps", scale=None), [
        "sources: done", "library: done", "pictures: timeout", "tool: done",
        "tests: " + ("exited:1" if SANITIZED else "crashed:SIGSEGV"),
        "manual: done", "package: not begun, since it needs pictures"])


def digests():
    return {name: hashlib.sha256(open(f"outgoing/{name}", "rb").read())
            .hexdigest() for name in os.listdir("outgoing")}


def jpeg_size(path):
    """Width and height, from the frame header."""
    with open(path, "rb") as file:
        data = file.read()
    at = 2
    while data[at + 1] not in (0xC0, 0xC2):
        at += 2 + int.from_bytes(data[at + 2:at + 4], "big")
    return (int.from_bytes(data[at + 7:at + 9], "big"),
            int.from_bytes(data[at + 5:at + 7], "big"))


@test
def every_mode_makes_the_same_thumbnails():
    seen = []
    for mode in ("seq", "threads", "procs", "pool", "async"):
        lines = output("thumbnail_maker", "--mode", mode, scale=0.02, limit=60)
        check(lines[0] == "26 pictures, 78 thumbnails" and
              lines[2].startswith(mode), lines)
        check(os.listdir("incoming") == [], os.listdir("incoming"))
        seen.append(digests())
    check(len(seen[0]) == 78, len(seen[0]))
    check(all(one == seen[0] for one in seen), "bytes differ")
    for width, height in ((32, 21), (64, 42), (200, 133)):  # of 640 x 427
        found = jpeg_size(f"outgoing/picture_1_{width}.jpg")
        check(found == (width, height), found)
    check_log(open("thumbnail_maker.log").read().split("\n")[:-1])


def check_log(lines):
    """What the document's service writes, once for each mode."""
    took = r"in \d+\.\d\d seconds"
    for mode in ("seq", "threads", "procs", "pool", "async"):
        middle = ["beginning image downloads and resizing"] if mode == "pool" \
            else ["beginning image downloads", f"downloaded 26 images {took}",
                  "beginning image resizing",
                  f"created 78 thumbnails of 26 images {took}"]
        for pattern in [rf"START make_thumbnails \({mode}\)", *middle,
                        f"END make_thumbnails {took}"]:
            line = lines.pop(0)
            check(re.fullmatch(pattern, line), mode, line)
    check(lines == [], lines)


def grey(width, height):
    """A picture of that size."""
    if not shutil.which("cjpeg"):
        raise Skip("cjpeg is not installed")
    return subprocess.run(
        ["cjpeg"], input=b"P5 %d %d 255\n" % (width, height) +
        bytes(width * height), capture_output=True, check=True).stdout


@test
def heights_are_exact_and_never_nothing():
    # In doubles the first two come out as 31 and 223.
    sizes = {"square": (947, 947, 32), "tall": (107, 749, 224),
             "line": (1000, 1, 1), "small": (16, 9, 18)}
    with Server() as server:
        for name, (width, height, _) in sizes.items():
            server.add(f"/{name}.jpg", body(grey(width, height)))
        output("thumbnail_maker", "--mode", "seq",
               *(f"{server.url}/{name}.jpg" for name in sizes))
    for name, (_, _, height) in sizes.items():
        found = jpeg_size(f"outgoing/{name}_32.jpg")
        check(found == (32, height), name, found)


@test
def a_mode_that_there_is_not_is_refused():
    ended = run("thumbnail_maker", "--mode", "fast", scale=None)
    check_status(ended, 2)
    check(len(ended.err.splitlines()) == 1 and not ended.out, ended)


@test
def names_that_collide_are_told_apart():
    with Server() as server:
        output("thumbnail_maker", "--mode", "seq", scale=0.01, limit=60)
        with open("outgoing/picture_1_200.jpg", "rb") as file:
            data = file.read()
        for path in ("/a/x.jpg", "/b/x.jpg"):
            server.add(path, body(data))
        output("thumbnail_maker", "--mode", "async", "--home", "new",
               f"{server.url}/a/x.jpg", f"{server.url}/b/x.jpg")
    found = set(os.listdir("new/outgoing"))
    check({"x_32.jpg", "x-2_32.jpg"} <= found, found)


def check_apod(lines, count):
    check_lines(lines[:2], ["", f"📡 Requesting {count} images from NASA..."])
    check("🔭 Analyzing imagery on all CPU cores..." in lines, lines)
    check("✨ Project Summary! 🚀" in lines, lines)
    check(re.fullmatch(r"🎉 Project completed in \d+\.\d\d seconds!",
                       lines[-1]), lines)


@test
def the_stars_of_ten_pictures_are_counted_in_order():
    ended = run("apod_stars", scale=0.05)
    check_status(ended, 0)
    lines = ended.out.split("\n")[:-1]
    check_apod(lines, 10)
    check([line for line in lines if line.startswith("🔍")] ==
          [f"🔍 Found {15 + (n + 1) % 7} stars in space_{n}.jpg"
           for n in range(10)], lines)
    for line, label in zip(ended.err.split("\n"), ("Downloading", "Analyzing")):
        check(re.fullmatch(label + r": 100%\|█{16}\| 10/10 \[\d\d:\d\d<00:00, "
                           r"( \d|\d\d+)\.\dimg/s\]", line), ended.err)
    check(len(os.listdir("processed_images")) == 10)


@test
def videos_are_left_out_and_a_failure_is_told():
    output("apod_stars", "--count", "1", scale=0.01)
    with open("space_images/space_0.jpg", "rb") as file:
        data = file.read()
    with Server() as server:
        server.add("/big.jpg", body(data))
        server.add("/gone.jpg", status(404))
        server.add_days([
            day(server.url + "/small.jpg", hdurl=server.url + "/big.jpg"),
            day("https://video.example/", media_type="video"),
            day(server.url + "/gone.jpg")])
        ended = run("apod_stars", "--base-url", server.url, scale=None)
    check_status(ended, 1)
    check_apod(ended.out.split("\n")[:-1], 2)
    check("Found 16 stars in space_0.jpg" in ended.out, ended)
    check("space_1.jpg" in ended.out and "404" in ended.out, ended)


@test
def the_placeholder_is_no_key():
    ended = run("apod_stars", "--api-key", "YOUR_NASA_API_KEY_HERE")
    check_status(ended, 2)


main()
