#!/usr/bin/env python3
"""Promises about a run as a whole: who holds it, what it waits for, what went
wrong with it, and that it goes on.

All of it runs in a network namespace without a way out."""
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import threading

from folders import contents, mounted, sky, summary, write
from harness import (LOCAL, STARLING, check, check_one_line, check_status,
                     environment, finish, main, run, shut_in, start, test,
                     wait_for_words, wait_until)
from pictures import fits
from server import Server, body, held, status


@test
def who_is_refused_is_told_by_whom_since_when_and_by_which_command():
    with Server() as server:
        gate = threading.Event()
        server.add("/slow.fits", held(gate, body(fits()[0])))
        url = server.url + "/slow.fits"
        first = start("stars", LOCAL, url + "?token=SECRET17")
        wait_until(lambda: server.seen)
        for command in ("stars", LOCAL, url), ("retry", "starling-run"):
            second = run(*command)
            check_status(second, 4)
            check_one_line(second, "starling-run", f"process {first.pid}",
                           "since 20", "starling stars --allow-private")
            check("SECRET17" not in second.err, second)
        for command in "status", "report":
            ended = run(command, "starling-run")
            check_status(ended, 0)
            check("1 planned: 0 done" in ended.out, ended)
        check(summary()["planned"] == 1)
        gate.set()
        check_status(finish(first), 0)
        check(summary()["done"] == 1)


@test
def what_everything_waits_for_is_told_on_request():
    with Server() as server:
        gate = threading.Event()
        server.add("/slow.fits", held(gate, body(fits()[0])))
        process = start("stars", LOCAL, server.url + "/slow.fits")
        wait_until(lambda: server.seen)
        process.send_signal(signal.SIGUSR1)
        wait_for_words(process, "- slow: waits for")
        gate.set()
        ended = finish(process)
    check_status(ended, 0)
    check("0 of 1 fetched" in ended.err, ended)


@test
def many_failures_of_one_kind_are_explained_in_one_line():
    with Server() as server:
        server.add("/good.fits", body(fits()[0]))
        server.add("/page.fits", body(b"<html>"))
        ended = run("stars", LOCAL, server.url + "/good.fits",
                    server.url + "/page.fits",
                    *(f"{server.url}/{i}.fits" for i in range(9)))
        check_status(ended, 1)
        check("Failures:" not in ended.out, ended)
        check("9 of 10 failures are http-404: the list may be old" in
              ended.out, ended)
        check("9 of 10 failures" in run("status", "starling-run").out)
        # One of a few is told by its own line.
        ended = run("stars", LOCAL, server.url + "/good.fits",
                    server.url + "/0.fits", "--out", "few")
        check("failures are" not in ended.out, ended)


@test
def many_failures_are_counted_by_their_kind():
    with Server() as server:
        for i in range(5):
            server.add(f"/page{i}.fits", body(b"<html>"))
        urls = [f"{server.url}/page{i}.fits" for i in range(5)]
        urls += [f"{server.url}/{i}.fits" for i in range(16)]
        ended = run("stars", LOCAL, *urls)
    check_status(ended, 1)
    check("Failures: 16 http-404, 5 not-an-image\n" in ended.out, ended)
    check("Failures: 16 http-404" in run("status", "starling-run").out)


@test
def of_many_failures_a_few_are_shown_and_the_others_on_request():
    write("list", "".join(f"no/{i}.fits\n" for i in range(30)).encode() +
          b"".join(b"http://127.0.0.1:9/%d.fits\n" % i for i in range(3)))
    check_status(run("stars", "--urls", "list"), 1)
    ended = run("status", "starling-run")
    check_status(ended, 0)
    lines = ended.out.splitlines()
    check(sum("Failed" in line for line in lines) == 6, ended)
    check("27 more are no-file: starling status starling-run --class no-file "
          "names them" in ended.out, ended)
    check(sum(" more are " in line for line in lines) == 1, ended)
    ended = run("status", "starling-run", "--class", "no-file")
    check(ended.out.count("Failed") == 30, ended)
    check(ended.out.count("no/") == 0 and " more are " not in ended.out, ended)
    ended = run("status", "starling-run", "--class", "no-flie")
    check_status(ended, 0)
    check_one_line(ended, "nothing failed in starling-run for the reason "
                   "no-flie; there are 30 no-file, 3 refused-address")


