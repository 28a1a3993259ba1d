#!/usr/bin/python3
"""Pictures of formats that few have, by a worker program of their own."""
import json
import os
import shutil
import struct
import subprocess

from folders import sky, summary
from harness import (BUILD, LOCAL, STARLING, Skip, check, check_nothing_lives,
                     check_status, environment, main, run, test)
from pictures import fits, png
from server import Server, body

TOOL = os.path.join(os.path.dirname(STARLING), "..")
RARE = os.path.join(TOOL, "worker", "starling-worker-rare")
MAKE_HEIF = os.path.join(BUILD, "tests/tool/worker/make_heif")


def tiff(width=200, height=100):
    """Grey, not compressed: a header, a directory, the pixels."""
    entries = ((256, width), (257, height), (258, 8), (259, 1), (262, 1),
               (273, 8 + 2 + 9 * 12 + 4), (277, 1), (278, height),
               (279, width * height))
    return (b"II*\0" + struct.pack("<IH", 8, len(entries)) +
            b"".join(struct.pack("<HHII", tag, 4, 1, value)
                     for tag, value in entries) + struct.pack("<I", 0) +
            bytes(range(200)) * (width * height // 200))


def write(name, data):
    with open(name, "wb") as file:
        file.write(data)


def reads(name):
    found = json.loads(run("doctor", "--json").out)["formats"]
    if not found[name]:
        raise Skip(f"this build does not read {name}")


def heif(kind):
    reads("AVIF")
    made = subprocess.run([MAKE_HEIF, kind], capture_output=True)
    if made.returncode == 77:
        raise Skip("libheif has no encoder here")
    return made.stdout


@test
def a_folder_of_every_format_is_worked_on_in_one_run():
    reads("TIFF")
    os.mkdir("in")
    write("in/a.tif", tiff())
    write("in/b.avif", heif("avif"))
    write("in/c.heic", heif("heic"))
    write("in/d.png", png())
    ended = run("run", "--op", "stars", "--op", "thumbs", "--op", "edges", "in")
    check_status(ended, 0)
    check(summary()["done"] == 4, ended, summary())
    stars = {os.path.basename(item["url"]): item["stars"]
             for item in summary()["items"]}
    check(stars["a.tif"] == 0, stars)
    for name in ("b.avif", "c.heic"):
        check(18 <= stars[name] <= 22, stars)
    made = os.listdir("starling-run/processed_images")
    for name in ("a_64.png", "b_64.png", "edges_c.png", "detected_b.jpg"):
        check(name in made, name, made)
    check_nothing_lives(ended)


@test
def every_executor_reads_rare_formats():
    reads("TIFF")
    write("a.tif", tiff())
    write("b.avif", heif("avif"))
    for executor in ("process", "thread", "inline"):
        ended = run("thumbs", "a.tif", "b.avif", "--executor", executor,
                    "--out", executor)
        check_status(ended, 0)


@test
def compare_reads_rare_formats():
    reads("TIFF")
    write("a.tif", tiff())
    write("b.fits", fits()[0])
    ended = run("compare", "a.tif", "b.fits", "--rounds", "1", "--latency",
                "1ms", "--workers", "2", "--json")
    check_status(ended, 0)
    check("left out" not in ended.err, ended)


@test
def a_fetched_tiff_is_kept_under_its_kind_of_name():
    reads("TIFF")
    with Server() as server:
        server.add("/picture", body(tiff()))
        ended = run("thumbs", LOCAL, server.url + "/picture")
    check_status(ended, 0)
    check(os.listdir("starling-run/images") == ["picture.tif"],
          os.listdir("starling-run/images"))


@test
def a_cut_tiff_fails_alone():
    reads("TIFF")
    sky()
    write("cut.tif", tiff()[:-1000])
    ended = run("thumbs", "cut.tif", "sky.fits")
    check_status(ended, 1)
    check("TIFF ends before its pixels do" in ended.out + ended.err, ended)
    check(summary()["done"] == 1 and summary()["failed"] == 1, summary())


@test
def without_the_program_a_picture_fails_with_what_to_install():
    for name in ("cmd/starling", "worker/starling-worker"):
        os.makedirs(os.path.dirname(name), exist_ok=True)
        shutil.copy(os.path.join(TOOL, name), name)
    write("a.tif", tiff())
    write("sky.fits", fits()[0])
    ended = subprocess.run(["cmd/starling", "stars", "a.tif", "sky.fits"],
                           env=environment(), capture_output=True, text=True)
    check(ended.returncode == 1, ended)
    check("TIFF needs starling-worker-rare, which is built where libtiff-dev is "
          "installed" in ended.stdout + ended.stderr, ended)
    failed = [item for item in summary()["items"] if item["state"] == "failed"]
    check(len(failed) == 1 and failed[0]["class"] == "unsupported", failed)
    told = subprocess.run(["cmd/starling", "doctor"], env=environment(),
                          capture_output=True, text=True)
    check("build it where libtiff-dev is installed" in told.stdout, told)


if __name__ == "__main__":
    main()
