"""starling compare: five modes, the same results, and what it says of them."""
import json
import os
import re
import signal
import subprocess
import threading
import time

from browser import render
from folders import sky, write
from harness import (LOCAL, check, check_nothing_lives, check_one_line,
                     check_status, finish, heeds, main, run, start, test,
                     wait_for_words, wait_until)
from pictures import fits
from server import Server, body, held, in_turn, status

MODES = ["sequential", "threads", "processes", "async only", "hybrid"]


def skies(count=3):
    os.mkdir("skies")
    for i in range(count):
        sky(f"skies/{i}.fits", seed=i + 1)


def compare(*arguments):
    return run("compare", "--rounds", "1", "--latency", "5ms", *arguments)


@test
def five_modes_are_measured_and_told_in_a_table_json_and_a_page():
    skies()
    ended = compare("skies", "--workers", "2")
    check_status(ended, 0)
    lines = ended.out.split("\n")
    begin = next(i for i, line in enumerate(lines)
                 if line.startswith("mode "))
    rows = [re.match(r"[a-z ]*[a-z]", line)[0] for line in
            lines[begin + 1:begin + 6]]
    check(rows == MODES, rows)
    check(lines[begin + 7].startswith("sequential: the CPU was "), lines)
    page = open("starling-compare.html").read()
    for mode in MODES:
        check(f"<b>{mode}</b>" in page, mode)
    check(page.count("<svg") == 10, "five bars and five strips")
    check_nothing_lives(ended)

    ended = compare("skies", "--workers", "1..2", "--json", "--page", "p.html")
    check_status(ended, 0)
    told = json.loads(ended.out)
    check([mode["mode"] for mode in told["modes"]] ==
          ["sequential", "threads", "threads", "processes", "processes",
           "async only", "hybrid", "hybrid"], told)
    for mode in told["modes"]:
        check(mode["median_s"] > 0 and mode["cpu_s"] > 0, mode)
        check(mode["workers"] in (1, 2), mode)
    check(os.path.exists("p.html"))


@test
def without_input_it_draws_star_fields():
    # Thumbnails: finding the stars would take six times as long.
    ended = compare("--json", "--workers", "2", "--progress", "off",
                    "--op", "thumbs", "--widths", "32")
    check_status(ended, 0)
    check_one_line(ended, "no input: drawing 12 star fields")
    check(json.loads(ended.out)["pictures"] == 12, ended)


@test
def what_is_no_picture_is_named_and_left_out():
    skies(2)
    write("skies/page.jpg", b"<html>sorry</html>")
    ended = compare("skies", "--json")
    check_status(ended, 1)
    check("left out: skies/page.jpg: " in ended.err, ended)
    check(json.loads(ended.out)["pictures"] == 2, ended)


@test
def urls_are_fetched_from_their_own_server():
    data, _ = fits()
    with Server() as server:
        for i in range(3):
            server.add(f"/{i}.fits", body(data))
        ended = compare("--json", LOCAL, *(f"{server.url}/{i}.fits"
                                           for i in range(3)))
        asked = [server.count(f"/{i}.fits") for i in range(3)]
    check_status(ended, 0)
    check(json.loads(ended.out)["latency_s"] is None, ended)
    # Once for the trial and once for each mode; the first also to warm workers.
    check("each picture will be fetched 6 times" in ended.err, ended)
    check(asked == [7, 6, 6], asked)


@test
def a_server_that_changes_its_mind_ends_the_comparison():
    one, _ = fits(seed=1)
    other, _ = fits(seed=2)
    with Server() as server:
        server.add("/a.fits", body(one))
        server.add("/b.fits", in_turn(body(one), body(other)))
        ended = compare(LOCAL, f"{server.url}/a.fits", f"{server.url}/b.fits")
    check_status(ended, 5)
    check("gives another result than it did before" in ended.err, ended)
    check("b.fits" in ended.err, ended)


@test
def a_server_that_breaks_down_meanwhile_is_told_of():
    data, _ = fits()
    with Server() as server:
        server.add("/a.fits", body(data))
        server.add("/b.fits", in_turn(body(data), body(data), status(404)))
        ended = compare(LOCAL, f"{server.url}/a.fits", f"{server.url}/b.fits")
    check_status(ended, 75)
    check("b.fits: " in ended.err and "404" in ended.err, ended)


