#!/usr/bin/env python3
"""Promises about many servers at once: none holds up another, each gets what
it asks for.

One server plays two: as 127.0.0.1 and as localhost. All of it runs in a network
namespace without a way out."""
import sqlite3
import threading

from folders import contents, summary, write
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


def seen_by(picture, number, done):
    """A route for `picture`; once it was asked for so often, `done` is set."""
    seen = []

    def route(handler):
        seen.append(handler.path)
        body(picture)(handler)
        if len(seen) == number:
            done.set()
    return route


@test
def a_slow_server_holds_up_no_other():
    """However many of its pictures come first in the list."""
    picture, rest_is_done = png(), threading.Event()

    def slow(handler):
        good = rest_is_done.wait(100)
        (body(picture) if good else status(404))(handler)

    with Server() as server:
        server.add("/slow", slow)
        server.add("/fast", seen_by(picture, 30, rest_is_done))
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

    def bad(handler):
        (body(picture) if rest_is_done.is_set() else
         status(503, headers=[("Retry-After", "0")]))(handler)

    with Server() as server:
        server.add("/bad", bad)
        server.add("/good", seen_by(picture, 20, rest_is_done))
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

        asked = server.count("/busy")
        server.add("/busy", body(picture))
        ended = run("stars", LOCAL, "--urls", "list.txt")
        check_status(ended, 75)  # the hour is not over
        check_one_line(ended, host, "left alone for 3", "starling retry")
        check(server.count("/busy") == asked, server.seen)

        ended = run("retry", "starling-run")
        check_status(ended, 2)  # leave to connect to them is not kept
        check_one_line(ended, "give --allow-private", "nothing was changed")
        check(server.count("/busy") == asked, server.seen)
        check(states() == {"done": 10, "planned": 40}, states())
        ended = run("retry", "starling-run", LOCAL)
        check_status(ended, 0)
        check(states() == {"done": 50}, states())
        check(server.count("/fast") == 10, server.count("/fast"))


@test
def a_wait_without_end_is_told_in_days():
    with Server() as server:
        server.add("/busy", status(429, headers=[("Retry-After", "9" * 30)]))
        ended = run("stars", LOCAL, server.url + "/busy")
    check_status(ended, 75)
    check_one_line(ended, "left alone for 36", " days, longer than")


@test
def a_short_wait_is_made_at_the_end():
    picture = png()
    with Server() as server:
        server.add("/busy", in_turn(
            status(503, headers=[("Retry-After", "2")]), body(picture)))
        server.add("/fast", body(picture))
        write_list(f"{other(server)}/busy", f"{server.url}/fast")
        ended = run("stars", LOCAL, "--urls", "list.txt", "--patience", "30s")
        check_status(ended, 0)
        asked = [at for path, at in server.times if path == "/busy"]
        check(len(asked) == 2 and asked[1] - asked[0] >= 1.9, asked)


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


ROBOTS = b"""User-agent: *
Disallow: /

User-agent: starling
Disallow: /private
Allow: /private/open
"""


@test
def what_robots_txt_keeps_programs_from_is_skipped():
    picture = png()
    with Server() as server:
        server.add("/robots.txt", status(200, ROBOTS))
        paths = ["/a", "/private/b", "/private/open/c"]
        for path in paths:
            server.add(path, body(picture))
        write_list(*(f"{server.url}{path}?{i}" for path in paths
                     for i in range(7)))
        ended = run("stars", LOCAL, "--urls", "list.txt")
        check_status(ended, 0)
        check(states() == {"done": 14, "skipped": 7}, states())
        check(server.count("/robots.txt") == 1, server.seen)
        check(server.count("/private/b") == 0, server.seen)
        skipped = [item for item in summary()["items"]
                   if item["state"] == "skipped"]
        check(skipped[0]["reason"].startswith("robots: "), skipped)

        ended = run("stars", LOCAL, "--urls", "list.txt", "--out", "other",
                    "--ignore-robots")
        check_status(ended, 0)
        check(server.count("/robots.txt") == 1, server.seen)
        check(server.count("/private/b") == 7, server.seen)


