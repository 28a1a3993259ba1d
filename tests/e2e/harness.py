"""End-to-end tests: the built program, run as a user runs it.

A test is a function marked @test; its name is the promise it keeps. Each gets
a folder of its own and five minutes, after which what it has started is killed. The last line printed is the one
that scripts read: "N passed, N failed".
"""
import fcntl
import functools
import os
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import traceback

BUILD = os.environ.get("STARLING_BUILD", "build")
STARLING = os.path.abspath(os.path.join(BUILD, "tool/cmd/starling"))
with open(STARLING, "rb") as program:
    SANITIZED = b"libasan" in program.read()
SCALE = float(os.environ.get("TEST_TIME_SCALE", "1"))
LOCAL = "--allow-private"
TEST_LIMIT_S = 300
_tests = []
_started = []  # processes of the test that runs


class Skip(Exception):
    """Raised with the reason why a test cannot be run here."""


def test(function):
    _tests.append(function)
    return function


def test_of_time(function):
    """A promise about how long something takes. A busy machine can keep us
    from seeing that it is kept, so it may try five times."""
    @functools.wraps(function)
    def often_enough():
        for _ in range(4):
            try:
                return function()
            except AssertionError:
                pass
        return function()
    return test(often_enough)


class Ended:
    """A program that has ended: status, out, err as text, seconds."""

    def __init__(self, process, out, err, seconds):
        self.status, self.out, self.err = process.returncode, out, err
        self.seconds = seconds
        self.session = process.pid

    def __repr__(self):
        return f"status {self.status}\nstdout:\n{self.out}\nstderr:\n{self.err}"


def environment(**extra):
    """What a test lets through: no key and no config of whoever runs it."""
    env = {"PATH": os.environ["PATH"], "HOME": os.getcwd(),
           "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8",
           "LSAN_OPTIONS": "print_suppressions=0"}
    for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
        if name in os.environ:
            env[name] = os.environ[name]
    env.update(extra)
    return env


def start(*arguments, env=None, before=(), **options):
    """`before`: words of the command line before the program's own."""
    options.setdefault("stdin", subprocess.DEVNULL)
    options.setdefault("stderr", subprocess.PIPE)
    process = subprocess.Popen([*before, STARLING, *arguments],
                               env=env or environment(),
                               stdout=subprocess.PIPE,
                               start_new_session=True, **options)
    _started.append(process)
    return process


def shell(command, env=None, **options):
    """A shell's way of starting it; "$S" is the program."""
    env = (env or environment()) | {"S": STARLING}
    return subprocess.run(["sh", "-c", command], capture_output=True, env=env,
                          encoding="utf-8", **options)


def wait_until(holds, what="what a test waits for", limit=180):
    deadline = time.monotonic() + limit * SCALE
    while not holds():
        check(time.monotonic() < deadline, f"not within {limit} s:", what)
        time.sleep(0.01)


def wait_for_words(process, words, limit=180):
    """Until a program that runs has said so on stderr."""
    deadline = time.monotonic() + limit * SCALE
    process.said = b""
    while words.encode() not in process.said:
        left = max(deadline - time.monotonic(), 0)
        ready, _, _ = select.select([process.stderr], [], [], left)
        check(ready, f"no '{words}' within {limit} s:", process.said.decode())
        piece = os.read(process.stderr.fileno(), 65536)
        check(piece, f"it ended without '{words}':", process.said.decode())
        process.said += piece


def heeds(process, number):
    """Whether a signal would not have its default effect on it."""
    with open(f"/proc/{process.pid}/status") as file:
        sets = [int(line.split()[1], 16) for line in file
                if line.startswith(("SigIgn:", "SigCgt:"))]
    return any(one >> (number - 1) & 1 for one in sets)


