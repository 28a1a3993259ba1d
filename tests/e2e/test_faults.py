#!/usr/bin/env python3
"""Promises about everything that goes wrong: servers, pictures, disks, people.

All of it runs in a network namespace without a way out."""
import csv
import json
import os
import signal
import sqlite3
import subprocess
import threading
import time

from folders import by_name, contents, mounted, sky, summary, write
from harness import (LOCAL, SANITIZED, STARLING, check, check_nothing_lives,
                     check_one_line, check_status, environment, finish, main,
                     run, shell, shut_in, start, test, wait_for_words,
                     wait_until)
from pictures import fits, png
from server import (Server, body, cut, day, endless, held, in_turn, meeting,
                    redirect, status)


# The service.

@test
def without_a_network_it_says_so_and_to_try_later():
    ended = run("apod", "--retries", "0")
    check_status(ended, 75)
    check_one_line(ended, "api.nasa.gov")
    check("Summary" not in ended.out, ended.out)


@test
def a_refused_key_is_the_users_to_mend():
    with Server() as server:
        server.add("/planetary/apod", status(403, b'{"error":{"code":'
                   b'"API_KEY_INVALID","message":"An invalid key."}}'))
        ended = run("apod", LOCAL, "--base-url", server.url, "--api-key", "k1")
    check_status(ended, 2)
    check_one_line(ended, "API key", "An invalid key.", "--api-key")


@test
def a_key_over_its_rate_means_later():
    with Server() as server:
        server.add("/planetary/apod", status(429, b'{"error":{"code":'
                   b'"OVER_RATE_LIMIT","message":"Too many requests."}}'))
        ended = run("apod", LOCAL, "--base-url", server.url, "--retries", "0")
    check_status(ended, 75)
    check_one_line(ended, "rate", "Too many requests.")


@test
def a_failing_service_means_later():
    with Server() as server:
        server.add("/planetary/apod", status(503, b"oops"))
        ended = run("apod", LOCAL, "--base-url", server.url, "--retries", "0")
        check_status(ended, 75)
        server.add("/planetary/apod", body(b"<html>", "application/json"))
        ended = run("apod", LOCAL, "--base-url", server.url, "--retries", "0")
        check_status(ended, 75)
        check_one_line(ended, "JSON")


@test
def the_key_is_shown_and_kept_nowhere():
    data, _ = fits()
    with Server() as server:
        server.add("/p.fits", body(data))
        server.add_days([day(server.url + "/p.fits?api_key=SECRETKEY17")])
        ended = run("apod", LOCAL, "--base-url", server.url, "--api-key",
                    "SECRETKEY17", "--count", "1")
    check_status(ended, 0)
    check("SECRETKEY17" not in ended.out + ended.err, ended)
    check(b"SECRETKEY17" not in contents("starling-run"))


@test
def a_key_in_an_address_reaches_the_server_and_nothing_else():
    """Also in the second session, and for what was fetched through it."""
    data, _ = fits()
    asked = []

    def signed(handler):
        asked.append(handler.path)
        body(data)(handler)
    with Server() as server:
        server.add("/p.fits", signed)
        server.add("/q.fits", in_turn(status(404), signed))
        urls = [server.url + "/p.fits?token=SIGNED17&x=1",
                server.url + "/q.fits?token=SIGNED18"]
        ended = run("stars", LOCAL, *urls)
        check_status(ended, 1)
        check(asked == ["/p.fits?token=SIGNED17&x=1"], asked)
        check_status(run("stars", LOCAL, *urls), 1)
        check(len(asked) == 1, asked)
    check("SIGNED1" not in ended.out + ended.err, ended)
    check(b"SIGNED1" not in contents("starling-run"))


@test
def a_file_may_be_called_anything():
    data, _ = fits()
    os.mkdir("in")
    for name in (b"a\nb\"<script>alert(1).fits", b"\x1b[31mred.fits",
                 b"\xff\xfe.fits", b"=cmd().fits", b"-rf.fits"):
        write(b"in/" + name, data)
    ended = run("stars", "in")
    check_status(ended, 0)
    check("\x1b" not in ended.out + ended.err, ended)
    with open("starling-run/report.html") as file:
        check("<script>alert" not in file.read())
    with open("starling-run/stars.csv") as file:
        check(not any(line[0] in "=+-@" for line in file))


