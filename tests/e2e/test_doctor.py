#!/usr/bin/env python3
"""Promises about machines: what they grant, and what they lack.

Layers are lacking for real here: their system calls are refused, to the program
and to all that it starts."""
import json
import os
import resource
import shutil
import subprocess

from folders import sky, summary
from harness import (BUILD, SANITIZED, STARLING, Skip, check, check_nothing_lives,
                     check_one_line, check_status, main, run, test)

WITHOUT = os.path.abspath(os.path.join(BUILD, "tests/sandbox/without"))
LAYERS = ["close_range", "rlimits", "capabilities", "no_new_privs", "landlock",
          "seccomp"]


def lacking(*layers):
    return (WITHOUT, ",".join(layers))


def examine(*arguments, **options):
    ended = run("doctor", "--json", *arguments, **options)
    return json.loads(ended.out), ended


def missing_layers(found):
    return [layer["name"] for layer in found["sandbox"]["layers"]
            if not layer["in_force"]]


@test
def doctor_tells_what_there_is_and_what_is_used():
    found, ended = examine()
    text = run("doctor")
    check_status(ended, 0)
    check_status(text, 0)
    check(text.err == "" and ended.err == "", text)
    check([layer["name"] for layer in found["sandbox"]["layers"]] == LAYERS)
    for word in LAYERS + ["cores granted", "memory granted", "open files",
                          "pidfd", "sealed memory", "guard regions",
                          "user namespaces", "/dev/shm", "Linux"]:
        check(text.out.count(f" {word} ") == 1, f"'{word}' in", text.out)
    check(all(len(line) <= 80 for line in text.out.splitlines()), text.out)
    check(found["sandbox"]["complete"] == (missing_layers(found) == []))
    check(found["cores"]["granted"] == len(os.sched_getaffinity(0)) or
          found["cores"]["granted"] < os.cpu_count(), found)
    check(0 < found["memory"]["granted"] <= found["memory"]["total"], found)
    check(found["run"]["workers"] == found["cores"]["granted"], found)
    check_nothing_lives(text)


@test
def doctor_names_each_layer_that_is_lacking():
    here = missing_layers(examine()[0])
    for layer in LAYERS:
        if SANITIZED and layer == "rlimits":
            continue  # the sanitizer does not begin without
        found, ended = examine(before=lacking(layer))
        check_status(ended, 0)
        check(missing_layers(found) == [one for one in LAYERS
                                        if one in here + [layer]], found)
        check(not found["sandbox"]["complete"])
    text = run("doctor", before=lacking("landlock")).out
    check("some layers are lacking" in text and "lsm=landlock" in text, text)


@test
def a_required_sandbox_is_refused_in_one_message_with_every_layer():
    sky()
    for command in (["doctor"], ["stars", "sky.fits"]):
        ended = run(*command, "--require-sandbox",
                    before=lacking("landlock", "seccomp", "capabilities"))
        check_status(ended, 2)
        check_one_line(ended, "lacks capabilities, landlock, seccomp",
                       "required")
        check(not os.path.exists("starling-run"), os.listdir())
        check_nothing_lives(ended)


@test
def a_lacking_layer_is_told_once_and_the_run_goes_on():
    sky("a.fits", seed=1)
    sky("b.fits", seed=2)
    names = [one for one in LAYERS
             if one in missing_layers(examine()[0]) + ["landlock"]]
    ended = run("stars", "--workers", "2", "a.fits", "b.fits",
                before=lacking("landlock"))
    check_status(ended, 0)
    check_one_line(ended, "workers run without " + ", ".join(names))
    check(summary()["done"] == 2)


@test
def a_required_sandbox_that_is_complete_changes_nothing():
    sky()
    if missing_layers(examine()[0]):
        raise Skip("layers are missing here")
    check_status(run("doctor", "--require-sandbox"), 0)
    with open("config.ini", "w") as file:
        file.write("require_sandbox = yes\n")
    ended = run("stars", "--config", "config.ini", "sky.fits")
    check_status(ended, 0)
    check("without" not in ended.err, ended)


@test
def doctor_sees_the_limits_of_whoever_asks():
    one = min(os.sched_getaffinity(0))

    def narrow():
        resource.setrlimit(resource.RLIMIT_NOFILE, (90, 90))
        os.sched_setaffinity(0, {one})

    found, ended = examine(preexec_fn=narrow)
    check_status(ended, 0)
    check(found["open_files"] == {"soft": 90, "hard": 90}, found)
    check(found["cores"]["granted"] == found["run"]["workers"] == 1, found)
    check(1 <= found["run"]["downloads"] < 30, found)


@test
def doctor_says_when_the_worker_program_is_missing():
    alone = shutil.copy(STARLING, "starling-alone")
    ended = subprocess.run([os.path.abspath(alone), "doctor"],
                           capture_output=True, text=True)
    check(ended.returncode == 5, ended)
    check("there is no starling-worker" in ended.stderr, ended)


if __name__ == "__main__":
    main()
