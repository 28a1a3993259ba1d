#!/usr/bin/python3
"""A wall clock that jumps by days, forth and back, while the program runs."""
import json
import os
from email.utils import formatdate

from folders import sky, summary
from harness import (BUILD, LOCAL, SANITIZED, Skip, check, check_status,
                     environment, main, run, test)
from pictures import png
from server import Server, body, in_turn, status

CLOCK = os.path.join(os.path.abspath(BUILD), "tests/e2e/libjumping_clock.so")


def jumping():
    if SANITIZED:
        raise Skip("the sanitizer wants to be the first that is preloaded")
    if not os.path.islink("clock.so"):  # a name with blanks would be two
        os.symlink(CLOCK, "clock.so")
    return environment(LD_PRELOAD=os.path.abspath("clock.so"))


@test
def a_run_counts_its_time_by_a_clock_that_only_runs():
    sky()
    with Server() as server:
        server.add("/a.png", in_turn(status(503), status(503), body(png())))
        ended = run("run", "--op", "stars", "--op", "thumbs", "sky.fits",
                    server.url + "/a.png", LOCAL, "--log", "log",
                    env=jumping())
    check_status(ended, 0)
    check(summary()["done"] == 2 and 0 < summary()["elapsed_s"] < 60, summary())
    with open("log") as log:
        events = [json.loads(line) for line in log]
    check(all(0 <= event.get("seconds", 0) < 60 for event in events), events)
    check(len({event["time"][:10] for event in events}) > 1,
          "the clock did not jump", events)
    check_status(run("status", "starling-run", env=jumping()), 0)


@test
def a_date_to_come_back_at_is_read_by_the_clock_of_the_server():
    """Its own is years behind, and ours jumps."""
    long_ago = 1_000_000_000

    def busy(handler):
        handler.date_time_string = lambda *_: formatdate(long_ago, usegmt=True)
        status(429, headers=[("Retry-After", formatdate(long_ago + 2,
                                                        usegmt=True))])(handler)
    with Server() as server:
        server.add("/a.png", in_turn(busy, body(png())))
        ended = run("thumbs", server.url + "/a.png", LOCAL, "--patience", "5s",
                    env=jumping())
        check_status(ended, 0)
        asked = [at for path, at in server.times if path == "/a.png"]
        check(len(asked) == 2 and asked[1] - asked[0] >= 1.9, asked)


@test
def the_five_modes_are_measured_all_the_same():
    sky()
    ended = run("compare", "sky.fits", "--rounds", "1", "--workers", "1",
                "--latency", "1ms", "--json", env=jumping())
    check_status(ended, 0)
    for mode in json.loads(ended.out)["modes"]:
        check(0 < mode["median_s"] < 60, mode)


main()
