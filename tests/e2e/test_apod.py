#!/usr/bin/env python3
"""Promises about days: ranges, their bad days, videos, and what day it is.

All of it runs in a network namespace without a way out."""
import datetime
import json
import os
import signal
import sqlite3
import time
from urllib.parse import parse_qs, urlsplit

from folders import by_name, summary
from harness import (LOCAL, check, check_nothing_lives, check_one_line,
                     check_status, finish, main, run, shut_in, start, test,
                     wait_until)
from pictures import fits
from server import Server, body, day, status


class Service:
    """The service's ranges: `bad` days break every answer they are in."""

    def __init__(self, server, bad=(), code=500, make=None):
        self.server, self.bad, self.code = server, set(bad), code
        self.asked, self.make = [], make or self.picture
        server.add("/planetary/apod", self)

    def picture(self, date):
        return day(f"{self.server.url}/{date}.fits", date=date)

    def __call__(self, handler):
        query = {name: values[0] for name, values in
                 parse_qs(urlsplit(handler.path).query).items()}
        first, last = query["start_date"], query["end_date"]
        self.asked.append((first, last))
        at = datetime.date.fromisoformat(first)
        days = []
        while at.isoformat() <= last:
            days.append(at.isoformat())
            at += datetime.timedelta(days=1)
        if self.bad & set(days):
            status(self.code, b'{"msg": "Internal Service Error"}')(handler)
        else:
            body(json.dumps([self.make(d) for d in days]).encode(),
                 "application/json")(handler)


def filled(folder):
    """Up to where a run's inputs are in its books, as others see them."""
    books = sqlite3.connect(f"file:{folder}/run.db?mode=ro", uri=True)
    (until,), = books.execute("SELECT filled FROM run").fetchall()
    return until or ""


def ask(server, *arguments, **options):
    return run("apod", LOCAL, "--base-url", server.url, "--retries", "0",
               *arguments, **options)


@test
def a_long_range_is_asked_for_in_pieces_without_gaps():
    with Server() as server:
        service = Service(server)
        ended = ask(server, "--start-date", "2023-12-20", "--end-date",
                    "2024-07-20", "--dry-run")
    check_status(ended, 0)
    check("214 to do" in ended.out, ended)
    check("Requesting 214 images" in ended.out, ended)
    check(service.asked[0][0] == "2023-12-20" and
          service.asked[-1][1] == "2024-07-20" and len(service.asked) == 3,
          service.asked)
    for one, next in zip(service.asked, service.asked[1:]):
        gap = (datetime.date.fromisoformat(next[0]) -
               datetime.date.fromisoformat(one[1]))
        check(gap.days == 1, service.asked)


@test
def a_bad_day_of_a_range_fails_alone():
    with Server() as server:
        service = Service(server, bad=["2024-02-03", "2024-02-07"])
        for i in range(1, 11):
            server.add(f"/2024-02-{i:02}.fits", body(fits(5, seed=i)[0]))
        check_status(ask(server, "--start-date", "2024-02-01", "--end-date",
                         "2024-02-10"), 1)
        check(len(service.asked) < 20, service.asked)
        # A finished range is not asked for again.
        service.asked.clear()
        check_status(ask(server, "--start-date", "2024-02-01", "--end-date",
                         "2024-02-10"), 1)
        check(not service.asked, service.asked)
    totals = summary()
    check((totals["done"], totals["failed"]) == (8, 2), totals)
    bad = [item for item in totals["items"] if item["state"] == "failed"]
    check([item["date"] for item in bad] == ["2024-02-03", "2024-02-07"], bad)
    check(all(item["class"] == "apod" and "500" in item["reason"] for item in
              bad), bad)
    check(sorted(os.listdir("starling-run/space_images")) ==
          [f"space_{i}.fits" for i in range(8)])


@test
def a_service_that_answers_nothing_is_not_asked_for_each_day():
    everything = [f"2024-02-{i:02}" for i in range(1, 30)]
    with Server() as server:
        service = Service(server, bad=everything, code=502)
        ended = ask(server, "--start-date", "2024-02-01", "--end-date",
                    "2024-02-29")
    check_status(ended, 75)
    check_one_line(ended, "try again later")
    check(len(service.asked) < 12, service.asked)
    check(not os.path.exists("starling-run"), "a run without items was left")