@test
def the_placeholder_key_is_refused_unless_for_another_server():
    ended = run("apod", "--api-key", "YOUR_NASA_API_KEY_HERE")
    check_status(ended, 2)


@test
def key_and_folders_come_from_a_config_file():
    data, _ = fits()
    write("conf.ini", b"api_key = FROMFILE\nimages_dir = pics\n"
          b"processed_dir = marked\n")
    with Server() as server:
        server.add("/p.fits", body(data))
        server.add_days([day(server.url + "/p.fits")])
        ended = run("apod", LOCAL, "--base-url", server.url, "--config",
                    "conf.ini", "--count", "1")
    check_status(ended, 0)
    check(os.listdir("starling-run/pics") == ["space_0.fits"])
    check(os.listdir("starling-run/marked") == ["detected_space_0.jpg"])


# Pictures on servers.

@test
def every_bad_picture_fails_alone_and_by_its_class():
    good, _ = fits()
    with Server() as server:
        paths = {"good.fits": body(good), "none.jpg": status(404),
                 "page.jpg": body(b"<!doctype html><p>Hello", "image/jpeg"),
                 "cut.fits": cut(good, 5000), "empty.jpg": body(b""),
                 "noise.jpg": body(os.urandom(3000)),
                 "big.jpg": endless(300 << 20),
                 "half.png": body(png(500, 500)[:300])}
        for name, route in paths.items():
            server.add("/" + name, route)
        days = [day(f"{server.url}/{name}") for name in paths]
        days.append(day("", media_type="other"))
        days.append(day(None, media_type="image"))
        server.add_days(days)
        ended = run("apod", LOCAL, "--base-url", server.url, "--retries", "1",
                    "--max-bytes", "64M")
    check_status(ended, 1)
    found = by_name()
    expected = {"space_1": "http-404", "space_2": "not-an-image",
                "space_3": "truncated", "space_4": "empty",
                "space_5": "not-an-image", "space_6": "too-large",
                "space_7": "truncated"}
    for name, wanted in expected.items():
        check(found[name]["class"] == wanted, name, found[name])
    # Bytes that did arrive are told, to look for what has the same.
    check([found[f"space_{i}"].get("bytes") for i in range(1, 8)] ==
          [None, 23, None, None, 3000, None, 300], found)
    check(found["space_0"]["state"] == "done")
    totals = summary()
    check((totals["planned"], totals["done"], totals["failed"],
           totals["skipped"]) == (10, 1, 7, 2), totals)
    check(os.listdir("starling-run/space_images") == ["space_0.fits"])
    check(os.listdir("starling-run/processed_images") ==
          ["detected_space_0.jpg"])


@test
def no_retry_comes_before_retry_after():
    data, _ = fits()
    with Server() as server:
        server.add("/p.fits", in_turn(
            status(429, headers=[("Retry-After", "1")]), body(data)))
        ended = run("stars", LOCAL, server.url + "/p.fits")
        first, second = [t for path, t in server.times if path == "/p.fits"]
    check_status(ended, 0)
    check(second - first >= 1.0, second - first)


@test
def private_addresses_are_refused_also_after_a_redirect():
    data, _ = fits()
    with Server() as server:
        server.add("/ok.fits", body(data))
        for name, where in (("meta", "http://169.254.169.254/latest"),
                            ("ten", "http://10.0.0.1/x.jpg"),
                            ("mapped", "http://[::ffff:10.0.0.1]/x.jpg"),
                            ("file", "file:///etc/passwd"),
                            ("loop", f"{server.url}/loop")):
            server.add("/" + name, redirect(where))
        ended = run("stars", server.url + "/ok.fits", "--out", "refused")
        check_status(ended, 1)
        check(by_name("refused")["ok"]["class"] == "refused-address")
        check(not server.seen, "the server was asked")
        ended = run("stars", "--allow-address", "127.0.0.1/32", "--retries",
                    "0", *(f"{server.url}/{name}" for name in
                           ("ok.fits", "meta", "ten", "mapped", "file",
                            "loop")))
    check_status(ended, 1)
    found = by_name()
    check(found["ok"]["state"] == "done", found)
    for name in ("meta", "ten", "mapped"):
        check(found[name]["class"] == "refused-address", found[name])
    check(found["file"]["class"] == "redirect", found["file"])
    check(found["loop"]["class"] == "redirect", found["loop"])


