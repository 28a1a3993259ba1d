#!/usr/bin/env python3
"""Promises about what a run leaves for other programs.

All of it runs in a network namespace without a way out."""
import csv
import json
import os
import signal
import sqlite3
import tarfile
import time

from folders import by_name, sky, summary, write
from harness import (LOCAL, STARLING, check, check_nothing_lives,
                     check_one_line, check_status, environment, finish, main,
                     run, shut_in, start, test)
from pictures import fits
from server import Server, body


def samples(folder):
    """key -> {what is behind its first dot: bytes}, over all archives."""
    found = {}
    for name in sorted(os.listdir(folder + "/shards")):
        with tarfile.open(f"{folder}/shards/{name}") as tar:
            for entry in tar:
                key, suffix = entry.name.split(".", 1)
                parts = found.setdefault(key, {})
                check(suffix not in parts, entry.name, "is there twice")
                parts[suffix] = tar.extractfile(entry).read()
    return found


def loose(folder):
    return [name for part in ("images", "processed_images")
            for name in os.listdir(f"{folder}/{part}")]


def serve(server, count, **options):
    data = {f"/p.{i}.fits": fits(5, seed=i)[0] for i in range(count)}
    for path, picture in data.items():
        server.add(path, body(picture, **options))
    write("l.csv", ("url,title,n\n" + "".join(
        f"{server.url}{path},Title {path},{i}\n"
        for i, path in enumerate(data))).encode())
    return data


@test
def archives_hold_all_that_belongs_to_a_picture():
    with Server() as server:
        data = serve(server, 7)
        ended = run("stars", LOCAL, "--urls", "l.csv", "--output", "tar",
                    "--shard-items", "3")
        check_status(ended, 0)
        check("Packed p.0.fits into 0000" in ended.out and
              "Pictures: starling-run/shards" in ended.out, ended)
        check_status(run("stars", LOCAL, "--urls", "l.csv", "--out",
                         "files"), 0)
    check(sorted(os.listdir("starling-run/shards")) ==
          ["00000.tar", "00001.tar", "00002.tar"])
    check(not loose("starling-run"), loose("starling-run"))
    found = samples("starling-run")
    check(len(found) == 7, found.keys())
    for key, parts in found.items():
        check(sorted(parts) == ["fits", "json", "marked.jpg", "txt"], parts)
        about = json.loads(parts["json"])
        path = "/" + about["name"]
        check(parts["fits"] == data[path], "other bytes")
        check(parts["txt"].decode() == "Title " + path)
        check(about["extra"] == {"n": path.split(".")[1]}, about)
        with open(f"files/processed_images/detected_{path[1:-5]}.jpg",
                  "rb") as file:
            check(parts["marked.jpg"] == file.read())
    with open("starling-run/stars.csv") as a, open("files/stars.csv") as b:
        check(a.read() == b.read())
    check({item["shard"] for item in summary()["items"]} ==
          {"00000.tar", "00001.tar", "00002.tar"})


@test
def archives_hold_the_originals_of_local_pictures_too():
    os.mkdir("in")
    for name in "ab":
        sky(f"in/{name}.jpg", 5, ord(name))  # whose bytes are FITS
    check_status(run("run", "--op", "none", "in", "--format", "tar"), 0)
    for key, parts in samples("starling-run").items():
        check(sorted(parts) == ["fits", "json"], parts.keys())
        with open(f"in/{key}.jpg", "rb") as file:
            check(parts["fits"] == file.read(), key)
    # They stay where they are; an archive that is gone is made again.
    os.remove("starling-run/shards/00000.tar")
    check_status(run("run", "--op", "none", "in", "--format", "tar"), 0)
    check(len(samples("starling-run")) == 2)


@test
def a_killed_run_loses_no_archive_and_packs_nothing_twice():
    with Server() as server:
        data = serve(server, 12, delay=0.02)
        command = ("stars", LOCAL, "--urls", "l.csv", "--per-host", "2",
                   "--format", "tar", "--shard-items", "2")
        for wanted in 4, 8:
            process = start(*command)
            while len(server.seen) < wanted and process.poll() is None:
                time.sleep(0.01)
            process.send_signal(signal.SIGKILL)
            check_nothing_lives(finish(process))
        check_status(run(*command), 0)
        server.seen.clear()
        check_status(run(*command), 0)
        check(not server.seen, server.seen)
        # What somebody has removed is made again; what nobody knows goes.
        os.remove("starling-run/shards/00001.tar")
        write("starling-run/shards/00077.tar", b"x")
        write("starling-run/shards/notes.txt", b"mine")
        check_status(run(*command), 0)
        check(len(server.seen) == 2, server.seen)
    left = os.listdir("starling-run/shards")
    check("00077.tar" not in left and "notes.txt" in left, left)
    os.remove("starling-run/shards/notes.txt")
    check(len(samples("starling-run")) == 12)
    check(not loose("starling-run"), loose("starling-run"))
    check(summary()["done"] == 12)
    check_status(run("stars", "--fresh", "--urls", "l.csv", "--dry-run"), 0)
    sky("a.fits")
    check_status(run("stars", "a.fits", "--fresh"), 0)
    check(not os.path.exists("starling-run/shards"))


