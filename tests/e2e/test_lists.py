#!/usr/bin/env python3
"""Promises about lists: what people have their inputs in.

All of it runs in a network namespace without a way out."""
import gzip
import hashlib
import os
import signal
import sqlite3

from folders import by_name, sky, summary, write
from harness import (LOCAL, SANITIZED, check, check_nothing_lives,
                     check_one_line, check_status, finish, main, run, shut_in,
                     start, test, wait_until)
from pictures import fits
from server import Server, body

import subprocess


@test
def lists_may_be_tables_and_objects_packed_or_not():
    for name in "abc":
        sky(name + ".fits", seed=ord(name))
    write("list.csv", b'title,url\n"one, ""the"" first\n",a.fits\n'
          b'two,"b.fits"\r\n')
    write("list.tsv.gz", gzip.compress(b"url\ttitle\na.fits\tx,y\n"))
    write("bare.csv", b"a.fits\nb.fits,x\n")
    write("list.jsonl", b'{"title": "x", "url": "a.fits"}\n\n"b.fits"\n'
          b'{"url": "no.fits", "hdurl": "c.fits"}\n')
    for name, count in (("list.csv", 2), ("bare.csv", 2), ("list.jsonl", 3),
                        ("list.tsv.gz", 1)):
        ended = run("stars", "--urls", name, "--out", name + ".run")
        check_status(ended, 0)
        check(summary(name + ".run")["done"] == count, ended)


@test
def a_list_is_of_the_kind_that_was_said_and_verified_by_the_column():
    """Bytes as spreadsheets and services write them."""
    sums = {}
    for name in "a.fits", 'b, "x".fits', "c.fits":
        sky(name, seed=ord(name[0]))
        with open(name, "rb") as file:
            sums[name] = hashlib.sha256(file.read()).hexdigest()
    a, b, c = sums.values()
    table = (f'"File; name"{{0}}"sum"{{0}}title\r\na.fits{{0}}{a}{{0}}"one\r\n'
             f'two"\r\n"b, ""x"".fits"{{0}}{b.upper()}{{0}}\r\nc.fits{{0}}{a}'
             '{0}wrong\r\n')
    lines = (f'{{"File; name": "a.fits", "sum": "{a}", "title": "one\\r\\n'
             'two"}\r\n'
             f'{{"File; name": "b, \\"x\\".fits", "sum": null}}\n'
             f'{{"File; name": "c.fits", "sum": "{a}"}}\n')
    bom = "\ufeff".encode()
    columns = "--url-column", "File; name", "--checksum-column", "sum"
    for kind, content in (("csv", bom + table.format(",").encode()),
                          ("csv", table.format(";").encode()),
                          ("tsv", bom + table.format("\t").encode()),
                          ("jsonl", bom + lines.encode())):
        write("list.txt", content)  # a name that says something else
        ended = run("run", "--op", "none", "--urls", "list.txt", *columns,
                    "--list-format", kind, "--out", "r", "--fresh")
        check_status(ended, 1)
        items = {i["url"]: i for i in summary("r")["items"]}
        check(set(items) == set(sums), items)
        check(items["a.fits"]["title"].split() in (["one", "two"],
                                                   ["one\\x0d\\x0atwo"]),
              items)
        check(items["c.fits"]["class"] == "checksum", items)
        check(c in items["c.fits"]["reason"], items)
        check(items['b, "x".fits']["state"] == "done", items)
        ended = run("run", "--op", "none", "--urls", "list.txt", *columns[:3],
                    "summ", "--list-format", kind, "--out", "new")
        check_status(ended, 2)
        check_one_line(ended, "list.txt", "checksum" if kind == "jsonl"
                       else "no column called 'summ'")
        check(not os.path.exists("new"), "a run folder was left")
    write("list.csv", b"a.fits\r\n")
    check_status(run("run", "--op", "none", "--urls", "list.csv", "--out",
                     "t", "--list-format", "text"), 0)
    ended = run("run", "--op", "none", "--urls", "list.csv", "--list-format",
                "xml")
    check_status(ended, 2)
    check_one_line(ended, "--list-format", "'xml'", "auto|text|csv|tsv|jsonl")