def finish(process, limit=180, input=None):
    begin = time.monotonic()
    try:
        out, err = process.communicate(input, timeout=limit * SCALE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
        raise AssertionError(f"not over after {limit} s\n{out}\n{err}")
    err = (getattr(process, "said", b"") + err).decode()
    if SANITIZED:  # true, and no news
        err = err.replace("starling: workers run without seccomp\n", "")
    return Ended(process, out.decode(), err, time.monotonic() - begin)


def run(*arguments, limit=180, input=None, **options):
    if input is not None:
        options["stdin"] = subprocess.PIPE
    return finish(start(*arguments, **options), limit, input)


def check(condition, *words):
    if not condition:
        raise AssertionError(" ".join(str(word) for word in words))


def check_status(ended, status):
    check(ended.status == status, f"expected status {status}, got", ended)


def check_nothing_lives(ended):
    """3 s after its end nothing of a run is alive. What has ended and was not
    collected yet is the business of process 1, which may take its time."""
    def is_empty():
        states = subprocess.run(["ps", "-o", "stat=", "-s", str(ended.session)],
                                capture_output=True, text=True).stdout
        return all(state.startswith("Z") for state in states.split())
    wait_until(is_empty, "the end of all processes of a run", limit=3)


def check_one_line(ended, *words):
    """One message on stderr that contains all the words."""
    lines = [line for line in ended.err.splitlines()
             if line.startswith("starling: ")]
    check(len(lines) == 1, "expected one message, got", ended)
    for word in words:
        check(word in lines[0], f"'{word}' is missing in", ended)


def _bring_loopback_up():
    with socket.socket() as one:
        request = bytearray(struct.pack("16sH14s", b"lo", 0, b""))
        fcntl.ioctl(one, 0x8913, request)  # SIOCGIFFLAGS
        flags = struct.unpack_from("H", request, 16)[0] | 1
        struct.pack_into("H", request, 16, flags)
        fcntl.ioctl(one, 0x8914, request)  # SIOCSIFFLAGS


def shut_in():
    """Go on inside of a network namespace of our own: then nothing here can
    reach any machine but this one, whatever the program does."""
    if os.environ.get("E2E_SHUT_IN"):
        _bring_loopback_up()
        return
    os.environ["E2E_SHUT_IN"] = "1"
    flags = "-n" if os.geteuid() == 0 else "-rn"
    works = subprocess.run(["unshare", flags, "true"], capture_output=True)
    if works.returncode != 0:
        print("skip: no network namespaces here, and none of this may run "
              "without\n0 passed, 0 failed, 1 skipped")
        sys.exit(0)
    os.execvp("unshare", ["unshare", flags, sys.executable] + sys.argv)


def _time_is_up(signo, frame):
    raise TimeoutError(f"not over after {TEST_LIMIT_S} s")


def _kill_what_is_left():
    while _started:
        process = _started.pop()
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _run_one(function, folder):
    os.chdir(folder)
    signal.signal(signal.SIGALRM, _time_is_up)
    signal.alarm(int(TEST_LIMIT_S * SCALE))
    try:
        function()
    except Skip as skip:
        print(f"skip {function.__name__}: {skip}")
        return "skipped"
    except BaseException as error:
        print(f"FAIL {function.__name__}: {error}")
        traceback.print_exc(limit=-3, file=sys.stdout)
        return "failed"
    finally:
        signal.alarm(0)
        _kill_what_is_left()
    return "passed"


def main():
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    home = os.getcwd()
    for function in _tests:
        if sys.argv[1:] and function.__name__ not in sys.argv[1:]:
            continue
        folder = tempfile.mkdtemp(prefix="starling-e2e-")
        begin = time.monotonic()
        counts[_run_one(function, folder)] += 1
        if os.environ.get("E2E_TIMES"):
            print(f"{time.monotonic() - begin:6.2f} s {function.__name__}")
        os.chdir(home)
        shutil.rmtree(folder, ignore_errors=True)
        sys.stdout.flush()
    line = f"{counts['passed']} passed, {counts['failed']} failed"
    if counts["skipped"]:
        line += f", {counts['skipped']} skipped"
    print(line)
    sys.exit(1 if counts["failed"] else 0)
