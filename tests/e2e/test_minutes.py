#!/usr/bin/env python3
"""Promises about the first ten minutes: what people try, and on what systems.

All of it runs in a network namespace without a way out."""
import contextlib
import errno
import fcntl
import json
import os
import pty
import select
import shutil
import signal
import sqlite3
import struct
import subprocess
import termios
import threading
import time

from folders import by_name, contents, mounted, sky, summary, write
from harness import (LOCAL, SANITIZED, SCALE, STARLING, Skip, check,
                     check_nothing_lives, check_one_line, check_status,
                     environment, finish, main, run, shell, shut_in, start,
                     test, wait_until)
from pictures import fits
from server import Server, body, day, held, in_turn, redirect, status


# Folders.

@test
def results_are_never_taken_for_inputs():
    os.mkdir("in")
    sky("in/a.fits")
    for _ in range(3):
        check_status(run("stars", "in", "--out", "in"), 0)
        check(summary("in")["planned"] == 1, summary("in"))
    os.mkdir("more")
    sky("more/a.fits")
    for name in "more/run", "more/other", "beside":
        check_status(run("stars", "more", "--out", name), 0)
        check(summary(name)["planned"] == 1, summary(name))


@test
def a_file_that_came_in_the_way_is_not_overwritten():
    data, _ = fits()
    gate = threading.Event()
    with Server() as server:
        server.add("/a.fits", held(gate, body(data)))
        process = start("stars", LOCAL, server.url + "/a.fits")
        wait_until(lambda: server.seen, "the request")
        write("starling-run/images/a.fits", b"mine")
        gate.set()
        ended = finish(process)
    check_status(ended, 3)
    check_one_line(ended, "/starling-run/images/a.fits")
    with open("starling-run/images/a.fits", "rb") as file:
        check(file.read() == b"mine")


@test
def a_report_that_cannot_be_written_keeps_no_totals_back():
    sky("a.fits")
    check_status(run("stars", "a.fits"), 0)
    os.remove("starling-run/report.html")
    os.makedirs("starling-run/report.html/in-the-way")
    sky("b.fits", seed=2)
    ended = run("stars", "a.fits", "b.fits")
    check_status(ended, 3)
    check_one_line(ended, "starling-run/report.html")
    check("2 planned: 2 done" in ended.out, ended)
    check("Report:" not in ended.out, ended)


@test
def a_newer_database_is_left_alone():
    sky()
    check_status(run("stars", "sky.fits"), 0)
    books = sqlite3.connect("starling-run/run.db")
    books.execute("PRAGMA user_version = 1000")
    books.close()
    for more in ((), ("--fresh",)):
        ended = run("stars", "sky.fits", *more)
        check_status(ended, 3)
        check_one_line(ended, "newer")


@test
def a_folder_in_memory_will_do():
    sky()
    with mounted("memory", "size=8m"):
        check_status(run("stars", "sky.fits", "--out", "memory/run"), 0)


@test
def a_stick_with_vfat_will_do():
    """It knows neither files without a name nor rename without replacing."""
    if shutil.which("mkfs.vfat") is None:
        raise Skip("there is no mkfs.vfat")
    sky()
    with open("disk", "wb") as file:
        file.truncate(16 << 20)
    subprocess.run(["mkfs.vfat", "disk"], check=True, capture_output=True)
    with mounted("fat", "loop", "vfat", "disk"):
        check_status(run("stars", "sky.fits", "--out", "fat/run"), 0)
        check(summary("fat/run")["done"] == 1)


@test
def a_file_system_without_links_and_nameless_files_will_do():
    """As vfat is, wherever that cannot be mounted."""
    without = os.path.join(os.path.dirname(STARLING),
                           "../../tests/sandbox/without")
    with Server() as server:
        for name in "abc":
            server.add(f"/{name}.fits", body(fits(5)[0]))
        ended = run("stars", LOCAL, *(f"{server.url}/{name}.fits"
                                      for name in "abc"), "--metadata",
                    before=[without, "nameless,noreplace,links"])
    check_status(ended, 0)
    check(summary()["done"] == 3)
    check(all("duplicate_of" not in item for item in summary()["items"]))
    check(len(os.listdir("starling-run/images")) == 6)
    check(len(os.listdir("starling-run/processed_images")) == 3)