@test
def file_urls_name_pictures_of_this_machine():
    os.mkdir("in")
    sky("in/a b.fits")
    sky("in/c.fits", seed=2)
    url = "file://" + os.path.abspath("in")
    ended = run("run", "--op", "none", url + "/a%20b.fits", "in/a b.fits",
                url.replace("file://", "file:"), "--out", "one")
    check_status(ended, 0)
    check(summary("one")["planned"] == 2, summary("one"))
    good = hashlib.sha256(open("in/c.fits", "rb").read()).hexdigest()
    write("l.txt", f"{url}/a%20b.fits#sha256={good}\n"
          f"{url}/c.fits#sha256={good}\nfile://far/c.fits\n".encode())
    check_status(run("run", "--op", "none", "--urls", "l.txt", "--out", "two"),
                 1)
    check([i["class"] for i in summary("two")["items"]] ==
          ["checksum", None, "no-file"], summary("two"))
    ended = run("stars", "file://far/c.fits")
    check_status(ended, 2)
    check_one_line(ended, "file://far/c.fits", "another machine")


@test
def a_list_that_makes_no_sense_is_named_with_its_line():
    write("a.jsonl", b'{"url": 3}\n{"url": "a.fits"}\n')
    write("b.jsonl", b'{"url": \n')
    write("c.csv", b'url\n"a.fits\n')
    write("d.csv", b'url,x\na.fits,1\n')
    write("e.txt", gzip.compress(b"a.fits\n" * 50)[:25])
    for name, word in (("a.jsonl", "line 1"), ("b.jsonl", "line 1"),
                       ("c.csv", "line 2"), ("d.csv", "where"),
                       ("e.txt", "gzip")):
        ended = run("stars", "--urls", name,
                    *(("--url-column", "where") if name == "d.csv" else ()))
        check_status(ended, 2)
        check_one_line(ended, name, word)
        check(not os.path.exists("starling-run"), "a run folder was left")


@test
def a_line_that_makes_no_sense_costs_that_line():
    sky("a.fits")
    write("a.jsonl", b'{"url": "a.fits"}\n{"url": 3}\n')
    check_status(run("stars", "--urls", "a.jsonl"), 1)
    bad, = [i for i in summary()["items"] if i["state"] == "failed"]
    check((bad["class"], bad["url"]) == ("bad-line", "a.jsonl:2"), bad)
    ended = run("retry", "starling-run")
    check_status(ended, 1)
    check_one_line(ended, "nothing in starling-run can be tried again; there "
                   "are 1 bad-line")


@test
def an_address_without_a_server_is_no_address():
    urls = "http://", "http:///a.jpg", "https://?b.jpg"
    check_status(run("stars", LOCAL, *urls), 1)
    check_status(run("stars", LOCAL, *urls, "--ignore-robots", "--out", "r"), 1)
    for item in summary()["items"] + summary("r")["items"]:
        check(item["class"] == "bad-url", item)


@test
def further_fields_of_a_list_are_kept_into_the_results():
    sky("a.fits")
    sky("b.fits", seed=2)
    write("l.jsonl", b'{"path": "a.fits", "title": "T", "id": 7, "tags": '
          b'["x", {"y": null}], "page": "http://h/p?api_key=SECRET17"}\n'
          b'{"path": "b.fits"}\n')
    check_status(run("stars", "--urls", "l.jsonl"), 0)
    found = by_name()
    check(found["a"]["title"] == "T", found)
    check(found["a"]["extra"] == {"id": 7, "tags": ["x", {"y": None}],
                                  "page": "http://h/p?api_key=***"}, found)
    check("extra" not in found["b"], found)
    rows = sqlite3.connect("starling-run/run.db").execute(
        "SELECT extra ->> 'id' FROM item ORDER BY id").fetchall()
    check(rows == [(7,), (None,)], rows)


@test
def bytes_that_are_not_what_a_list_expects_are_refused():
    good, _ = fits()
    other, _ = fits(seed=9)
    sky("here.fits")
    with open("here.fits", "rb") as file:
        here = hashlib.sha1(file.read()).hexdigest()
    with Server() as server:
        for name in "abc":
            server.add(f"/{name}.fits", body(good))
        server.add("/d.fits", body(other))
        sum256 = hashlib.sha256(good).hexdigest()
        write("l.csv", "\n".join((
            "url,md5,checksum",
            f"{server.url}/a.fits,{hashlib.md5(good).hexdigest()},",
            f"{server.url}/b.fits#sha256={sum256.upper()},,",
            f"{server.url}/c.fits,never,",
            f"{server.url}/d.fits#sha256={sum256},,")).encode())
        check_status(run("stars", LOCAL, "--urls", "l.csv"), 1)
        ended = run("stars", LOCAL, "--out", "typed",
                    f"{server.url}/b.fits#sha512={'0' * 128}")
        check_status(ended, 1)
    found = by_name()
    check([found[n]["state"] for n in "abcd"] ==
          ["done", "done", "failed", "failed"], found)
    check(found["c"]["class"] == found["d"]["class"] == "checksum", found)
    check(sum256 in found["d"]["reason"] and
          hashlib.sha256(other).hexdigest() in found["d"]["reason"], found)
    check(by_name("typed")["b"]["class"] == "checksum")
    check(sorted(os.listdir("starling-run/images")) == ["a.fits", "b.fits"])
    # One that cannot be verified is not taken without, either.
    with Server() as server:
        server.add("/c.fits", body(good))
        write("m.csv", f"url,md5\n{server.url}/c.fits,md5\n".encode())
        check_status(run("stars", LOCAL, "--urls", "m.csv", "--out", "m"), 1)
        check_status(run("retry", LOCAL, "m"), 1)
    check(by_name("m")["c"]["class"] == "checksum", by_name("m"))
    write("here.csv", f"path,sha1\nhere.fits,{here}\n".encode())
    check_status(run("stars", "--urls", "here.csv", "--out", "here"), 0)


