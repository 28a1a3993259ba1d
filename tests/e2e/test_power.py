#!/usr/bin/env python3
"""Promises about a power cut: what the books say is done is on the disk.

The disk is a file system of its own that is shut down without writing another
byte, as the kernel lets its testers do; mounted again, it holds what a machine
finds that lost its power at that moment.

All of it runs in a network namespace without a way out."""
import contextlib
import fcntl
import os
import re
import shutil
import sqlite3
import struct
import subprocess
import tarfile
import threading

from folders import mounted, summary
from harness import (LOCAL, Skip, check, check_status, finish, main, run,
                     shut_in, start, test, wait_until)
from pictures import png
from server import Server, body, held

SHUT_DOWN = 0x8004587D  # _IOR('X', 125, __u32)
WRITE_NOTHING = 2
PICTURES = {f"/{i:02}.png": png(level=i) for i in range(60)}


def make_disk():
    with open("disk.img", "wb") as image:
        image.truncate(64 << 20)
    try:
        subprocess.run(["mkfs.ext4", "-q", "-F", "disk.img"], check=True,
                       capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        raise Skip("there is no mkfs.ext4 here")


def disk(image="disk.img"):
    return mounted("disk", "loop", "ext4", image)


def disk_after():
    """What the disk holds, as a disk of its own: while anybody else looks at the
    first one's loop device, that keeps blocks which were never written, and it
    would be taken again for the same file."""
    shutil.copyfile("disk.img", "after.img")
    return disk("after.img")


def cut_power():
    folder = os.open("disk", os.O_RDONLY)
    try:
        fcntl.ioctl(folder, SHUT_DOWN, struct.pack("I", WRITE_NOTHING))
    except OSError as error:
        raise Skip(f"this file system cannot be shut down: {error}")
    finally:
        os.close(folder)


def ask(sql, folder="disk/run"):
    """Without a lock or a file of ours beside the books."""
    with contextlib.closing(sqlite3.connect(
            f"file:{folder}/run.db?mode=ro", uri=True)) as books:
        return books.execute(sql).fetchall()


def done():
    return {name for name, in ask("SELECT name FROM item WHERE state = 'done'")}


def done_so_far():
    try:
        return done()
    except sqlite3.OperationalError:  # it is being made
        return set()


def check_files(wanted):
    """Of each item that is done all files are whole."""
    check(wanted <= done(), "items are lost:", wanted - done())
    for folder, name, size in ask(
            "SELECT folder, file.name, size FROM file"
            " JOIN item ON item.id = file.item WHERE state = 'done'"):
        is_original = folder == "originals"
        with open(f"disk/run/{'images' if is_original else 'processed_images'}"
                  f"/{name}", "rb") as file:
            data = file.read()
        check(len(data) == size, name, len(data), size)
        if is_original:
            check(data == PICTURES["/" + name], name, "has other bytes")


def check_archives():
    """Of each item that was moved into one, the picture is in it."""
    for name, count in ask("SELECT shard.name, count(*) FROM item"
                           " JOIN shard ON shard.id = item.shard GROUP BY 1"):
        with tarfile.open(f"disk/run/shards/{name}") as archive:
            originals = [archive.extractfile(member).read()
                         for member in archive if
                         re.fullmatch(r"\d\d\.png", member.name)]
        check(len(originals) == count, name, len(originals), count)
        check(set(originals) <= set(PICTURES.values()), name)


def one_cut(command, gate):
    """Returns what had been done before it."""
    with disk():
        process = start(*command)
        wait_until(lambda: process.poll() is not None or
                   len(done_so_far()) >= 20 and ("tar" not in command or
                                          ask("SELECT 1 FROM shard")))
        before = done_so_far()
        cut_power()
        gate.set()
        ended = finish(process)
        check(ended.status == 3, "it did not see the end of its disk:", ended)
    return before


def check_policy(sync, *options):
    """The last ones come only after the cut, whatever else takes its time."""
    make_disk()
    gate = threading.Event()
    with Server() as server:
        for i, (path, data) in enumerate(PICTURES.items()):
            route = body(data, delay=0.01 * i)
            server.add(path, route if i < 40 else held(gate, route))
        command = ("thumbs", LOCAL, "--sync", sync, "--widths", "16",
                   *options, "--out", "disk/run", "--per-host", "60",
                   *(server.url + path for path in PICTURES))
        before = one_cut(command, gate)
        with disk_after():
            check_files(before)
            check_archives()
            there = done()
            server.seen.clear()
            check_status(run(*command), 0)
            check(summary("disk/run")["done"] == len(PICTURES))
            again = {path[1:] for path in server.seen} & there
            check(not again, "what was done was fetched again:", again)
            check_files(set())
            check_archives()


@test
def a_power_cut_takes_nothing_that_was_done():
    check_policy("batch")


@test
def a_power_cut_takes_nothing_that_was_moved_into_archives():
    check_policy("item", "--format", "tar", "--shard-items", "5")


if __name__ == "__main__":
    shut_in()
    main()