@test
def another_operation_on_a_run_is_refused_with_the_difference_named():
    sky("x.fits")
    check_status(run("stars", "x.fits", "--out", "r"), 0)
    ended = run("thumbs", "x.fits", "--out", "r")
    check_status(ended, 2)
    check_one_line(ended, "'stars' there, 'thumbs' asked for", "--fresh")


@test
def a_key_in_the_service_s_address_is_shown_nowhere():
    data, _ = fits()
    with Server() as server:
        server.add("/p.fits", redirect("/q.fits?api_key=SECRET18"))
        server.add("/q.fits", status(500))
        server.add_days([day(server.url + "/p.fits")])
        base = server.url.replace("http://", "http://user:SECRET17@")
        ended = run("apod", LOCAL, "--base-url", base, "--count", "1",
                    "--retries", "0", "--log", "log", "--trace", "trace")
        check_status(ended, 1)
        server.add("/planetary/apod", status(503))
        again = run("apod", LOCAL, "--base-url", base, "--count", "1",
                    "--retries", "0", "--out", "other")
        check_status(again, 75)
    said = (ended.out + ended.err + again.out + again.err).encode()
    check(b"SECRET1" not in said + contents("."), said)


@test
def more_workers_than_anybody_has_are_refused_and_the_most_named():
    ended = run("stars", "x.fits", "--workers", "10000")
    check_status(ended, 2)
    check_one_line(ended, "--workers", "1024")


@test
def a_home_that_cannot_be_written_is_no_problem():
    sky()
    check_status(run("stars", "sky.fits", env=environment(HOME="/proc")), 0)


def is_removed(group):
    """A group stays until the last of its processes is reaped."""
    try:
        os.rmdir(group)
    except OSError as error:
        if error.errno != errno.EBUSY:
            raise
        return False
    return True


@contextlib.contextmanager
def small_groups():
    """Control groups of one core and 256 MB, of whichever kind there is."""
    top, name = "/sys/fs/cgroup/", f"starling-{os.getpid()}"
    if os.path.exists(top + "cgroup.controllers"):
        wanted = [(top + name, "memory.max", b"256M"),
                  (top + name, "cpu.max", b"100000 100000")]
    else:
        wanted = [(f"{top}memory/{name}", "memory.limit_in_bytes", b"256M"),
                  (f"{top}cpu/{name}", "cpu.cfs_quota_us", b"100000")]
    groups = []

    def make():
        for group, file, value in wanted:
            if group not in groups:
                os.mkdir(group)
                groups.append(group)
            # The kernel has made it, or this is no control group.
            fd = os.open(f"{group}/{file}", os.O_WRONLY)
            with open(fd, "wb") as limit:
                limit.write(value)
    try:
        try:
            make()
        except OSError as error:
            raise Skip(f"no control group can be made here: {error}")
        yield groups
    finally:
        for group in groups:
            wait_until(lambda: is_removed(group), "the end of " + group)


@test
def one_core_and_little_memory_will_do():
    for i in range(20):
        sky(f"s{i}.fits", 5, i)
    with small_groups() as groups:
        enter = "; ".join(f"echo $$ >{group}/cgroup.procs" for group in groups)
        ended = shell(enter + '; exec "$S" stars .')
    check(ended.returncode == 0, ended)
    check(summary()["done"] == 20)


def state_of(folder):
    """Names, sizes and times of all there is."""
    return sorted((place, name, os.stat(os.path.join(place, name)).st_mtime_ns)
                  for place, _, names in os.walk(folder)
                  for name in names + ["."])


@test
def a_dry_run_says_what_there_is_to_do_and_touches_nothing():
    os.mkdir("in")
    sky("in/a.fits")
    os.mkfifo("in/b.fits")
    ended = run("stars", "in", "--dry-run")
    check_status(ended, 0)
    check("Would work on a: in/a.fits" in ended.out, ended)
    check("1 to do, 0 done already, 1 failed" in ended.out, ended)
    check(os.listdir() == ["in"], os.listdir())
    check_status(run("stars", "in"), 1)
    before = state_of(".")
    sky("more.fits")
    os.utime(".", ns=(before[0][2], before[0][2]))
    ended = run("stars", "in", "more.fits", "--dry-run")
    check_status(ended, 0)
    check("1 to do, 1 done already, 1 failed" in ended.out, ended)
    check_status(run("stars", "in", "--fresh", "--dry-run"), 0)
    check_status(run("apod", "--dry-run"), 2)
    left = [entry for entry in state_of(".") if entry[1] != "more.fits"]
    check(left == before, left, before)


