#!/usr/bin/env python3
"""Who has read only the guide's first page can write what it teaches.

The programs are put together from the text of that page and nothing else, and
built with the command that it shows, but for where the library is: not
installed, in the build.
"""
import os
import re
import shlex
import subprocess

from programs import check, check_lines, main, test
from harness import BUILD, SANITIZED, Skip, environment

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
BUILD = os.path.abspath(BUILD)
with open(os.path.join(ROOT, "docs/guide/index.md")) as file:
    PAGE = file.read()


def blocks(kind):
    return re.findall(rf"^```{kind}\n(.*?)^```$", PAGE, re.M | re.S)


def program(name):
    found = blocks(f"c examples/{name}.c")
    check(len(found) == 1, f"one block of {name}.c, not", len(found))
    return found[0]


def command():
    """The words of the page's own way to build a program."""
    shown = next(line for block in blocks("console")
                 for line in block.replace("\\\n", "").split("\n")
                 if line.startswith("$ cc "))
    check("$(pkg-config --cflags --libs starling)" in shown, shown)
    return shlex.split(shown[2:].replace(
        "$(pkg-config --cflags --libs starling)", ""))


def library():
    folders = [os.path.join(BUILD, "src", room) for room in
               ("exec", "io", "time", "sync", "sched", "context", "base")]
    static = [os.path.join(folder, name) for folder in folders
              for name in os.listdir(folder) if name.endswith(".a")]
    return ["-I" + os.path.join(ROOT, "include"), "-Wl,--start-group", *static,
            "-Wl,--end-group", "-luv", "-lpthread"]


def build_and_run(text):
    if SANITIZED:
        raise Skip("the library wants a sanitizer that the page does not name")
    with open("mine.c", "w") as file:
        file.write(text)
    words = [os.path.join(ROOT, word) if word.startswith("examples/") else word
             for word in command()]
    words[words.index("-Iexamples")] = "-I" + os.path.join(ROOT, "examples")
    built = subprocess.run([*words, "-std=gnu17", "-D_GNU_SOURCE", "-Wall",
                            "-Wextra", "-Werror", *library()], text=True,
                           capture_output=True)
    check(built.returncode == 0 and not built.stderr, built.stderr)
    ran = subprocess.run(["./a.out", "--time-scale", "0.1"], text=True,
                         capture_output=True, env=environment(), timeout=60)
    check(ran.returncode == 0, ran)
    return re.sub(r"\d+\.\d+", "N", ran.stdout).split("\n")[:-1]


def shown(name):
    block = next(block for block in blocks("console")
                 if block.startswith(f"$ ./run example {name}\n"))
    return re.sub(r"\d+\.\d+", "N", block).split("\n")[1:-1]


@test
def the_sequential_program_is_whole_on_the_page():
    check_lines(build_and_run(program("example_2")), shown("example_2"))


@test
def the_concurrent_program_follows_from_the_page():
    before, _, after = re.match(r"(.*?)(static int app.*?^}$)(.*)",
                                program("example_2"), re.M | re.S).groups()
    check_lines(build_and_run(before + program("example_2_fixed") + after),
                shown("example_2_fixed"))


@test
def the_complete_program_is_complete():
    check_lines(build_and_run(program("together")), ["25"])


main()