@test
def a_server_is_not_asked_for_more_at_once_than_allowed():
    with Server() as server:
        server.add("/0.fits", body(fits()[0]))
        ended = compare(LOCAL, "--workers", "7", f"{server.url}/0.fits")
        check(server.seen == [], server.seen)
    check_status(ended, 2)
    check_one_line(ended, "--per-host is 6")


@test
def loopback_is_refused_like_everywhere_unless_allowed():
    with Server() as server:
        server.add("/0.fits", body(fits()[0]))
        ended = compare(f"{server.url}/0.fits")
        check(server.seen == [], server.seen)
    check_status(ended, 1)


@test
def what_cannot_be_meant_is_refused_with_one_line():
    skies(1)
    for arguments, words in (
            (["nothing-here"], "there is no such file"),
            (["skies", "http://127.0.0.1:9/a.jpg"], "the same server"),
            (["skies", "--workers", "3..2"], "the smaller number first"),
            (["skies", "--workers", "0"], "is not a number from 1"),
            (["skies", "--rounds", "0"], "is not a number from 1"),
            (["skies", "--latency", "-1"], "is not a time"),
            (["skies", "--op", "paint"], "is not one of"),
            (["skies", "--executor", "thread"], "is an option of"),
            (["--workers", "4.."], "is not a number from 1")):
        ended = compare(*arguments)
        check_status(ended, 2)
        check_one_line(ended, words)
    ended = run("stars", "--workers", "1..2", "skies")
    check_status(ended, 2)
    check("a range of --workers is for compare" in ended.err, ended)


@test
def a_page_that_cannot_be_written_is_told_of():
    skies(1)
    ended = compare("skies", "--page", "no-folder/page.html")
    check_status(ended, 3)
    check("no-folder/page.html" in ended.err, ended)


@test
def servers_are_asked_as_by_any_other_command():
    heard = []

    def listen(handler):
        heard.append(handler.headers["X-Mine"])
        body(fits()[0])(handler)
    with Server() as server:
        server.add("/robots.txt", status(
            200, b"User-agent: *\nDisallow: /secret\n"))
        server.add("/a.fits", listen)
        server.add("/secret.fits", body(fits()[0]))
        ended = compare(server.url + "/a.fits", server.url + "/secret.fits",
                        LOCAL, "--header", "X-Mine: yes", "--workers", "1")
        check("left out: " in ended.err and "robots.txt" in ended.err, ended)
        check(set(heard) == {"yes"}, heard)
        check(server.count("/secret.fits") == 0, server.seen)


@test
def the_page_is_drawn_by_a_browser():
    skies(2)
    check_status(compare("skies"), 0)
    document = render("starling-compare.html")
    check(os.path.getsize("page.png") > 50_000, "the page looks empty")
    check(document.count("<rect") > 40, "the charts are missing")


@test
def who_asks_a_comparison_how_far_it_is_does_not_end_it():
    gate = threading.Event()
    with Server() as server:
        server.add("/a.fits", held(gate, body(fits()[0])))
        process = start("compare", LOCAL, "--rounds", "1",
                        server.url + "/a.fits")
        wait_until(lambda: server.seen, "the request")
        process.send_signal(signal.SIGUSR1)
        wait_for_words(process, "- main: waits for")
        gate.set()
        check_status(finish(process), 0)


@test
def a_question_before_the_first_task_or_after_the_last_ends_nothing():
    """As one may come at any time, they come all the time."""
    sky("a.fits")
    for command in ("stars", "a.fits"), ("status", "starling-run"):
        process = start(*command, stderr=subprocess.DEVNULL)
        wait_until(lambda: process.poll() is not None or
                   heeds(process, signal.SIGUSR1))
        while process.poll() is None:
            process.send_signal(signal.SIGUSR1)
            time.sleep(0.001)
        check(process.returncode == 0, command, process.returncode)


if __name__ == "__main__":
    main()
