#!/usr/bin/python3
"""Bodies that servers compress, though they are told not to, and pictures that
are packed as they lie on disks."""
import bz2
import gzip
import hashlib
import os
import zlib

from folders import by_name, contents, summary, write
from harness import LOCAL, Skip, check, check_status, main, run, test
from pictures import fits, png
from server import Server, body

HAS_BZIP2 = os.environ.get("STARLING_BZIP2") != "false"
PACKED = {"gzip": gzip.compress, "deflate": zlib.compress}


def packed(data, encoding, pack):
    return body(pack(data), headers=[("Content-Encoding", encoding)])


@test
def a_compressed_picture_is_kept_and_worked_on_as_it_was():
    data, _ = fits()
    with Server() as server:
        for encoding, pack in PACKED.items():
            server.add(f"/{encoding}", packed(data, encoding, pack))
        ended = run("stars", LOCAL, *(f"{server.url}/{encoding}"
                                      for encoding in PACKED))
    check_status(ended, 0)
    check(contents("starling-run/images") == 2 * data, "other bytes")
    for item in summary()["items"]:
        check(item["bytes"] == len(data) and item["stars"] == 20, item)


@test
def it_is_asked_not_to():
    heard = []

    def listen(handler):
        heard.append(handler.headers["Accept-Encoding"])
        body(png())(handler)
    with Server() as server:
        server.add("/a.png", listen)
        check_status(run("thumbs", LOCAL, server.url + "/a.png"), 0)
    check(heard == ["identity"], heard)


@test
def without_operations_it_is_unpacked_as_well():
    with Server() as server:
        server.add("/a", packed(png(), "x-gzip", gzip.compress))
        ended = run("run", "--op", "none", LOCAL, server.url + "/a")
    check_status(ended, 0)
    check(os.listdir("starling-run/images") == ["a.png"], ended)
    check(contents("starling-run/images") == png(), "other bytes")


@test
def what_cannot_be_unpacked_fails_with_its_reason():
    whole = gzip.compress(png())
    ways = {
        "cut": ("gzip", whole[:-9]),
        "broken": ("gzip", whole[:20] + b"\xff\xff\xff" + whole[23:]),
        "more": ("gzip", whole + b"more"),
        "bomb": ("gzip", gzip.compress(png() + bytes(30 << 20))),
        "strange": ("snappy", whole),
        "twice": ("gzip, gzip", gzip.compress(whole)),
        "nothing": ("gzip", gzip.compress(b"")),
        "good": ("gzip", whole),
    }
    with Server() as server:
        for name, (encoding, data) in ways.items():
            server.add("/" + name, packed(data, encoding, bytes))
        ended = run("thumbs", LOCAL, "--max-bytes", "20M",
                    *(f"{server.url}/{name}" for name in ways))
    check_status(ended, 1)
    items = by_name()
    found = {name: items[name]["class"] for name in ways}
    check(found == {"cut": "truncated", "broken": "corrupt", "more": "corrupt",
                    "bomb": "too-large", "strange": "unsupported",
                    "twice": "unsupported", "nothing": "empty", "good": None},
          found, ended)
    check("over --max-bytes when unpacked" in items["bomb"]["reason"], items)
    check('"snappy"' in items["strange"]["reason"], items)


@test
def a_packed_picture_is_kept_as_it_came_and_worked_on():
    data, _ = fits()
    ways = {"a.fits.gz": gzip.compress(data), "b.fit.bz2": bz2.compress(data),
            "c": gzip.compress(data, 1)}
    kept = ["a.fits.gz", "b.fits.bz2", "c.fits.gz"]
    if not HAS_BZIP2:
        del ways["b.fit.bz2"], kept[1]
    os.mkdir("sky")
    write("sky/d.fits.gz", ways["a.fits.gz"])
    write("sky/notes.gz", gzip.compress(b"no picture"))
    digest = hashlib.sha256(ways["a.fits.gz"]).hexdigest()
    with Server() as server:
        for name, packed_data in ways.items():
            server.add("/" + name, body(packed_data, "application/gzip"))
        urls = [f"{server.url}/{name}" for name in ways]
        urls[0] += "#sha256=" + digest
        command = ["run", "--op", "stars", "--op", "thumbs", LOCAL, "sky", *urls]
        ended = run(*command)
        check_status(ended, 0)
        asked = len(server.seen)
        check_status(run(*command), 0)
        check(len(server.seen) == asked, "asked again", server.seen)
    check(sorted(os.listdir("starling-run/images")) == kept, ended)
    for name, packed_data in zip(kept, ways.values()):
        with open("starling-run/images/" + name, "rb") as file:
            check(file.read() == packed_data, "other bytes", name)
    for item in summary()["items"]:
        check(item["stars"] == 20, item)
    check("c_64.png" in os.listdir("starling-run/processed_images"), ended)


@test
def what_this_build_cannot_unpack_is_called_by_its_name():
    if HAS_BZIP2:
        raise Skip("this build reads bzip2")
    write("a.fits.bz2", bz2.compress(fits()[0]))
    check_status(run("stars", "a.fits.bz2"), 1)
    item, = summary()["items"]
    check(item["class"] == "unsupported" and "libbz2-dev" in item["reason"], item)


@test
def what_is_packed_and_no_picture_fails_with_its_reason():
    data, _ = fits()
    whole = gzip.compress(data)
    ways = {
        "cut": (whole[:-9], "truncated"),
        "broken": (whole[:2000] + b"\xff\xff\xff" + whole[2003:], "corrupt"),
        "bomb": (gzip.compress(data + bytes(30 << 20)), "too-large"),
        "twice": (gzip.compress(whole), "not-an-image"),
        "text": (gzip.compress(b"Dear diary"), "not-an-image"),
        "nothing": (gzip.compress(b""), "empty"),
        "good": (whole, None),
    }
    for name, (packed_data, _) in ways.items():
        write(name, packed_data)
    ended = run("thumbs", "--max-bytes", "20M", *ways)
    check_status(ended, 1)
    found = {name: item["class"] for name, item in by_name().items()}
    check(found == {name: kind for name, (_, kind) in ways.items()}, found,
          ended)


@test
def a_packed_picture_is_looked_into_without_operations_as_well():
    with Server() as server:
        server.add("/a", body(gzip.compress(png())))
        server.add("/b", body(gzip.compress(b"<html>")))
        ended = run("run", "--op", "none", LOCAL, server.url + "/a",
                    server.url + "/b")
    check_status(ended, 1)
    check(os.listdir("starling-run/images") == ["a.png.gz"], ended)
    check("within gzip: HTML page" in by_name()["b"]["reason"], ended)


main()