@test
def downloads_overlap_and_respect_the_limit_a_host():
    data, _ = fits()
    with Server() as server:
        for i in range(24):
            server.add(f"/{i}.fits", meeting(server, 8, body(data)))
        urls = [f"{server.url}/{i}.fits" for i in range(24)]
        ended = run("stars", LOCAL, *urls, "--per-host", "8")
        check_status(ended, 0)
        check(server.most_in_flight == 8, server.most_in_flight)


# Local pictures.

@test
def stars_in_a_drawn_field_are_found_where_they_are():
    places = sky(stars=30)
    ended = run("stars", "sky.fits")
    check_status(ended, 0)
    with open("starling-run/stars.csv") as file:
        rows = list(csv.DictReader(file))
    check(len(rows) == 30, len(rows))
    for x, y in places:
        check(any(abs(float(row["x"]) - x) < 0.2 and
                  abs(float(row["y"]) - y) < 0.2 for row in rows), (x, y))


@test
def what_is_no_picture_file_is_named():
    os.mkfifo("pipe.jpg")
    write("zero.jpg", b"")
    write("text.jpg", b"hello")
    sky()
    ended = run("stars", "pipe.jpg", "zero.jpg", "text.jpg", "sky.fits",
                "missing.png", "/dev/null")
    check_status(ended, 1)
    totals = summary()
    check((totals["done"], totals["failed"]) == (1, 5), totals)
    for item in totals["items"]:
        check(item["state"] == "done" or item["reason"], item)


@test
def a_folder_without_pictures_is_a_mistake_of_usage():
    os.mkdir("empty")
    ended = run("stars", "empty")
    check_status(ended, 2)
    check_one_line(ended, "no pictures", "empty")
    check(not os.path.exists("starling-run"), "a run folder was left")


@test
def a_folder_without_pictures_beside_others_is_told():
    os.mkdir("empty")
    os.mkdir("bare")
    sky("sky.fits")
    ended = run("stars", "sky.fits", "empty")
    check_status(ended, 0)
    check_one_line(ended, "no pictures in empty")
    ended = run("stars", "empty", "bare")  # of the run that is there
    check_status(ended, 0)
    check_one_line(ended, "no pictures in 2 of the inputs", "is empty")


@test
def the_same_picture_twice_and_links_in_a_loop_are_no_problem():
    os.makedirs("in/sub")
    sky("in/a.fits")
    os.symlink("..", "in/sub/up")
    ended = run("stars", "in", "in/a.fits", "in")
    check_status(ended, 0)
    check(summary()["planned"] == 1, summary())


@test
def pictures_with_one_name_both_survive():
    os.makedirs("one")
    os.makedirs("two")
    sky("one/a.fits", 20, 1)
    sky("two/a.fits", 10, 2)
    write("one/a.png", png())
    ended = run("stars", "one", "two")
    check_status(ended, 0)
    check(len(os.listdir("starling-run/processed_images")) == 3)
    check(sorted(item["stars"] for item in summary()["items"])[1:] ==
          [10, 20], summary())


@test
def the_output_folder_may_lie_in_the_input_folder():
    sky("a.fits")
    check_status(run("stars", ".", "--out", "run"), 0)
    check_status(run("stars", ".", "--out", "run"), 0)
    check(summary("run")["planned"] == 1, summary("run"))


@test
def a_list_on_standard_input_is_read():
    sky("a.fits")
    sky("b.fits", seed=2)
    ended = run("stars", "-", input=b"# two\r\na.fits\r\n\nb.fits\n")
    check_status(ended, 0)
    check(summary()["done"] == 2)


# The folder and the disk.

@test
def a_second_run_in_one_folder_is_refused_and_names_the_first():
    data, _ = fits()
    gate = threading.Event()
    with Server() as server:
        server.add("/slow.fits", held(gate, body(data)))
        first = start("stars", LOCAL, server.url + "/slow.fits")
        wait_until(lambda: server.seen, "the request")
        second = run("stars", LOCAL, server.url + "/slow.fits")
        check_status(second, 4)
        check_one_line(second, "starling-run", str(first.pid))
        gate.set()
        check_status(finish(first), 0)


@test
def another_operation_in_the_folder_is_refused():
    sky()
    check_status(run("stars", "sky.fits", "--out", "r"), 0)
    ended = run("apod", "--out", "r")
    check_status(ended, 2)
    check_one_line(ended, "stars", "apod")