@test
def a_server_whose_robots_txt_cannot_be_had_is_left_alone():
    picture = png()
    with Server() as server:
        server.add("/robots.txt", status(500))
        server.add("/a", body(picture))
        ended = run("stars", LOCAL, server.url + "/a", "--retries", "1")
        check_status(ended, 1)
        check(summary()["items"][0]["class"] == "robots", summary())
        check(server.count("/a") == 0, server.seen)

        server.add("/robots.txt", status(404))
        ended = run("retry", "starling-run", LOCAL)
        check_status(ended, 0)


@test
def a_picture_that_is_marked_as_not_for_programs_is_skipped():
    picture = png()
    with Server() as server:
        server.add("/a", body(picture, headers=[("X-Robots-Tag", "noai")]))
        server.add("/b", body(picture, headers=[("X-Robots-Tag",
                                                 "otherbot: noai")]))
        ended = run("stars", LOCAL, server.url + "/a", server.url + "/b",
                    "--keep-duplicates")
        check_status(ended, 0)
        check(states() == {"done": 1, "skipped": 1}, states())
        reason = [item["reason"] for item in summary()["items"]
                  if item["state"] == "skipped"][0]
        check("noai" in reason and "X-Robots-Tag" in reason, reason)


@test
def headers_and_passwords_reach_their_server_and_nothing_else():
    picture, heads = png(), []

    def note(handler):
        heads.append(dict(handler.headers))
        body(picture)(handler)

    with Server() as server:
        server.add("/a", note)
        server.add("/b", status(302, headers=[
            ("Location", other(server) + "/a")]))
        write("netrc", b"machine 127.0.0.1 login me password hunter22\n")
        ended = run("stars", LOCAL, server.url + "/a", server.url + "/b",
                    "--header", "X-Token: s3cr3t-token", "--header",
                    "Referer: https://example.com/", "--netrc", "netrc",
                    "--keep-duplicates", "--per-host", "1")
        check_status(ended, 0)
    check(len(heads) == 2, heads)
    own = next(head for head in heads if "127.0.0.1" in head["Host"])
    check(own["X-Token"] == "s3cr3t-token", own)
    check(own["Referer"] == "https://example.com/", own)
    check(own["Authorization"] == "Basic bWU6aHVudGVyMjI=", own)
    foreign = next(head for head in heads if "localhost" in head["Host"])
    check("X-Token" not in foreign and "Authorization" not in foreign, foreign)
    kept = contents("starling-run")
    for secret in ("s3cr3t-token", "hunter22"):
        check(secret not in ended.out + ended.err, ended)
        check(secret.encode() not in kept, secret)


@test
def a_header_that_is_ours_to_send_is_refused():
    for line in ("Host: x", "Range: bytes=0-1", "no header", "A: b\r\nC: d"):
        ended = run("stars", "http://127.0.0.1:9/a", "--header", line)
        check_status(ended, 2)
        check_one_line(ended, "--header", "Referer")


@test
def insecure_is_said_loudly():
    with Server() as server:
        server.add("/a", body(png()))
        ended = run("stars", LOCAL, server.url + "/a", "--insecure")
    check_status(ended, 0)
    check_one_line(ended, "WARNING", "certificates are not checked")