@test
def where_there_is_nothing_to_retry_nothing_is_done():
    gate = threading.Event()
    with Server() as server:
        server.add("/0.fits", held(gate, status(404)))
        urls = [f"{server.url}/{i}.fits" for i in range(9)]
        process = start("stars", LOCAL, *urls, "--per-host", "1")
        wait_until(lambda: server.seen)
        process.send_signal(signal.SIGINT)
        wait_for_words(process, "finishing")
        gate.set()
        check_status(finish(process), 130)
        ended = run("status", "starling-run")
        check("8 are left, and nobody is at work: the same command goes on, or "
              "starling retry starling-run\n" in ended.out, ended)
        before = summary()
        ended = run("retry", LOCAL, "starling-run", "--class", "http404")
        check_status(ended, 1)
        check("reason http404; there are 1 http-404" in ended.err and
              "8 are left" in ended.err, ended)
        check(ended.out == "📊 9 planned: 0 done, 1 failed, 0 skipped\n", ended)
        check(len(server.seen) == 1, server.seen)
        check_status(run("report", "starling-run"), 0)
        check(summary() == before, summary())
        for i in range(9):
            server.add(f"/{i}.fits", body(fits(seed=i)[0]))
        check_status(run("retry", LOCAL, "starling-run"), 0)
    ended = run("retry", "starling-run")
    check_status(ended, 0)
    check_one_line(ended, "nothing failed in starling-run")
    check(ended.out == "📊 9 planned: 9 done, 0 failed, 0 skipped\n", ended)
    ended = run("retry", "starling-run", "--json")
    check(json.loads(ended.out)["done"] == 9, ended)


@test
def a_retry_without_its_leave_changes_nothing_and_of_many_tells_the_kinds():
    with Server() as server:
        for i in range(30):
            server.add(f"/{i}.fits", status(404))
        write("l.txt", "".join(f"{server.url}/{i}.fits\n"
                               for i in range(30)).encode())
        check_status(run("run", "--op", "none", LOCAL, "--delay", "1ms",
                         "--urls", "l.txt"), 1)
        before = os.stat("starling-run/summary.json").st_mtime_ns
        ended = run("retry", "starling-run")
        check_status(ended, 2)
        check_one_line(ended, "give --allow-private", "nothing was changed")
        status_now = run("status", "starling-run").out
        check("27 more are http-404" in status_now, status_now)
        check(os.stat("starling-run/summary.json").st_mtime_ns == before)
        server.add("/0.fits", body(fits()[0]))
        ended = run("retry", "starling-run", LOCAL)
        check_status(ended, 1)
        check_one_line(ended, "begun with --delay, which it does not keep")
    check("Of 30 that were tried, 1 are done, 29 failed" in ended.out, ended)
    check("26 more are http-404" in ended.out, ended)
    check(len(ended.out) < 1500, ended)
    ended = run("retry", "starling-run", "--allow-address", "none")
    check_status(ended, 1)
    check(summary()["items"][1]["class"] == "refused-address")


@test
def a_run_with_operations_of_another_version_is_left_alone():
    sky("sky.fits")
    write("bad.png", b"no picture")
    check_status(run("stars", "sky.fits", "bad.png"), 1)
    with sqlite3.connect("starling-run/run.db") as books:
        books.execute("UPDATE run SET operations = 'paint'")
    ended = run("retry", "starling-run")
    check_status(ended, 3)
    check_one_line(ended, "starling-run", "not known here: 'paint'")


@test
def a_demo_is_not_tried_again():
    check_status(run("demo", "--out", "d", "--progress", "off"), 0)
    before = contents("d/processed_images"), summary("d")
    ended = run("retry", "d")
    check_status(ended, 2)
    check_one_line(ended, "d is a demo, whose server ended with it")
    check((contents("d/processed_images"), summary("d")) == before)