@test
def another_detector_in_the_folder_is_refused():
    sky()
    check_status(run("stars", "sky.fits", "--out", "r"), 0)
    ended = run("stars", "sky.fits", "--out", "r", "--detector", "sep")
    check_status(ended, 2)
    check_one_line(ended, "detector")


@test
def fresh_clears_only_what_is_ours():
    os.mkdir("mine")
    write("mine/thesis.txt", b"years of work")
    sky()
    ended = run("stars", "sky.fits", "--out", "mine", "--fresh")
    check_status(ended, 3)
    check_one_line(ended, "mine")
    check(os.listdir("mine") == ["thesis.txt"])
    check_status(run("stars", "sky.fits", "--out", "ours"), 0)
    check_status(run("stars", "sky.fits", "--out", "ours", "--fresh"), 0)


@test
def a_folder_that_cannot_be_written_ends_with_three():
    sky()
    write("file", b"")
    for where in ("file", "/proc/nowhere"):
        ended = run("stars", "sky.fits", "--out", where)
        check_status(ended, 3)
        check_one_line(ended, where)


@test
def a_run_whose_folder_is_removed_says_so():
    for what, words in (("starling-run", "starling-run"),
                        ("starling-run/run.db", "was removed, or emptied")):
        gate = threading.Event()
        with Server() as server:
            server.add("/a.fits", held(gate, body(fits()[0])))
            process = start("stars", LOCAL, server.url + "/a.fits")
            wait_until(lambda: server.seen, "the request")
            subprocess.run(["rm", "-rf", what], check=True)
            gate.set()
            ended = finish(process)
        check_status(ended, 3)
        check_one_line(ended, words)


@test
def a_full_disk_stops_the_run_and_leaves_no_half_file():
    with mounted("small", "size=400k"):
        for i in range(40):
            sky(f"s{i}.fits", 20, i)
        ended = run("stars", ".", "--out", "small/run")
        check_status(ended, 75)
        check_one_line(ended, "full", "start the same command again")
        for name in os.listdir("small/run/processed_images"):
            with open("small/run/processed_images/" + name, "rb") as file:
                check(file.read()[-2:] == b"\xff\xd9", name, "is cut")


@test
def a_killed_run_goes_on_and_asks_for_nothing_twice():
    data = {f"/{i}.fits": fits(10 + i, seed=i)[0] for i in range(12)}
    with Server() as server:
        for path, picture in data.items():
            server.add(path, body(picture, delay=0.02))
        urls = [server.url + path for path in data]
        check_status(run("stars", LOCAL, *urls, "--out", "whole"), 0)
        for requests in (1, 3, 7):  # before it is killed
            server.seen.clear()
            process = start("stars", LOCAL, *urls, "--per-host", "2")
            wait_until(lambda: len(server.seen) >= requests or
                       process.poll() is not None, "requests")
            process.kill()
            ended = finish(process)
            check(ended.status in (0, -signal.SIGKILL), ended)
            check_nothing_lives(ended)
        books = sqlite3.connect("starling-run/run.db")
        done_before = books.execute(
            "SELECT url FROM item WHERE state = 'done'").fetchall()
        server.seen.clear()
        check_status(run("stars", LOCAL, *urls, "--per-host", "2"), 0)
        for (url,) in done_before:
            check(url[len(server.url):] not in server.seen, url)
    check(summary()["done"] == 12)
    with open("whole/stars.csv") as a, open("starling-run/stars.csv") as b:
        check(a.read() == b.read(), "the catalogues differ")


@test
def a_killed_run_goes_on_with_files_too():
    os.mkdir("in")
    for i in range(60):
        sky(f"in/{i}.fits", 10, i)
    for moment in (0.05, 0.08, 0.11, 0.14):
        process = start("stars", "in", "--workers", "1")
        time.sleep(moment)
        os.kill(process.pid, signal.SIGKILL)
        check_nothing_lives(finish(process))
    check_status(run("stars", "in"), 0)
    check(summary()["done"] == 60)


@test
def a_finished_run_asked_for_again_does_nothing():
    data, _ = fits()
    with Server() as server:
        server.add("/a.fits", body(data))
        check_status(run("stars", LOCAL, server.url + "/a.fits"), 0)
        server.seen.clear()
        ended = run("stars", LOCAL, server.url + "/a.fits")
        check_status(ended, 0)
        check(not server.seen, server.seen)
        check(ended.err == "", ended)


