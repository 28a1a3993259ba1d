#!/usr/bin/python3
"""Thumbnails, edges, and several operations in one go."""
import json
import os
import shutil
import struct
import sqlite3
import subprocess

from harness import (LOCAL, STARLING, check, check_one_line, check_status,
                     environment, main, run, shut_in, test)
from pictures import fits, png
from server import Server, body, status


def write(name, data):
    with open(name, "wb") as file:
        file.write(data)


def size_of(name):
    """Width and height as a PNG's header says."""
    with open(name, "rb") as file:
        head = file.read(24)
    check(head[:8] == b"\x89PNG\r\n\x1a\n", name, "is no PNG")
    return struct.unpack(">II", head[16:24])


def made(folder="starling-run"):
    return sorted(os.listdir(os.path.join(folder, "processed_images")))


def summary(folder="starling-run"):
    with open(os.path.join(folder, "summary.json")) as file:
        return json.load(file)


@test
def thumbnails_have_the_widths_asked_for_and_names_that_say_so():
    write("cat.png", png(947, 947))
    ended = run("thumbs", "cat.png", "--out", "r")
    check_status(ended, 0)
    check(made("r") == ["cat_200.png", "cat_32.png", "cat_64.png"], made("r"))
    for width in (32, 64, 200):
        check(size_of(f"r/processed_images/cat_{width}.png") == (width, width))
    check("🖼️ Made 3 thumbnails of cat.png" in ended.out, ended)
    check("🎨 Processing imagery on all CPU cores..." in ended.out, ended)
    check("🎉 Project completed in" in ended.out, ended)
    check("stars" not in ended.out, ended)
    check(not os.path.exists("r/stars.csv"))
    item = summary("r")["items"][0]
    check(item["stars"] is None and item["width"] == 947, item)
    check(item["files"] == {"thumb-32": "cat_32.png", "thumb-64": "cat_64.png",
                            "thumb-200": "cat_200.png"}, item)


@test
def a_picture_without_a_sky_says_why_it_has_no_stars():
    write("flat.png", png(64, 64))
    ended = run("stars", "flat.png", "--out", "r")
    check_status(ended, 0)
    check("🔍 Found 0 stars in flat.png (no star field: nothing stands out)"
          in ended.out, ended)


@test
def results_are_no_pictures_to_work_on():
    os.mkdir("p")
    write("p/a.png", png(64, 64))
    check_status(run("thumbs", "p", "--out", "p/r"), 0)
    check_status(run("thumbs", "p", "--out", "s"), 0)
    check(summary("s")["planned"] == 1, summary("s"))
    ended = run("thumbs", "p/r", "--out", "t")
    check_status(ended, 2)
    check_one_line(ended, "no pictures in p/r")
    check_status(run("thumbs", "p", "--out", "p"), 0)
    check_status(run("thumbs", "p", "--out", "u"), 0)
    check(summary("u")["planned"] == 1, summary("u"))
    check_status(run("edges", "p/r/processed_images", "--out", "v"), 0)
    check(summary("v")["planned"] == 3, summary("v"))


@test
def boxes_formats_and_fits_are_what_was_asked_for():
    write("wide.png", png(400, 100))
    check_status(run("thumbs", "wide.png", "--out", "a", "--size",
                     "100x100,40x20"), 0)
    check(made("a") == ["wide_100x100.png", "wide_40x20.png"], made("a"))
    check(size_of("a/processed_images/wide_100x100.png") == (100, 25))
    check_status(run("thumbs", "wide.png", "--out", "b", "--size", "100x100",
                     "--fit", "crop"), 0)
    check(size_of("b/processed_images/wide_100x100.png") == (100, 100))
    check_status(run("thumbs", "wide.png", "--out", "c", "--widths", "800",
                     "--no-upscale"), 0)
    check(size_of("c/processed_images/wide_800.png") == (400, 100))
    check_status(run("thumbs", "wide.png", "--out", "d", "--widths", "50",
                     "--format", "webp"), 0)
    with open("d/processed_images/wide_50.webp", "rb") as file:
        check(file.read(12)[8:] == b"WEBP")
    check_status(run("thumbs", "wide.png", "--out", "e", "--widths", "50",
                     "--format", "jpg", "--quality", "50"), 0)
    with open("e/processed_images/wide_50.jpg", "rb") as file:
        check(file.read(3) == b"\xff\xd8\xff")


@test
def edges_are_a_picture_as_large_as_the_original():
    write("cat.png", png(120, 90))
    ended = run("edges", "cat.png", "--threshold", "40")
    check_status(ended, 0)
    check(made() == ["edges_cat.png"], made())
    check(size_of("starling-run/processed_images/edges_cat.png") == (120, 90))
    check("✏️ Traced the edges in cat.png" in ended.out, ended)


