#!/usr/bin/python3
"""Bodies that servers compress, though they are told not to."""
import gzip
import os
import zlib

from folders import by_name, contents, summary
from harness import LOCAL, check, check_status, main, run, test
from pictures import fits, png
from server import Server, body

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


main()