@test
def a_finished_apod_run_is_left_alone_by_the_next():
    data, _ = fits()
    with Server() as server:
        server.add("/a.fits", body(data))
        server.add_days([day(server.url + "/a.fits")])
        for _ in range(2):
            check_status(run("apod", LOCAL, "--base-url", server.url,
                             "--count", "1"), 0)
    check(summary("starling-run")["done"] == 1)
    check(summary("starling-run-2")["done"] == 1)


# People and machines.

@test
def ctrl_c_finishes_what_is_under_way_and_saves():
    data, _ = fits()
    gate = threading.Event()
    with Server() as server:
        for i in range(40):
            server.add(f"/{i}.fits", held(gate, body(data)))
        urls = [f"{server.url}/{i}.fits" for i in range(40)]
        process = start("stars", LOCAL, *urls, "--per-host", "2")
        wait_until(lambda: server.in_flight == 2, "two requests")
        os.kill(process.pid, signal.SIGINT)
        wait_for_words(process, "finishing what is under way")
        gate.set()
        ended = finish(process)
        check_status(ended, 130)
        check(len(server.seen) == 2, server.seen)
    totals = summary()
    check(totals["done"] == 2 and totals["failed"] == 0, totals)
    check(" left" in ended.out, ended.out)
    check_nothing_lives(ended)


def workers_of(process):
    """The helper is a child of the program, and workers are the helper's."""
    def children(pid):
        return subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], text=True,
                              capture_output=True).stdout.split()
    return [int(worker) for helper in children(process.pid)
            for worker in children(helper)]


@test
def ctrl_c_waits_for_no_picture_that_waits_for_a_worker():
    gate = threading.Event()
    names = [f"{i}.fits" for i in range(8)]
    with Server() as server:
        for i, name in enumerate(names):
            server.add("/" + name, held(gate, body(fits(seed=i)[0])))
        command = ("stars", LOCAL, *(f"{server.url}/{name}" for name in names),
                   "--per-host", "8", "--workers", "1")
        process = start(*command)
        wait_until(lambda: server.in_flight == 8, "all requests")
        wait_until(lambda: workers_of(process), "a worker")
        worker, = workers_of(process)
        os.kill(worker, signal.SIGSTOP)
        gate.set()
        wait_until(lambda: sorted(os.listdir("starling-run/images")) == names)
        os.kill(process.pid, signal.SIGINT)
        wait_for_words(process, "finishing what is under way")
        os.kill(worker, signal.SIGCONT)
        ended = finish(process)
        check_status(ended, 130)
        states = [item["state"] for item in summary()["items"]]
        # One in the worker's hands, and one that was given to it as well.
        check(sorted(states) == ["done"] * 2 + ["fetched"] * 6, states)
        server.seen.clear()
        check_status(run(*command), 0)
        check(not server.seen, server.seen)
    check(summary()["done"] == 8, summary())
    check_nothing_lives(ended)


@test
def time_in_which_it_was_stopped_is_nobodys_fault():
    """Ctrl-Z for longer than all limits, with one request open and one picture
    in a worker's hands."""
    first, second = threading.Event(), threading.Event()
    with Server() as server:
        for name, gate in (("/a.fits", first), ("/b.fits", second)):
            server.add(name, held(gate, body(fits(seed=1)[0])))
        process = start("stars", LOCAL, server.url + "/a.fits",
                        server.url + "/b.fits", "--workers", "1", "--retries",
                        "0", "--timeout", "4s", "--first-byte-timeout", "4s")
        wait_until(lambda: server.in_flight == 2 and workers_of(process),
                   "both requests and a worker")
        worker, = workers_of(process)
        os.kill(worker, signal.SIGSTOP)
        first.set()
        wait_until(lambda: os.listdir("starling-run/images"))
        os.kill(process.pid, signal.SIGSTOP)
        time.sleep(4.5)
        second.set()
        os.kill(worker, signal.SIGCONT)
        os.kill(process.pid, signal.SIGCONT)
        ended = finish(process)
    check_status(ended, 0)


