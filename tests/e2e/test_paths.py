#!/usr/bin/env python3
"""Promises about pictures on this machine: however they are named, from
wherever, each is one item.

All of it runs in a network namespace without a way out."""
import os
import sqlite3

from folders import by_name, sky, summary, write
from harness import LOCAL, check, check_status, main, run, shut_in, test
from pictures import fits
from server import Server, body


def addresses(folder="starling-run"):
    """Name and path of each item, in order."""
    with sqlite3.connect(os.path.join(folder, "run.db")) as books:
        return books.execute("SELECT url, path FROM item ORDER BY id").fetchall()


@test
def a_picture_that_is_named_in_several_ways_is_one_item():
    os.mkdir("in")
    sky("in/a.fits")
    os.symlink("in", "way")
    whole = os.path.realpath("in/a.fits")
    ended = run("stars", "in/a.fits", "./in/a.fits", "way/a.fits", whole,
                "in/../in//a.fits", "in", "*n/a.fits")
    check_status(ended, 0)
    check(addresses() == [("in/a.fits", whole)], addresses())
    check(summary()["items"][0]["url"] == "in/a.fits", summary())
    ended = run("stars", "in/a.fits", cwd="way/..")
    check_status(ended, 0)
    ended = run("stars", "a.fits", "--out", "../starling-run", cwd="in")
    check_status(ended, 0)
    check(summary()["planned"] == 1, summary())


@test
def the_same_name_in_two_folders_is_two_pictures():
    for night, stars in ("one", 5), ("two", 25):
        os.mkdir(night)
        sky(f"{night}/sky.fits", stars, seed=stars)
        ended = run("stars", "sky.fits", "--out", "../both", cwd=night)
        check_status(ended, 0)
    items = by_name("both")
    check(sorted(items) == ["sky", "sky-2"], items)
    check(items["sky"]["stars"] < items["sky-2"]["stars"], items)
    check([item["url"] for item in items.values()] == ["sky.fits"] * 2, items)


@test
def the_bar_says_downloading_only_of_downloads():
    os.mkdir("in")
    sky("in/a.fits")
    with Server() as server:
        server.add("/b.fits", body(fits(seed=2)[0]))
        write("list", f"in/a.fits\n{server.url}/b.fits\n".encode())
        for words, command in (("Reading: 100%", ("in",)),
                               ("Downloading: 100%", ("--urls", "list"))):
            ended = run("stars", *command, LOCAL, "--fresh")
            check_status(ended, 0)
            check(words in ended.err, ended)
            check(ended.err.count("100%") == 2, ended)


@test
def what_is_left_is_found_from_another_folder():
    os.mkdir("in")
    os.mkdir("elsewhere")
    write("in/late.fits", b"")
    sky("elsewhere/late.fits", 3, seed=3)
    check_status(run("stars", "late.fits", "--out", "../run", cwd="in"), 1)
    sky("in/late.fits", 25, seed=25)
    check_status(run("retry", "../run", cwd="elsewhere"), 0)
    check(summary("run")["items"][0]["stars"] > 10, summary("run"))


@test
def a_project_that_was_moved_goes_on_and_one_that_stayed_does_not_follow():
    os.makedirs("old/pics")
    os.mkdir("apart")
    sky("old/pics/a.fits", seed=1)
    sky("apart/b.fits", seed=2)
    work = "stars", "pics", "../apart/b.fits", "--out", "results/run"
    check_status(run(*work, cwd="old"), 0)
    os.rename("old", "new")
    ended = run(*work, "--dry-run", cwd="new")
    check("0 to do, 2 done already" in ended.out, ended)
    ended = run(*work, cwd="new")
    check_status(ended, 0)
    check(summary("new/results/run")["planned"] == 2, ended)
    # The folder of the run alone goes elsewhere.
    os.rename("new/results/run", "new/run")
    ended = run(*work[:-1], "run", cwd="new")
    check(summary("new/run")["planned"] == 2, ended)


if __name__ == "__main__":
    shut_in()
    main()