@test
def looking_at_a_finished_run_leaves_no_trace_in_it():
    data, _ = fits()
    with Server() as server:
        server.add("/a.fits", body(data))
        server.add_days([day(server.url + "/a.fits")])
        ask = ("apod", LOCAL, "--base-url", server.url, "--count", "1")
        check_status(run(*ask), 0)
        before = state_of("starling-run")
        check_status(run(*ask), 0)
    check(state_of("starling-run") == before, state_of("starling-run"))


@test
def a_trace_shows_each_stage_of_each_item():
    with Server() as server:
        for i in range(6):
            server.add(f"/{i}.fits", body(fits(seed=i)[0]))
        ended = run("stars", LOCAL, "--workers", "1", "--trace", "t.json",
                    *(f"{server.url}/{i}.fits?key=SECRET17" for i in range(6)))
    check_status(ended, 0)
    with open("t.json") as file:
        text = file.read()
    check("SECRET17" not in text)
    events = [e for e in json.loads(text) if e["ph"] == "X"]
    for name in "fetch", "keep", "wait", "analyze", "write":
        items = {e["args"]["item"] for e in events if e["name"] == name}
        check(items == set("012345"), name, items)
    # One worker works on one item at a time.
    work = sorted((e["ts"], e["ts"] + e["dur"]) for e in events
                  if e["name"] == "analyze")
    check(all(a[1] <= b[0] for a, b in zip(work, work[1:])), work)
    ended = run("stars", "http://h/x", "--trace", "nowhere/t.json", "--out",
                "other")
    check_status(ended, 3)
    check_one_line(ended, "nowhere/t.json")
    check(not os.path.exists("other"))


# A run that exists.

@test
def what_failed_can_be_tried_again():
    data, _ = fits()
    with Server() as server:
        server.add("/good.fits", body(data))
        server.add("/gone.fits", in_turn(status(404), body(data)))
        server.add("/page.fits", body(b"<html>"))
        urls = [f"{server.url}/{name}.fits" for name in ("good", "gone",
                                                         "page")]
        check_status(run("stars", LOCAL, *urls), 1)
        ended = run("status", "starling-run")
        check_status(ended, 0)
        check("Failed gone.fits: http-404" in ended.out, ended)
        check("3 planned: 1 done, 2 failed" in ended.out, ended)
        server.seen.clear()
        ended = run("retry", "starling-run", LOCAL, "--class", "http-404")
        check_status(ended, 1)
        check(server.seen == ["/gone.fits"], server.seen)
        check(by_name()["gone"]["state"] == "done", summary())
        ended = run("retry", "starling-run", LOCAL, "--class", "timeout")
        check_status(ended, 1)
        check("nothing failed in starling-run for the reason timeout; there "
              "are 1 not-an-image" in ended.err, ended)
        ended = run("status", "starling-run", "--json")
        check(json.loads(ended.out)["done"] == 2, ended)


@test
def a_report_is_written_anew_from_the_books():
    sky()
    check_status(run("stars", "sky.fits"), 0)
    kept = {}
    for name in "stars.csv", "summary.json", "report.html":
        with open("starling-run/" + name) as file:
            kept[name] = file.read()
        os.remove("starling-run/" + name)
    check_status(run("report", "starling-run"), 0)
    with open("starling-run/stars.csv") as file:
        check(file.read() == kept["stars.csv"])
    check(summary()["items"] == json.loads(kept["summary.json"])["items"])
    check(os.path.getsize("starling-run/report.html") > 5000)


@test
def what_is_no_run_has_no_status():
    os.mkdir("empty")
    before = os.listdir(".")
    for command in "status", "report", "retry":
        for folder in "empty", "nowhere":
            ended = run(command, folder)
            check_status(ended, 2)
            check_one_line(ended, folder)
        check_status(run(command), 2)
        check_status(run(command, "a", "b"), 2)
    check(os.listdir(".") == before and not os.listdir("empty"))