@test
def a_crash_ends_with_words_and_the_same_command_goes_on():
    gate = threading.Event()
    with Server() as server:
        server.add("/a.fits", held(gate, body(fits(seed=1)[0])))
        command = ("stars", LOCAL, server.url + "/a.fits")
        for signo in () if SANITIZED else (signal.SIGABRT, signal.SIGSEGV):
            server.seen.clear()
            process = start(*command)
            wait_until(lambda: server.seen, "the request")
            os.kill(process.pid, signo)
            ended = finish(process)
            check_status(ended, -signo)
            check_one_line(ended, signo.name, "the same command goes on")
            check_nothing_lives(ended)
        gate.set()
        check_status(run(*command), 0)


@test
def ctrl_c_twice_ends_at_once():
    with Server() as server:
        server.add("/a.fits", held(threading.Event(), status(404)))
        for signo, expected in ([(signal.SIGINT, 130)] * 5 +
                                [(signal.SIGTERM, 143)]):
            server.seen.clear()
            process = start("stars", LOCAL, server.url + "/a.fits")
            wait_until(lambda: server.seen, "the request")
            os.kill(process.pid, signal.SIGINT)
            wait_for_words(process, "once more stops at once")
            check(process.poll() is None, "it did not wait")
            os.kill(process.pid, signo)
            ended = finish(process, limit=20)
            check_status(ended, expected)
            check_nothing_lives(ended)


@test
def a_server_that_says_nothing_is_given_up():
    with Server() as server:
        server.add("/a.fits", held(threading.Event(), status(404)))
        ended = run("stars", LOCAL, server.url + "/a.fits", "--timeout", "1",
                    limit=20)
    check_status(ended, 1)
    check(summary()["items"][0]["class"] == "timeout", summary())


@test
def json_is_one_object_and_nothing_else():
    sky()
    ended = run("stars", "sky.fits", "--json")
    check_status(ended, 0)
    check(json.loads(ended.out)["done"] == 1, ended.out)


@test
def a_reader_that_goes_away_is_no_error():
    sky()
    ended = shell('"$S" stars sky.fits | head -1')
    check(ended.returncode == 0, ended)
    check(summary()["done"] == 1)


@test
def sixty_four_descriptors_are_enough():
    for i in range(30):
        sky(f"s{i}.fits", 5, i)
    ended = shell('ulimit -n 64; exec "$S" stars .')
    check(ended.returncode == 0, ended)
    check(summary()["done"] == 30)


@test
def of_descriptors_thirty_two_are_the_least():
    sky()
    for number, status in (32, 0), (31, 2), (8, 2):
        ended = shell(f'ulimit -n {number}; exec "$S" stars sky.fits '
                      f'--out r{number}')
        check(ended.returncode == status, ended)
        check(status == 0 or "ulimit -n" in ended.stderr, ended)
        check(status == 0 or not os.path.exists(f"r{number}"), "a folder")


@test
def it_runs_without_home_without_utf8_and_without_stdin():
    sky()
    env = environment(LC_ALL="C")
    del env["HOME"]
    ended = shell('exec "$S" stars sky.fits <&-', env)
    check(ended.returncode == 0, ended)
    check("✨ Project Summary! 🚀" in ended.stdout)
    check(ended.stderr.isascii(), ended.stderr)


@test
def a_thousand_pictures_leave_the_main_program_small():
    sky("a.fits", 5)
    with open("a.fits", "rb") as file:
        data = file.read()
    os.mkdir("many")
    for i in range(400):
        write(f"many/{i}.fits", data)
    process = start("stars", "many", "--quiet", "--progress", "off")
    most = 0
    while process.poll() is None:
        try:
            with open(f"/proc/{process.pid}/smaps_rollup") as file:
                private = sum(int(line.split()[1]) for line in file
                              if line.startswith("Private_"))
            most = max(most, private)
        except (OSError, ValueError):
            pass
        time.sleep(0.05)
    check_status(finish(process), 0)
    if not SANITIZED:
        check(0 < most < 64 << 10, f"{most} KiB")


@test
def usage_is_refused_in_one_line():
    for arguments, words in (
            (("stars",), ("input",)),
            (("stars", "--cuont"), ("--cuont",)),
            (("apod", "--count", "0"), ("--count",)),
            (("stars", "x", "--workers", "0"), ("--workers",)),
            (("stars", "--urls", "nothing.txt"), ("nothing.txt",)),
            (("frobnicate",), ("frobnicate",))):
        ended = run(*arguments)
        check_status(ended, 2)
        check_one_line(ended, *words)


if __name__ == "__main__":
    shut_in()
    main()