@test
def patterns_that_no_shell_expanded_are_expanded():
    os.makedirs("in/deep")
    for name in "in/a1.fits", "in/b1.fits", "in/deep/a2.fits":
        sky(name)
    check_status(run("stars", "in/a*.fits", "--out", "one"), 0)
    check(summary("one")["planned"] == 1)
    check_status(run("stars", "in/**/a*", "--out", "two"), 0)
    check(summary("two")["planned"] == 2)
    ended = run("stars", "in/a*", "in/z*", "--out", "three")
    check_status(ended, 1)
    check("no file fits the pattern in/z*" in ended.out, ended)


@test
def a_pattern_that_fits_nothing_is_no_run():
    for inputs, words in ((("in/z*",), "no file fits the pattern in/z*"),
                          (("z*", "y.jpg"), "z* and all other inputs: there "
                           "is no such file")):
        ended = run("stars", *inputs)
        check_status(ended, 2)
        check_one_line(ended, words)
        check(not os.path.exists("starling-run"), "a run folder was left")
    sky("a.fits")
    check_status(run("stars", "a.fits"), 0)
    ended = run("stars", "z*")
    check_status(ended, 2)
    check_one_line(ended, "no file fits the pattern z*")
    check(summary()["planned"] == 1)
    ended = run("stars", "-", "--out", "new", input=b"# nothing\n")
    check_status(ended, 2)
    check_one_line(ended, "no pictures in the list on the standard input")


# Names, and pictures with the same bytes.

@test
def pictures_are_called_as_the_template_says():
    one, two = fits(seed=1)[0], fits(seed=2)[0]
    with Server() as server:
        server.add("/a/x.jpg", body(one))
        server.add("/b/x.jpg", body(two))
        write("l.jsonl", (
            f'{{"url": "{server.url}/a/x.jpg", "title": "../../M 31"}}\n'
            f'{{"url": "{server.url}/b/x.jpg", "title": "é"}}\n').encode())
        for out, name, wanted in (
                ("i", "{index:4}_{title}", ["0000_M_31.fits", "0001.fits"]),
                ("h", "{host}", ["127.0.0.1-2.fits", "127.0.0.1.fits"])):
            check_status(run("stars", LOCAL, "--urls", "l.jsonl", "--name",
                             name, "--out", out), 0)
            check(sorted(os.listdir(out + "/images")) == wanted,
                  os.listdir(out + "/images"))
        check_status(run("stars", LOCAL, "--urls", "l.jsonl", "--name",
                         "{hash}", "--out", "c"), 0)
        ended = run("stars", LOCAL, "--urls", "l.jsonl", "--out", "c")
        check_status(ended, 2)
        check_one_line(ended, "name")
    for item in summary("c")["items"]:
        check(item["name"] == item["xxh64"] + ".fits", item)
        check(os.path.exists("c/images/" + item["name"]))
        check(os.path.exists(
            f"c/processed_images/detected_{item['xxh64']}.jpg"))
    ended = run("stars", "--urls", "l.jsonl", "--name", "{nmae}")
    check_status(ended, 2)
    check_one_line(ended, "--name", "{nmae}")