@test
def a_run_at_work_has_a_status_too():
    data, _ = fits()
    gate = threading.Event()
    with Server() as server:
        server.add("/a.fits", body(data))
        server.add("/b.fits", held(gate, body(data)))
        process = start("stars", LOCAL, server.url + "/a.fits",
                        server.url + "/b.fits")
        wait_until(lambda: os.path.exists(
            "starling-run/processed_images/detected_a.jpg"), "the first")
        wait_until(lambda: f"Process {process.pid} is at work; 1 is left" in
                   run("status", "starling-run").out,
                   "its row")
        check_status(run("status", "starling-run"), 0)
        check_status(run("retry", "starling-run"), 4)
        gate.set()
        check_status(finish(process), 0)


# Workers.

def children(pid):
    return [int(word) for word in subprocess.run(
        ["pgrep", "-P", str(pid)], capture_output=True, text=True)
        .stdout.split()]


@test
def every_executor_gives_the_same_answer_in_its_own_way():
    data = [fits(10 + i, seed=i)[0] for i in range(8)]
    answers = set()
    for executor, processes in ("process", 3), ("thread", 1), ("inline", 1):
        gate = threading.Event()
        with Server() as server:
            for i, picture in enumerate(data):
                server.add(f"/{i}.fits", held(gate, body(picture)))
            process = start("stars", LOCAL, "--workers", "3", "--executor",
                            executor, "--out", executor, "--per-host", "2",
                            *(f"{server.url}/{i}.fits" for i in range(8)))
            wait_until(lambda: server.in_flight == 2, "two requests")
            helper, = children(process.pid)
            wait_until(lambda: len(children(helper)) == processes,
                       f"{processes} workers")
            gate.set()
            check_status(finish(process), 0)
        with open(executor + "/stars.csv") as file:
            answers.add(file.read())
    check(len(answers) == 1, "they differ")


# The terminal.

def on_a_terminal(*arguments, steps=(), size=(24, 80)):
    """Run with all three on a terminal; returns (status, all it wrote). A step
    is what to wait for in that, and the keys to press then or what to call."""
    pid, fd = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
        os.execve(STARLING, [STARLING, *arguments],
                  environment(TERM="xterm"))
    written, steps = b"", list(steps)
    deadline = time.monotonic() + 60 * SCALE
    while select.select([fd], [], [], max(0, deadline - time.monotonic()))[0]:
        try:
            written += os.read(fd, 65536)
        except OSError:
            break
        if steps and steps[0][0].encode() in written:
            _, action = steps.pop(0)
            action() if callable(action) else os.write(fd, action)
    else:
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    os.close(fd)
    return os.waitstatus_to_exitcode(status), written.decode()


@test
def both_bars_are_on_a_terminal_at_once():
    data, _ = fits()
    gate = threading.Event()
    with Server() as server:
        for i in range(6):
            server.add(f"/{i}.fits",
                       held(gate, body(data)) if i > 1 else body(data))
        status, written = on_a_terminal(
            "stars", LOCAL, "--per-host", "1",
            *(f"{server.url}/{i}.fits" for i in range(6)),
            steps=[(" 2/6 [", gate.set)])
    check(status == 0, written)
    pictures = written.split("\r\x1b[1A\x1b[J")
    both = [p for p in pictures if "Downloading:" in p and "Analyzing:" in p]
    check(len(both) >= 2, written)
    check("100%|████████████████| 6/6 [" in pictures[-1], written)
    check("\x1b[?25l" not in written, "the cursor was hidden")


@test
def a_list_is_read_from_a_terminal_when_asked_for():
    sky("a.fits")
    status, written = on_a_terminal(
        "stars", "-", steps=[("Ctrl-D", b"a.fits\n\x04")])
    check(status == 0, written)
    check("Found 20 stars in a.fits" in written, written)


@test
def ctrl_c_on_a_terminal_keeps_the_bars_honest():
    data, _ = fits()
    gate = threading.Event()
    with Server() as server:
        for i in range(9):
            server.add(f"/{i}.fits",
                       held(gate, body(data)) if i > 0 else body(data))
        status, written = on_a_terminal(
            "stars", LOCAL, "--per-host", "1",
            *(f"{server.url}/{i}.fits" for i in range(9)),
            steps=[(" 1/9 [", b"\x03"), ("finishing", gate.set)])
    check(status == 130, written)
    check(" left" in written and "9/9" not in written, written)
    check("Project completed" not in written, written)