@test
def several_operations_fetch_and_decode_once():
    data, _ = fits()
    with Server() as server:
        server.add("/sky.fits", body(data))
        ended = run("run", LOCAL, "--op", "stars", "--op", "thumbs", "--op",
                    "edges", server.url + "/sky.fits")
        check_status(ended, 0)
        check(server.count("/sky.fits") == 1)
    check(made() == ["detected_sky.jpg", "edges_sky.png", "sky_200.png",
                     "sky_32.png", "sky_64.png"], made())
    for words in ("🔍 Found", "🖼️ Made 3 thumbnails", "✏️ Traced"):
        check(words in ended.out, ended)
    check(os.path.exists("starling-run/stars.csv"))
    check(summary()["items"][0]["stars"] > 0)
    with open("starling-run/report.html") as file:
        page = file.read()
    for name in ("detected_sky.jpg", "edges_sky.png", "sky_64.png"):
        check(name in page, name, "is not in the report")


@test
def quiet_says_only_that_some_failed():
    write("cat.png", png())
    ended = run("thumbs", "cat.png", "dog.png", "--quiet")
    check_status(ended, 1)
    check(ended.out == "", ended)
    check_one_line(ended, "1 of 2 pictures failed", "status starling-run")
    ended = run("thumbs", "cat.png", "--quiet", "--out", "good")
    check_status(ended, 0)
    check(ended.out == ended.err == "", ended)


@test
def a_thumbnail_that_is_too_large_names_the_limit():
    for name in "abc":
        write(name + ".png", png())
    ended = run("thumbs", "a.png", "b.png", "c.png", "--widths", "16384",
                "--max-pixels", "1M")
    check_status(ended, 1)
    check("--max-pixels larger pictures and thumbnails" in ended.out, ended)


@test
def no_operation_fetches_and_keeps():
    with Server() as server:
        server.add("/a.png", body(png()))
        server.add("/page.png", body(b"<html><body>no</body></html>"))
        ended = run("run", LOCAL, "--op", "none", server.url + "/a.png",
                    server.url + "/page.png")
    check_status(ended, 1)
    check("📥 Fetched a.png" in ended.out, ended)
    check("Pictures: starling-run/images\n" in ended.out, ended)
    check("not-an-image" in ended.out, ended)
    check(os.listdir("starling-run/images") == ["a.png"])
    check(made() == [], made())


@test
def what_ends_with_its_connection_is_kept_only_if_it_is_whole():
    """Also where nothing is to be made of it: a cut download is none."""
    picture = png()
    sent = {"whole.png": picture, "cut.png": picture[:-12],
            "short.png": picture[:60]}

    def until_the_end(data):
        def route(handler):
            handler.send_response(200)
            handler.send_header("Connection", "close")
            handler.end_headers()
            handler.wfile.write(data)
            handler.close_connection = True
        return route
    for operation in ("none", "thumbs"):
        with Server() as server:
            for name, data in sent.items():
                server.add("/" + name, until_the_end(data))
            ended = run("run", "--op", operation, LOCAL, "--ignore-robots",
                        "--fresh", *(f"{server.url}/{name}" for name in sent))
        check_status(ended, 1)
        check_kept_whole(ended)


def check_kept_whole(ended):
    classes = {item["name"]: item["class"] for item in summary()["items"]}
    check(classes == {"whole.png": None, "cut.png": "truncated",
                      "short.png": "truncated"}, classes, ended)
    check(os.listdir("starling-run/images") == ["whole.png"], ended)


@test
def without_work_on_pictures_there_are_no_workers():
    write("cat.png", png())
    alone = shutil.copy(STARLING, "starling-alone")
    for arguments, status in ((("run", "--op", "none", "cat.png"), 0),
                              (("retry", "starling-run"), 0),
                              (("edges", "cat.png", "--out", "r"), 5)):
        ended = subprocess.run([os.path.abspath(alone), *arguments],
                               env=environment(), capture_output=True,
                               text=True)
        check(ended.returncode == status, arguments, ended)


@test
def the_largest_picture_is_a_setting():
    write("small.png", png(1000, 1000))
    write("large.png", png(1001, 1000))
    ended = run("run", "--op", "stars,thumbs,edges", "small.png", "large.png",
                "--max-pixels", "1000000")
    check_status(ended, 1)
    check("too-large: 1001 x 1000" in ended.out, ended)
    check("🖼️ Made 3 thumbnails of small.png" in ended.out, ended)


@test
def what_to_do_must_be_said_and_make_sense():
    write("cat.png", png())
    for arguments, words in (
            (("run", "cat.png"), "--op"),
            (("run", "--op", "none", "--op", "thumbs", "cat.png"), "none"),
            (("run", "--op", "paint", "cat.png"), "stars|thumbs|edges|none"),
            (("thumbs", "cat.png", "--widths", "64,64"), "widths"),
            (("thumbs", "cat.png", "--widths", "0"), "widths"),
            (("thumbs", "cat.png", "--size", "64"), "64x64"),
            (("thumbs", "cat.png", "--fit", "crop"), "--size"),
            (("thumbs", "cat.png", "--widths", "9", "--size", "9x9"), "--size"),
            (("edges", "cat.png", "--widths", "9"), "thumbs"),
            (("thumbs",), "no input")):
        ended = run(*arguments)
        check_status(ended, 2)
        check_one_line(ended, words)
    check(not os.path.exists("starling-run"))