@test
def what_is_known_of_a_picture_lies_beside_it():
    with Server() as server:
        serve(server, 3)
        sky("here.fits")
        check_status(run("stars", LOCAL, "--urls", "l.csv", "here.fits",
                         "--metadata"), 0)
    for name in "p.0", "p.1", "p.2", "here":
        with open(f"starling-run/images/{name}.json") as file:
            about = json.load(file)
        item, = [i for i in summary()["items"] if i["name"] == name + ".fits"]
        check(about["state"] == "done" and about["xxh64"] == item["xxh64"] and
              about["stars"] == item["stars"], about)


@test
def the_items_are_a_table_that_no_spreadsheet_runs():
    sky("a.fits")
    write("l.jsonl", b'{"path": "a.fits", "title": "=cmd(), \\"x\\"", "k": 1}\n'
          b'{"path": "no.fits", "title": "</script><b>"}\n')
    check_status(run("stars", "--urls", "l.jsonl"), 1)
    with open("starling-run/items.csv") as file:
        first, second = csv.DictReader(file)
    check(first["title"] == "'=cmd(), \"x\"" and first["state"] == "done",
          first)
    check(json.loads(first["extra"]) == {"k": 1}, first)
    check(second["class"] == "no-file" and second["width"] == "", second)
    with open("starling-run/report.html") as file:
        check("</script><b>" not in file.read())
    rows = sqlite3.connect("starling-run/run.db").execute(
        "SELECT title FROM item ORDER BY id").fetchall()
    check(rows == [('=cmd(), "x"',), ("</script><b>",)], rows)


@test
def a_log_has_an_event_a_line():
    with Server() as server:
        serve(server, 2)
        url = server.url + "/nothing.fits?token=SECRET17"
        for status, more in (1, (url,)), (1, ()):
            check_status(run("stars", LOCAL, "--urls", "l.csv", *more,
                             "--log", "log.jsonl"), status)
    with open("log.jsonl") as file:
        text = file.read()
    events = [json.loads(line) for line in text.splitlines()]
    check("SECRET17" not in text, text)
    check([e["outcome"] for e in events if e["event"] == "run"] ==
          ["begun", "ended"] * 2, events)
    check([e["status"] for e in events if "status" in e] == [1, 1], events)
    ends = {e["item"]: e for e in events if e["event"] == "item"}
    check({name: e["outcome"] for name, e in ends.items()} ==
          {"p.0": "done", "p.1": "done", "nothing": "failed"}, ends)
    check(ends["nothing"]["class"] == "http-404" and
          ends["p.0"]["class"] is None, ends)
    stages = {(e["item"], e["stage"]) for e in events
              if e["event"] == "stage"}
    for stage in "fetch", "keep", "wait", "analyze", "write":
        check(("p.0", stage) in stages, stages)
    check(all(e["time"].endswith("Z") for e in events))
    ended = run("stars", "http://h/x", "--log", "nowhere/l.jsonl", "--out",
                "other")
    check_status(ended, 3)
    check_one_line(ended, "nowhere/l.jsonl")


def members(value):
    """Names of all members, but of those that are made up by others."""
    if isinstance(value, list):
        return set().union(*(members(one) for one in value))
    if not isinstance(value, dict):
        return set()
    return set(value).union(*(
        members(one) for name, one in value.items()
        if name not in ("extra", "files", "formats")))


@test
def each_member_of_json_is_in_the_manual_page():
    with Server() as server:
        serve(server, 2)
        server.add("/p.1.fits", body(b"<html>"))
        check_status(run("run", LOCAL, "--op", "stars", "--op", "thumbs",
                         "--urls", "l.csv", "--format", "tar", "--log",
                         "l.jsonl"), 1)
    sky("a.fits", 5)
    found = [summary(), json.loads(run("doctor", "--json").out),
             json.loads(run("compare", "a.fits", "--rounds", "1", "--latency",
                            "0", "--json").out)]
    with open("l.jsonl") as file:
        found += [json.loads(line) for line in file]
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)),
                           "../../docs/man/starling.1.scd")) as file:
        page = file.read().replace("\\_", "_")
    check(len(members(found)) > 60, members(found))
    for name in members(found):
        check(f"_{name}_" in page, "not in the page:", name)


@test
def a_format_of_pictures_is_no_format_of_marked_ones():
    ended = run("stars", "x.fits", "--format", "png")
    check_status(ended, 2)
    check_one_line(ended, "--format")


@test
def a_start_loads_no_library_that_only_archives_need():
    with open(STARLING, "rb") as program:
        check(b"libarchive.so" in program.read(), "is it loaded by that name?")
    loaded = run("--version", env=environment(LD_TRACE_LOADED_OBJECTS="1"))
    check_status(loaded, 0)
    check("libcurl" in loaded.out and "libarchive" not in loaded.out and
          "libicu" not in loaded.out, loaded)


@test
def a_limit_on_the_size_of_files_is_named():
    sky()
    for blocks, what in (1, "run.db"), (400, "workers"):
        ended = run("stars", "sky.fits", before=(
            "sh", "-c", f'ulimit -f {blocks}; exec "$@"', "sh"))
        check_status(ended, 3)
        check_one_line(ended, what, "ulimit -f")


if __name__ == "__main__":
    shut_in()
    main()