# Systems.

@test
def output_that_cannot_be_written_is_told():
    sky()
    for command in "stars sky.fits --quiet --json", "--help":
        ended = shell(f'"$S" {command} >/dev/full')
        check(ended.returncode == 3, ended)
        check("starling: cannot write to standard output: No space left" in
              ended.stderr, ended)


@test
def few_descriptors_mean_fewer_workers():
    for i in range(12):
        sky(f"s{i}.fits", 5, i)
    ended = shell('ulimit -n 64; exec "$S" stars . --workers 1024')
    check(ended.returncode == 0, ended)
    check("ulimit -n" in ended.stderr, ended)
    check(summary()["done"] == 12)


@test
def too_little_memory_for_a_result_fails_no_picture():
    if SANITIZED:
        raise Skip("the sanitizer needs all the address space there is")
    write("sky.fits", fits(side=400)[0])  # small ones need none of their own
    ended = shell('ulimit -v 400000; exec "$S" stars sky.fits')
    check(ended.returncode == 75, ended)
    check("--max-pixels" in ended.stderr, ended)
    check_status(run("stars", "sky.fits"), 0)


@test
def a_service_on_a_refused_address_is_the_users_to_allow():
    ended = run("apod", "--base-url", "http://127.0.0.1:1")
    check_status(ended, 2)
    check_one_line(ended, "loopback", "--allow-address")


@test
def no_shared_memory_folder_and_no_home_are_no_problem():
    if subprocess.run(["unshare", "-m", "umount", "-l", "/dev/shm"],
                      capture_output=True).returncode != 0:
        raise Skip("/dev/shm cannot be taken away here")
    sky()
    ended = shell("exec unshare -m sh -c 'umount -l /dev/shm; "
                  'HOME=/nonexistent exec "$S" stars sky.fits\'')
    check(ended.returncode == 0, ended)


@test
def a_system_that_forbids_user_namespaces_is_no_problem():
    sky()
    ended = shell("exec unshare -r sh -c 'echo 0 "
                  ">/proc/sys/user/max_user_namespaces && "
                  'exec "$S" stars sky.fits\'')
    if "max_user_namespaces" in ended.stderr or "unshare:" in ended.stderr:
        raise Skip("no user namespaces here to take away")
    check(ended.returncode == 0, ended)


@test
def an_upgrade_while_it_runs_changes_nothing():
    places = {}
    for name in ("cmd/starling", "worker/starling-worker"):
        source = os.path.join(os.path.dirname(STARLING), "..", name)
        places[name] = os.path.join("tool", name)
        os.makedirs(os.path.dirname(places[name]), exist_ok=True)
        shutil.copy(source, places[name])
    data, _ = fits()
    gate = threading.Event()
    with Server() as server:
        for i in range(6):
            server.add(f"/{i}.fits", held(gate, body(data)))
        process = subprocess.Popen(
            [places["cmd/starling"], "stars", LOCAL, "--per-host", "1",
             *(f"{server.url}/{i}.fits" for i in range(6))],
            env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=True)
        wait_until(lambda: server.seen, "the request")
        for place in places.values():
            os.remove(place)
            write(place, b"#!/bin/false\n")
        check(children(process.pid), "there is no helper")
        gate.set()
        ended = finish(process)
    check_status(ended, 0)
    check(summary()["done"] == 6)


@test
def killed_workers_cost_nothing():
    with Server() as server:
        for i in range(20):
            server.add(f"/{i}.fits", body(fits(5, seed=i)[0], delay=0.1))
        process = start("stars", LOCAL, "--per-host", "2",
                        *(f"{server.url}/{i}.fits" for i in range(20)))
        wait_until(lambda: len(server.seen) >= 5, "five requests")
        helper, = children(process.pid)
        for pid in children(helper) + [helper]:
            os.kill(pid, signal.SIGKILL)
        ended = finish(process)
    check_status(ended, 0)
    check(summary()["done"] == 20)
    check_nothing_lives(ended)


if __name__ == "__main__":
    shut_in()
    main()