@test
def the_same_bytes_are_kept_and_worked_on_once():
    data, _ = fits()
    with Server() as server:
        for name in "abcd":
            server.add(f"/{name}.fits", body(data))
        server.add("/e.fits", body(fits(seed=5)[0]))
        urls = [f"{server.url}/{name}.fits" for name in "abcde"]
        check_status(run("stars", LOCAL, *urls), 0)
        check_status(run("stars", LOCAL, *urls, "--keep-duplicates", "--out",
                         "all"), 0)
    found, plain = by_name(), by_name("all")
    first, = [n for n in "abcd" if "duplicate_of" not in found[n]]
    check([found[n].get("duplicate_of") for n in "abcd" if n != first] ==
          [first + ".fits"] * 3, found)
    check("duplicate_of" not in found["e"], found)
    for folder in "images", "processed_images":
        inodes = {os.stat(f"starling-run/{folder}/{name}").st_ino
                  for name in os.listdir(f"starling-run/{folder}")}
        check(len(os.listdir(f"starling-run/{folder}")) == 5)
        check(len(inodes) == 2, "they are stored several times")
    # All the same it is the answer that one gets without.
    for name in found:
        found[name].pop("duplicate_of", None)
    check(found == plain, found, plain)
    with open("starling-run/stars.csv") as a, open("all/stars.csv") as b:
        check(a.read() == b.read())


# Lists without an end.

@test
def an_endless_list_is_worked_on_while_it_comes():
    with Server() as server:
        for i in range(3):
            server.add(f"/{i}.fits", body(fits(seed=i)[0]))
        process = start("stars", LOCAL, "-", stdin=subprocess.PIPE)
        for i in range(3):
            process.stdin.write(f"{server.url}/{i}.fits\n".encode())
            process.stdin.flush()
            wait_until(lambda: server.count(f"/{i}.fits") == 1)
        check(process.poll() is None)
        check_status(finish(process), 0)
    check(summary()["done"] == 3)


@test
def ctrl_c_does_not_wait_for_a_list_that_says_nothing():
    data, _ = fits()
    with Server() as server:
        server.add("/a.fits", body(data))
        process = start("stars", LOCAL, "-", stdin=subprocess.PIPE)
        process.stdin.write(f"{server.url}/a.fits\n".encode())
        process.stdin.flush()
        wait_until(lambda: os.path.exists(
            "starling-run/processed_images/detected_a.jpg"))
        pipe = process.stdin
        process.stdin = None
        process.send_signal(signal.SIGINT)
        ended = finish(process)
        pipe.close()
    check_status(ended, 130)
    check_nothing_lives(ended)
    check(summary()["done"] == 1, summary())


@test
def a_long_list_is_worked_on_from_its_first_lines_in_little_memory():
    seen = {}
    with Server() as server:
        def look(handler):
            # The run waits for us: what is in its books now?
            books = sqlite3.connect("file:starling-run/run.db?mode=ro",
                                    uri=True)
            seen["planned"], = books.execute(
                "SELECT count(*) FROM item").fetchone()
            wait_until(lambda: len(server.seen) > 500)
            with open(f"/proc/{process.pid}/smaps_rollup") as file:
                seen["private"] = sum(int(line.split()[1]) for line in file
                                      if line.startswith("Private_"))
            body(b"no")(handler)
        server.add("/0.fits", look)
        with open("list", "w") as file:
            for i in range(150000):
                file.write(f"{server.url}/{i}.fits\n")
        process = start("stars", LOCAL, "--urls", "list", "--quiet",
                        "--progress", "off", "--per-host", "4")
        wait_until(lambda: "private" in seen)
        process.send_signal(signal.SIGKILL)
        check_nothing_lives(finish(process))
    check(0 <= seen["planned"] < 150000, seen)
    if not SANITIZED:
        check(0 < seen["private"] < 24 << 10, seen)


@test
def a_dry_run_of_much_takes_little_memory():
    with open("list.jsonl", "w") as file:
        for i in range(20000):
            file.write(f'{{"url": "http://h/{i}.jpg", "x": "{"y" * 4000}"}}\n')
    process = start("run", "--op", "none", "--urls", "list.jsonl", "--dry-run",
                    "--quiet", "--progress", "off")
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    check(process.returncode == 0, finish(process))
    if not SANITIZED:
        check(used.ru_maxrss < 64 << 10, f"{used.ru_maxrss} KiB")
    check(not os.path.exists("starling-run"))


@test
def a_killed_run_over_a_list_goes_on_with_its_secrets():
    """Addresses that may not be stored come from the list again."""
    data = [fits(seed=i)[0] for i in range(6)]
    with Server() as server:
        for i, picture in enumerate(data):
            server.add(f"/{i}.fits", body(picture, delay=0.1))
        write("l", "".join(f"{server.url}/{i}.fits?token=T{i}\n"
                           for i in range(6)).encode())
        process = start("stars", LOCAL, "--urls", "l", "--per-host", "1")
        wait_until(lambda: len(server.seen) >= 3)
        process.send_signal(signal.SIGKILL)
        finish(process)
        check_status(run("stars", LOCAL, "--urls", "l"), 0)
    check(summary()["done"] == 6, summary())


if __name__ == "__main__":
    shut_in()
    main()