@test
def a_killed_range_goes_on_with_the_piece_it_was_at():
    with Server() as server:
        service = Service(server, make=lambda date: day(
            None, date=date, media_type="video"))
        held = []

        def hold(handler):
            held.append(handler.path)
            if len(held) == 3:
                time.sleep(30)
            else:
                service(handler)
        server.add("/planetary/apod", hold)
        question = ("--start-date", "2023-01-01", "--end-date", "2023-12-31")
        process = start("apod", LOCAL, "--base-url", server.url, *question)
        wait_until(lambda: len(held) == 3, "the third piece")
        wait_until(lambda: service.asked[-1][1] in filled("starling-run"),
                   "the second piece in the books")
        process.send_signal(signal.SIGKILL)
        check_nothing_lives(finish(process))
        server.add("/planetary/apod", service)
        before = list(service.asked)
        service.asked.clear()
        check_status(ask(server, *question), 0)
    check(service.asked[0][0] > before[0][1], before, service.asked)
    check(summary()["skipped"] == 365, summary()["planned"])


@test
def a_dry_run_of_days_asks_for_no_picture():
    with Server() as server:
        server.add_days([day(server.url + "/a.fits"),
                         day("", media_type="video")])
        ended = run("apod", LOCAL, "--base-url", server.url, "--dry-run")
        check_status(ended, 0)
        check(server.seen == ["/planetary/apod"], server.seen)
    check("Would work on space_0" in ended.out, ended)
    check("1 to do" in ended.out and "1 skipped" in ended.out, ended)
    check(os.listdir() == [], os.listdir())


@test
def a_video_is_skipped_or_its_thumbnail_taken():
    with Server() as server:
        server.add("/thumb.fits", body(fits()[0]))

        def answer(handler):
            asked = "thumbs=true" in handler.path
            video = day("http://video.example/x", media_type="video")
            if asked:
                video["thumbnail_url"] = server.url + "/thumb.fits"
            body(json.dumps([video]).encode(), "application/json")(handler)
        server.add("/planetary/apod", answer)
        check_status(ask(server, "--count", "1", "--out", "a"), 0)
        check_status(ask(server, "--count", "1", "--video-thumbs", "--out",
                         "b"), 0)
    check(summary("a")["skipped"] == 1 and summary("b")["done"] == 1)
    check(by_name("b")["space_0"]["date"] == "2024-02-03")


@test
def a_range_without_an_end_ends_today_in_the_eastern_united_states():
    """UTC is four or five hours ahead; and today may have no picture yet."""
    now = datetime.datetime.now(datetime.timezone.utc)
    possible = {(now - datetime.timedelta(hours=h)).date().isoformat()
                for h in (4, 5)}
    begin = min(possible)[:8] + "01"
    with Server() as server:
        service = Service(server, make=lambda date: day(
            None, date=date, media_type="video"))
        check_status(ask(server, "--start-date", begin), 0)
        now = datetime.datetime.now(datetime.timezone.utc)
        possible |= {(now - datetime.timedelta(hours=h)).date().isoformat()
                     for h in (4, 5)}
        today = service.asked[-1][1]
        check(today in possible, service.asked)
        service.bad, service.code = {today}, 404
        yesterday = (datetime.date.fromisoformat(today) -
                     datetime.timedelta(days=1)).isoformat()
        ended = ask(server, "--start-date", yesterday, "--out", "other",
                    "--dry-run")
        # Should midnight have passed meanwhile, it is a day like any other.
        check("nothing for today yet" in ended.err or
              "1 failed" in ended.out, ended)


@test
def todays_picture_is_that_of_the_service_s_day():
    def eastern():
        now = datetime.datetime.now(datetime.timezone.utc)
        return {(now - datetime.timedelta(hours=h)).date().isoformat()
                for h in (4, 5)}

    def one_day(handler):
        date, = parse_qs(urlsplit(handler.path).query)["date"]
        body(json.dumps(day(None, date=date, media_type="video")).encode(),
             "application/json")(handler)
    possible = eastern()
    with Server() as server:
        server.add("/planetary/apod", one_day)
        check_status(ask(server, "--date", "today"), 0)
        possible |= eastern()
        check(summary()["items"][0]["date"] in possible, summary())
        server.add("/planetary/apod", status(404, b'{"code":404,"msg":"No data '
                   b'available for date"}'))
        ended = ask(server, "--date", "today", "--out", "later")
        check_status(ended, 75)
        check_one_line(ended, "nothing for today yet", "No data available")


@test
def a_service_that_refuses_a_range_is_not_to_be_asked_later():
    with Server() as server:
        Service(server, code=400, bad=[f"2024-02-{i:02}" for i in range(1, 30)])
        ended = ask(server, "--start-date", "2024-02-01", "--end-date",
                    "2024-02-29")
    check_status(ended, 2)
    check_one_line(ended, "refused the request", "HTTP 400")


@test
def days_to_come_are_refused_before_anybody_is_asked():
    ended = run("apod", "--date", "2999-01-01")
    check_status(ended, 2)
    check_one_line(ended, "2999-01-01", "yet")


if __name__ == "__main__":
    shut_in()
    main()
