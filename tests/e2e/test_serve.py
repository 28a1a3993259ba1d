#!/usr/bin/env python3
"""Promises about `starling serve`: for whom, and how badly.

All of it runs in a network namespace without a way out."""
import os
import signal
import socket
import urllib.error
import urllib.request

from folders import sky, summary
from harness import (check, check_nothing_lives, check_one_line, check_status,
                     finish, main, run, shut_in, start, test,
                     wait_for_words)


class Serving:
    def __init__(self, *arguments):
        self.process = start("serve", *arguments)
        line = self.process.stdout.readline().decode()
        self.url = line.rstrip("/\n").split(" on ")[1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        self.ended = finish(self.process)

    def get(self, path):
        try:
            with urllib.request.urlopen(self.url + path, timeout=60) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()


@test
def a_folder_is_served_with_its_days_until_ctrl_c():
    os.mkdir("in")
    for i in range(3):
        sky(f"in/{i}.fits", 10, i)
    with open("in/0.fits", "rb") as file:
        data = file.read()
    with Serving("in") as server:
        check(server.url.startswith("http://127.0.0.1:"), server.url)
        check(server.get("/0.fits") == (200, data))
        check(server.get("/nothing.fits")[0] == 404)
        check(server.get("/..%2fsecret")[0] == 404)
        check(server.get("/0.fits?status=503&times=1")[0] == 503)
        check(server.get("/0.fits?status=503&times=1")[0] == 200)
        check_status(run("apod", "--allow-private", "--base-url", server.url,
                         "--count", "3"), 0)
        check_status(run("stars", "--allow-private", server.url + "/0.fits",
                         "--out", "refused", "--retries", "0",
                         server.url + "/1.fits?status=404"), 1)
    check_status(server.ended, 0)
    check_nothing_lives(server.ended)
    check(summary()["done"] == 3)


@test
def it_is_for_this_machine_alone_unless_told_otherwise():
    os.mkdir("in")
    sky("in/a.fits")
    with Serving("in", "--listen", "0.0.0.0") as server:
        port = int(server.url.rsplit(":", 1)[1])
        with socket.create_connection(("127.0.0.2", port), timeout=60):
            pass
    check("others can reach" in server.ended.err, server.ended)
    with Serving("in") as server:
        port = int(server.url.rsplit(":", 1)[1])
        try:
            socket.create_connection(("127.0.0.2", port), timeout=60)
            check(False, "it listens beyond 127.0.0.1")
        except ConnectionRefusedError:
            pass
        ended = run("serve", "in", "--port", str(port))
        check_status(ended, 2)
        check_one_line(ended, "taken")
    for arguments, word in ((("nowhere",), "nowhere"), ((), "folder"),
                            (("in", "--listen", "203.0.113.1"), "203.0.113.1"),
                            (("in", "--listen", "example.org"), "numeric")):
        ended = run("serve", *arguments)
        check_status(ended, 2)
        check_one_line(ended, word)


@test
def who_asks_a_server_what_it_does_does_not_end_it():
    os.mkdir("in")
    sky("in/0.fits")
    with Serving("in") as server:
        for _ in range(2):
            server.process.send_signal(signal.SIGUSR1)
            wait_for_words(server.process, "- serve: waits for a connection")
        check(server.get("/0.fits")[0] == 200)
    check_status(server.ended, 0)


if __name__ == "__main__":
    shut_in()
    main()
