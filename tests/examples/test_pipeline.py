#!/usr/bin/env python3
"""The pipeline in its versions, against a server that counts."""
import os
import re
import subprocess

from programs import FOLDER, check, check_status, main, run, test
from server import Server, body, meeting, status

DELAY = 0.05
COUNT = 12


def jpeg():
    """A picture that one of the programs has drawn and downloaded."""
    path = "sample/original_images/image_1.jpg"
    if not os.path.exists(path):
        os.makedirs("sample", exist_ok=True)
        subprocess.run([os.path.join(FOLDER, "pipeline_async_v1"),
                        "--time-scale", "0.01"], cwd="sample", check=True,
                       stdout=subprocess.DEVNULL)
    with open(path, "rb") as file:
        return file.read()


def pictures(server, route):
    for i in range(1, COUNT + 1):
        server.add(f"/p{i}.jpg", route)
    return [f"{server.url}/p{i}.jpg" for i in range(1, COUNT + 1)]


def check_summary(lines, count=COUNT):
    found = [re.fullmatch(pattern, line) for pattern, line in zip((
        rf"Downloaded {count} images in: (\d+\.\d\d) seconds\. "
        r"(\d+\.\d\d)% of total time",
        rf"Processed {count} images in: (\d+\.\d\d) seconds\. "
        r"(\d+\.\d\d)% of total time", r"",
        r"Total execution time: (\d+\.\d\d) seconds\. "
        r"100\.00% of total time"), lines[-4:])]
    check(all(found) and lines[-5] == "", lines)
    a, b, total = (float(found[i][1]) for i in (0, 1, 3))
    check(abs(a + b - total) < 0.021, a, b, total)
    check(abs(sum(float(found[i][2]) for i in (0, 1)) - 100) < 0.011, lines)
    return a


def check_lines_of(out, urls, in_order):
    lines = out.split("\n")[:-1]
    expected = [[f"Downloading {url}...",
                 f"Downloaded and saved to: original_images/image_{i}.jpg",
                 f"Processed original_images/image_{i}.jpg and saved to "
                 f"processed_images/image_{i}.jpg"]
                for i, url in enumerate(urls, 1)]
    actions = lines[:-5]
    if in_order:
        check(actions == [line for e in expected for line in e[:2]] +
              [e[2] for e in expected], out)
    check(sorted(actions) == sorted(line for e in expected for line in e), out)
    return check_summary(lines, len(urls))


def run_version(version, at_once, *options, in_order=False, delay=0):
    """The server answers once so many ask at once."""
    with Server() as server:
        urls = pictures(server, meeting(server, at_once,
                                        body(jpeg(), delay=delay)))
        ended = run(f"pipeline_{version}", *options, *urls, scale=None)
        check_status(ended, 0)
        seconds = check_lines_of(ended.out, urls, in_order)
        for i in range(1, len(urls) + 1):
            check(os.path.getsize(f"processed_images/image_{i}.jpg") > 0)
        check(server.most_in_flight == at_once, server.most_in_flight)
        return seconds


@test
def sync_v1_does_one_thing_after_the_other():
    seconds = run_version("sync_v1", 1, in_order=True, delay=DELAY)
    check(seconds >= COUNT * DELAY, seconds)


@test
def async_v1_downloads_on_as_many_threads_as_there_are():
    threads = min(32, len(os.sched_getaffinity(0)) + 4)
    run_version("async_v1", min(threads, COUNT))


@test
def async_v2_has_all_downloads_in_flight():
    run_version("async_v2", COUNT)


@test
def async_v3_never_has_more_than_four():
    run_version("async_v3", 4)
    run_version("async_v3", 2, "--limit", "2")


def fails_and_names_the_url(version):
    # The others take long, where they are not waited for.
    delay = 0 if version == "sync_v1" else 1
    with Server() as server:
        urls = pictures(server, body(jpeg(), delay=delay))
        server.add("/p5.jpg", status(404))
        ended = run(f"pipeline_{version}", *urls, scale=None)
        check_status(ended, 1)
        check(len(ended.err.splitlines()) == 1 and "/p5.jpg" in ended.err and
              "404" in ended.err, ended)
        check("Processed" not in ended.out, ended)
        return ended


@test
def a_failing_download_ends_every_version_with_one_line():
    for version in VERSIONS:
        fails_and_names_the_url(version)


@test
def every_version_takes_the_options():
    for version in VERSIONS:
        ended = run(f"pipeline_{version}", "--limit", "2", "--workers", "1",
                    scale=0.02)
        check_status(ended, 0)
        check_summary(ended.out.split("\n")[:-1])


@test
def options_that_make_no_sense_are_refused():
    for version in VERSIONS:
        for arguments in (("--limit", "0"), ("--workers", "-1"),
                          ("--limit", "many"), ("--limit",), ("--what",)):
            ended = run(f"pipeline_{version}", *arguments, scale=None)
            check_status(ended, 2)
            check(len(ended.err.splitlines()) == 1 and not ended.out, ended)


@test
def every_version_works_on_one_core():
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        for version in VERSIONS:
            check_status(run(f"pipeline_{version}", scale=0.02), 0)
    finally:
        os.sched_setaffinity(0, cores)


@test
def without_urls_the_pipeline_has_pictures_of_its_own():
    for version in VERSIONS:
        ended = run(f"pipeline_{version}", scale=0.05)
        check_status(ended, 0)
        check(len(re.findall("^Processed original", ended.out, re.M)) == 12,
              ended)


VERSIONS = ["sync_v1", "async_v1", "async_v2", "async_v3"]
main()