@test
def other_options_in_the_folder_are_refused_by_name():
    write("cat.png", png())
    check_status(run("thumbs", "cat.png", "--widths", "32"), 0)
    for arguments, there, asked in (
            (("--widths", "33"), "thumbs=32", "thumbs=33"),
            (("--widths", "32", "--format", "png"), "format=same",
             "format=png"),
            (("--widths", "32", "--quality", "9"), "quality=85", "quality=9")):
        ended = run("thumbs", "cat.png", *arguments)
        check_status(ended, 2)
        check_one_line(ended, there, asked)
    ended = run("edges", "cat.png")
    check_status(ended, 2)
    check_one_line(ended, "another command: 'thumbs' there", "edges")


@test
def a_run_goes_on_and_is_retried_with_its_own_options():
    with Server() as server:
        server.add("/a.png", body(png(300, 300)))
        server.add("/b.png", status(404))
        arguments = ("thumbs", LOCAL, server.url + "/a.png",
                     server.url + "/b.png", "--widths", "30,60")
        check_status(run(*arguments), 1)
        server.add("/b.png", body(png(300, 150)))
        ended = run("retry", LOCAL, "starling-run")
        check_status(ended, 0)
        check(size_of("starling-run/processed_images/b_60.png") == (60, 30))
        os.remove("starling-run/processed_images/a_30.png")
        check_status(run(*arguments), 0)
        check(size_of("starling-run/processed_images/a_30.png") == (30, 30))
        check(server.count("/a.png") == 1)  # its original is still here
    ended = run("status", "starling-run")
    check_status(ended, 0)
    check("2 done" in ended.out, ended)
    os.remove("starling-run/report.html")
    check_status(run("report", "starling-run"), 0)
    check(os.path.exists("starling-run/report.html"))
    ended = run("report", "starling-run", "--json")
    check_status(ended, 0)
    check(json.loads(ended.out) == summary(), ended)


@test
def the_database_says_what_was_made():
    write("cat.png", png(100, 100))
    check_status(run("run", "--op", "thumbs,edges", "cat.png", "--widths",
                     "10"), 0)
    with sqlite3.connect("starling-run/run.db") as db:
        rows = db.execute("SELECT role, name FROM file ORDER BY role")
        check(rows.fetchall() == [("edges", "edges_cat.png"),
                                  ("thumb-10", "cat_10.png")])
        check(db.execute("SELECT operations FROM run").fetchone() ==
              ("thumbs,edges",))


@test
def a_threshold_for_stars_in_the_config_file_is_none_for_edges():
    write("cat.png", png())
    write("c.ini", b"threshold = 7\nedge_threshold = 50\n")
    check_status(run("edges", "cat.png", "--config", "c.ini"), 0)
    with sqlite3.connect("starling-run/run.db") as db:
        options = db.execute("SELECT options FROM run").fetchone()[0]
    check("edge-threshold=50" in options.split("\n"), options)


@test
def which_stars_and_how_they_are_marked_is_remembered():
    write("a.fits", fits()[0])
    options = ("--region", "150x150+10+10", "--mask", "20x20+30+30,9x9+1+1",
               "--threshold", "4.5", "--star-width", "3.5", "--marks",
               "numbers", "--hdu", "0", "--keep-galaxies", "--min-area", "2")
    check_status(run("stars", "a.fits", "--out", "r", *options), 0)
    check(summary("r")["items"][0]["stars"] > 3, summary("r"))
    check(made("r") == ["detected_a.jpg"], made("r"))
    check_status(run("retry", "r"), 0)
    check_status(run("stars", "a.fits", "--out", "r", *options), 0)
    ended = run("stars", "a.fits", "--out", "r", "--threshold", "4.5")
    check_status(ended, 2)
    check("star-width=3.500" in ended.err, ended)
    check_status(run("stars", "a.fits", "--out", "n", "--marks", "none"), 0)
    check(made("n") == [], made("n"))
    ended = run("stars", "a.fits", "--out", "o", "--region", "9x9+200+0")
    check("(no star field: the region that is searched lies outside of the "
          "picture)" in ended.out, ended)
    ended = run("stars", "a.fits", "--out", "h", "--hdu", "3")
    check_status(ended, 1)
    check("FITS without a part 3: it has 1" in ended.out + ended.err, ended)


@test
def the_part_of_a_fits_file_is_chosen_for_every_operation():
    write("a.fits", fits()[0])
    for operation in ("thumbs", "edges"):
        check_status(run(operation, "a.fits", "--out", operation, "--hdu", "0",
                         "--plane", "0"), 0)
        ended = run(operation, "a.fits", "--out", operation)
        check_status(ended, 2)
        check("'hdu=0' there, nothing asked for" in ended.err, ended)
        ended = run(operation, "a.fits", "--out", "p", "--plane", "2",
                    "--fresh")
        check_status(ended, 1)
        check("FITS without a plane 2: it has 1" in ended.out, ended)


if __name__ == "__main__":
    shut_in()
    main()