@test
def a_refresh_fetches_and_works_on_what_has_changed_and_nothing_else():
    """By ETag, by date, and, where a server has neither, by the bytes."""
    asked = {}

    def versioned(name, level, header=None):
        def route(handler):
            asked.setdefault(name, []).append(
                (handler.headers.get("If-None-Match"),
                 handler.headers.get("If-Modified-Since")))
            if header and header[1] in asked[name][-1]:
                status(304)(handler)
            else:
                body(png(level=level), headers=[header] if header else [])(
                    handler)
        return route

    date = "Mon, 01 Jan 2024 00:00:00 GMT"
    with Server() as server:
        server.add("/tag", versioned("tag", 40, ("ETag", '"1"')))
        server.add("/date", versioned("date", 50, ("Last-Modified", date)))
        server.add("/none", versioned("none", 60))
        server.add("/gone", versioned("gone", 70, ("ETag", '"g"')))
        write_list(*(server.url + path
                     for path in ("/tag", "/date", "/none", "/gone")))
        check_status(run("stars", LOCAL, "--urls", "list.txt"), 0)
        before = contents("starling-run/images")
        check_status(run("stars", LOCAL, "--urls", "list.txt"), 0)
        check(all(len(times) == 1 for times in asked.values()), asked)

        ended = run("stars", LOCAL, "--urls", "list.txt", "--refresh")
        check_status(ended, 0)
        check(asked["tag"][1] == ('"1"', None), asked)
        check(asked["date"][1] == (None, date), asked)
        check(contents("starling-run/images") == before)
        check(states() == {"done": 4}, states())

        server.add("/tag", versioned("tag", 80, ("ETag", '"2"')))
        server.add("/none", versioned("none", 90))
        server.add("/gone", status(404))
        ended = run("stars", LOCAL, "--urls", "list.txt", "--refresh")
        check_status(ended, 1)
        check_one_line(ended, "/gone", "stays as it is", "404")
        check(states() == {"done": 4}, states())
        with open("starling-run/images/tag.png", "rb") as file:
            check(file.read() == png(level=80), "the old picture")
        with open("starling-run/images/none.png", "rb") as file:
            check(file.read() == png(level=90), "the old picture")
        with open("starling-run/images/gone.png", "rb") as file:
            check(file.read() == png(level=70), "it went")
        with sqlite3.connect("starling-run/run.db") as books:
            check(books.execute("SELECT etag FROM item WHERE stem = 'tag'")
                  .fetchone() == ('"2"',), "the old version")


NOT_PUBLIC = [
    "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.0.0.1", "172.16.0.1",
    "172.31.255.254", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "100.127.255.254", "224.0.0.1", "240.0.0.1", "255.255.255.255",
    "192.0.2.1", "198.18.0.1", "2130706433", "0x7f.1", "017700000001",
    "[::1]", "[::]", "[fe80::1]", "[fc00::1]", "[fd12:3456::1]", "[ff02::1]",
    "[::ffff:127.0.0.1]", "[::ffff:169.254.169.254]", "[::127.0.0.1]",
    "[64:ff9b::7f00:1]", "[64:ff9b::a9fe:a9fe]", "[2002:7f00:1::1]",
    "[2002:a00:1::]", "[2001:db8::1]", "[fe80::5efe:7f00:1]",
    "localhost", "a.localhost",
]


@test
def addresses_that_are_not_public_are_refused_in_any_spelling():
    """Named in the list, and where redirects lead to."""
    with Server() as server:
        port = server.url.rsplit(":", 1)[1]
        write_list(*(f"http://{host}:{port}/x{i}"
                     for i, host in enumerate(NOT_PUBLIC)))
        ended = run("stars", "--urls", "list.txt", "--retries", "0")
        check_status(ended, 1)
        items = summary()["items"]
        check(len(items) == len(NOT_PUBLIC), summary())
        for item in items:
            check(item["class"] == "refused-address", item)
        check(not server.seen, server.seen)

        for i, host in enumerate(NOT_PUBLIC[1:]):
            server.add(f"/r{i}", status(302, headers=[
                ("Location", f"http://{host}:{port}/y")]))
        write_list(*(f"{server.url}/r{i}"
                     for i in range(len(NOT_PUBLIC) - 1)))
        ended = run("stars", "--urls", "list.txt", "--out", "r",
                    "--retries", "0", "--allow-address", "127.0.0.1/32")
        check_status(ended, 1)
        for item, host in zip(summary("r")["items"], NOT_PUBLIC[1:]):
            if host in ("2130706433", "0x7f.1", "017700000001", "localhost",
                        "a.localhost", "[::ffff:127.0.0.1]"):
                continue  # 127.0.0.1 in disguise, which is allowed here
            check(item["class"] == "refused-address", (host, item))


if __name__ == "__main__":
    shut_in()
    main()