@test
def what_was_mistyped_is_told_before_anything_is_made():
    """And before a folder turns out to hold another run."""
    sky()
    check_status(run("stars", "sky.fits", "--out", "other"), 0)
    write("l.csv", b"url\nsky.fits\n")
    before = contents("other")
    for inputs, words in (
            (["sky.jpg"], "sky.jpg: there is no such file"),
            (["a", "b"], "a and all other inputs: there is no such file"),
            (["ftp://h/a.jpg"], "only http and https"),
            (["--urls", "list.txt"], "cannot read the list list.txt: No such"),
            (["--urls", "other"], "cannot read the list other: Is a dir"),
            (["l.csv"], "l.csv: it is a list by its name, which --urls reads"),
            (["--urls", "l.csv", "--urls", "l.csv"], "given twice"),
            (["--name", "{x}", "sky.fits"], "--name: '{x}' is none of")):
        for out in "new", "other":
            ended = run("thumbs", *inputs, "--out", out)
            check_status(ended, 2)
            check_one_line(ended, words)
    check(not os.path.exists("new"), "a run folder was left")
    check(contents("other") == before)


@test
def a_local_picture_is_found_again_from_anywhere_until_it_is_gone():
    os.mkdir("in")
    sky("in/a.fits")
    check_status(run("stars", "in"), 0)
    os.remove("starling-run/processed_images/detected_a.jpg")
    os.mkdir("elsewhere")
    ended = run("retry", os.path.abspath("starling-run"), cwd="elsewhere")
    check_status(ended, 0)
    check(os.listdir("starling-run/processed_images") == ["detected_a.jpg"])
    os.remove("starling-run/processed_images/detected_a.jpg")
    os.remove("in/a.fits")
    ended = run("retry", "starling-run")
    check_status(ended, 1)
    check("no-file: there is no such file any more" in ended.out, ended)


@test
def books_that_do_not_balance_are_an_error_of_ours():
    with Server() as server:
        gate = threading.Event()
        server.add("/a.fits", body(fits(seed=1)[0]))
        server.add("/b.fits", held(gate, body(fits(seed=2)[0])))
        process = start("stars", LOCAL, server.url + "/a.fits",
                        server.url + "/b.fits")

        def is_done():
            if not os.path.exists("starling-run/run.db"):
                return False
            books = sqlite3.connect("file:starling-run/run.db?mode=ro",
                                    uri=True)
            try:
                done, = books.execute("SELECT count(*) FROM item WHERE "
                                      "state = 'done'").fetchone()
            except sqlite3.OperationalError:  # it is being made
                return False
            return done == 1
        wait_until(is_done)
        books = sqlite3.connect("starling-run/run.db", timeout=30)
        books.execute("DELETE FROM star")
        books.execute("DELETE FROM file WHERE role <> 'original'")
        books.execute("UPDATE item SET state = 'fetched' WHERE name = "
                      "'a.fits'")
        books.commit()
        books.close()
        gate.set()
        ended = finish(process)
    check_status(ended, 5)
    check_one_line(ended, "do not balance")


@test
def a_run_on_a_full_disk_goes_on_when_there_is_room():
    with mounted("small", "size=600k"):
        os.mkdir("in")
        for i in range(30):
            sky(f"in/s{i}.fits", 20, i)
        ended = run("stars", "in", "--out", "small/run")
        check_status(ended, 75)
        check_one_line(ended, "full")
        again = run("stars", "in", "--out", "small/run")
        check_status(again, 75)
        subprocess.run(["mount", "-o", "remount,size=64m", "small"],
                       check=True)
        check_status(run("stars", "in", "--out", "small/run"), 0)
        totals = summary("small/run")
        check(totals["done"] == 30, totals)
        check(len(os.listdir("small/run/processed_images")) == 30)
        check_status(run("stars", "in", "--out", "elsewhere"), 0)
        with open("small/run/stars.csv") as a, \
                open("elsewhere/stars.csv") as b:
            check(a.read() == b.read(), "the catalogues differ")


@test
def a_run_that_cannot_start_workers_leaves_no_folder_and_clears_none():
    sky()
    check_status(run("stars", "sky.fits"), 0)
    before = contents("starling-run")
    os.makedirs("alone/bin")
    shutil.copy(STARLING, "alone/bin/starling")
    alone = subprocess.run(["alone/bin/starling", "stars", "sky.fits", "--out",
                            "new"], env=environment(), capture_output=True,
                           text=True)
    check(alone.returncode == 5 and "cannot start the workers" in alone.stderr
          and alone.stderr.count("\n") == 1, alone)
    check(not os.path.exists("new"))
    alone = subprocess.run(["alone/bin/starling", "stars", "sky.fits",
                            "--fresh"], env=environment(), capture_output=True)
    check(alone.returncode == 5, alone)
    check(contents("starling-run") == before, "it was touched")


if __name__ == "__main__":
    shut_in()
    main()
