#!/usr/bin/env python3
"""Promises about many servers at once: none holds up another, each gets what
it asks for.

One server plays two: as 127.0.0.1 and as localhost. All of it runs in a network
namespace without a way out."""
import sqlite3
import threading

from folders import summary, write
from harness import (LOCAL, check, check_one_line, check_status, main, run,
                     shut_in, test)
from pictures import png
from server import Server, body, in_turn, status


def other(server):
    return server.url.replace("127.0.0.1", "localhost")


def write_list(*urls):
    write("list.txt", "".join(url + "\n" for url in urls).encode())


def states():
    with sqlite3.connect("starling-run/run.db") as books:
        return dict(books.execute(
            "SELECT state, count(*) FROM item GROUP BY state"))


@test
def a_slow_server_holds_up_no_other():
    """However many of its pictures come first in the list."""
    picture, rest_is_done = png(), threading.Event()
    fast_seen = []

    def slow(handler):
        good = rest_is_done.wait(100)
        (body(picture) if good else status(404))(handler)

    def fast(handler):
        fast_seen.append(handler.path)
        body(picture)(handler)
        if len(fast_seen) == 30:
            rest_is_done.set()

    with Server() as server:
        server.add("/slow", slow)
        server.add("/fast", fast)
        write_list(*(f"{other(server)}/slow?{i}" for i in range(300)),
                   *(f"{server.url}/fast?{i}" for i in range(30)))
        ended = run("stars", LOCAL, "--urls", "list.txt", "--downloads", "8",
                    "--workers", "1", "--retries", "0", limit=120)
    check_status(ended, 0)
    check(summary()["done"] == 330, ended)
    check(server.most_in_flight <= 8, server.most_in_flight)


@test
def failing_pictures_hold_up_no_others_of_their_server():
    picture, rest_is_done = png(), threading.Event()
    good_seen = []

    def bad(handler):
        (body(picture) if rest_is_done.is_set() else
         status(503, headers=[("Retry-After", "0")]))(handler)

    def good(handler):
        good_seen.append(handler.path)
        body(picture)(handler)
        if len(good_seen) == 20:
            rest_is_done.set()

    with Server() as server:
        server.add("/bad", bad)
        server.add("/good", good)
        write_list(*(f"{server.url}/bad?{i}" for i in range(40)),
                   *(f"{server.url}/good?{i}" for i in range(20)))
        ended = run("stars", LOCAL, "--urls", "list.txt", "--downloads", "2",
                    "--workers", "1", "--retries", "100", limit=120)
    check_status(ended, 0)
    check(summary()["done"] == 60, ended)


@test
def a_server_that_wants_an_hour_gets_it_and_its_pictures_stay_planned():
    picture = png()
    with Server() as server:
        server.add("/busy", status(429, headers=[("Retry-After", "3600")]))
        server.add("/fast", body(picture))
        write_list(*(f"{other(server)}/busy?{i}" for i in range(40)),
                   *(f"{server.url}/fast?{i}" for i in range(10)))
        ended = run("stars", LOCAL, "--urls", "list.txt")
        check_status(ended, 75)
        host = other(server).split("//")[1]
        check_one_line(ended, host, "left alone for 36", "--patience")
        check(server.count("/busy") <= 6, server.count("/busy"))
        check(states() == {"done": 10, "planned": 40}, states())

        server.add("/busy", body(picture))
        ended = run("stars", LOCAL, "--urls", "list.txt")
        check_status(ended, 0)
        check(states() == {"done": 50}, states())
        check(server.count("/fast") == 10, server.count("/fast"))


@test
def a_short_wait_is_made_at_the_end_and_told():
    picture = png()
    with Server() as server:
        server.add("/busy", in_turn(
            status(503, headers=[("Retry-After", "8")]), body(picture)))
        server.add("/fast", body(picture))
        write_list(f"{other(server)}/busy", f"{server.url}/fast")
        ended = run("stars", LOCAL, "--urls", "list.txt", "--patience", "30s")
        check_status(ended, 0)
        check_one_line(ended, " s for localhost:", "as it asked")
        asked = [at for path, at in server.times if path == "/busy"]
        check(len(asked) == 2 and asked[1] - asked[0] >= 7.9, asked)


@test
def requests_to_one_server_keep_their_distance():
    picture = png()
    with Server() as server:
        server.add("/fast", body(picture))
        write_list(*(f"{server.url}/fast?{i}" for i in range(6)))
        ended = run("stars", LOCAL, "--urls", "list.txt", "--delay", "200ms")
    check_status(ended, 0)
    check(ended.seconds >= 1.0, ended.seconds)
    check(server.most_in_flight == 1, server.most_in_flight)


if __name__ == "__main__":
    shut_in()
    main()
