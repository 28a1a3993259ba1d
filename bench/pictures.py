#!/usr/bin/python3
"""pictures.py [--rounds N] [--share N] [--long] [NAME...]

The tool beside a bare loop and other programs on the same drawn photos, served
on loopback without and with 50 ms before each answer. `pipeline` calls this.
Lines are NAME<TAB>VALUE<TAB>UNIT, medians of rounds that take turns. Names:

    small-thumbs3   1 000 JPEGs of about 640x480 to 32, 64 and 200 wide
    photo-thumbs3   200 of about 1920x1080
    small-256       1 000 into a box of 256
    photo-edge      100 of about 1920x1080, their edges
    download        3 000 small files to disk, nothing else
    flat            time and memory a picture with 100, 1 000 and 10 000 of them
                    (--long: 100 000), files of this machine
    many            the same of small files that nobody decodes, 1 000 and 100 000

each followed by nothing for wall time, `.cpu` for processor time of all its
processes (trust it more where others share the machine), `.memory` for the most
memory of them together, `.main` for the private memory of the main process; the
same with `.floor` (libjpeg-turbo and straight loops, as many processes as
cores, files in memory, results not written), `.bare` (the same with the tool's
own loops, results written), `.python`, `.curl` (curl --parallel and vipsthumbnail, where they are
installed); `.vs-floor`, `.vs-bare`, `.vs-python`, `.vs-curl` are quotients, above 1 where
the tool is faster. `-50ms` behind the first word means with latency.
"""
import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
AT_ONCE = 128
PURE = 4  # pictures for a language that is not made for pixels
SAMPLE_S = 0.05

# name: pictures, how many, the bare loop's work, arguments of the tool, sizes
# for vipsthumbnail (None: nothing like it)
WORKLOADS = {
    "small-thumbs3": ("small", 1000, "thumbs3", ["thumbs"],
                      [("32x", 85), ("64x", 85), ("200x", 85)]),
    "photo-thumbs3": ("photo", 200, "thumbs3", ["thumbs"],
                      [("32x", 85), ("64x", 85), ("200x", 85)]),
    "small-256": ("small", 1000, "256",
                  ["thumbs", "--size", "256x256", "--quality", "95"],
                  [("256", 95)]),
    "photo-edge": ("photo", 100, "edges", ["edges"], None),
    "download": ("small", 3000, None, ["run", "--op", "none"], []),
}
SETS = {"small": (3000, 640, 480), "photo": (200, 1920, 1080)}


class Memory(threading.Thread):
    """Most memory of a process and those below it, while it runs."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.all, self.main, self.over = pid, 0, 0, False

    def run(self):
        while not self.over:
            values = [self.read(pid) for pid in self.family(self.pid)]
            self.all = max(self.all, sum(pss for pss, _ in values))
            if values:
                self.main = max(self.main, values[0][1])
            time.sleep(SAMPLE_S)

    @staticmethod
    def read(pid):
        try:
            with open(f"/proc/{pid}/smaps_rollup") as file:
                fields = dict(line.split(":") for line in file
                              if line.count(":") == 1 and "kB" in line)
            return (int(fields["Pss"].split()[0]) / 1024,
                    int(fields["Anonymous"].split()[0]) / 1024)
        except (OSError, KeyError, ValueError):
            return 0, 0

    @classmethod
    def family(cls, pid):
        try:
            with open(f"/proc/{pid}/task/{pid}/children") as file:
                children = file.read().split()
        except OSError:
            children = []
        return [pid] + [p for c in children for p in cls.family(int(c))]


def cpu_s():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def measured(command, **options):
    """Run it; returns wall, cpu, memory."""
    before, begin = cpu_s(), time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, **options)
    memory = Memory(process.pid)
    memory.start()
    out = process.communicate()[0].decode()
    wall = time.monotonic() - begin
    memory.over = True
    memory.join()
    if process.returncode != 0:
        sys.exit(f"pictures: {command[0]} ended with {process.returncode}")
    return {"": wall, ".cpu": cpu_s() - before, ".memory": memory.all,
            ".main": memory.main}, out


class Bench:
    def __init__(self, build, folder, share):
        self.build, self.folder, self.number = build, folder, 0
        for name, (count, width, height) in SETS.items():
            count = max(100, count // share)
            subprocess.run([os.path.join(build, "bench/make_photos"),
                            os.path.join(folder, name), str(count), str(width),
                            str(height)], check=True)

    def fresh(self):
        """A new folder each time: ext4 is slow to reuse what was just removed,
        and that is nobody's merit. All go at the end."""
        self.number += 1
        return os.path.join(self.folder, f"out-{self.number}")

    def files(self, kind, count):
        folder = os.path.join(self.folder, kind)
        return [os.path.join(folder, name)
                for name in sorted(os.listdir(folder))[:count]]

    def list_of(self, url, kind, count):
        path = os.path.join(self.folder, f"{kind}-{count}.txt")
        with open(path, "w") as file:
            for name in self.files(kind, count):
                file.write(f"{url}/{kind}/{os.path.basename(name)}\n")
        return path

    def starling(self, arguments, where, done):
        out = self.fresh()
        command = [os.path.join(self.build, "tool/cmd/starling"), *arguments,
                   *where, "--out", out, "--quiet", "--progress", "off",
                   "--allow-private", "--downloads", str(AT_ONCE),
                   "--per-host", str(AT_ONCE)]
        part, _ = measured(command)
        with open(os.path.join(out, "summary.json")) as file:
            if json.load(file)["done"] != done:
                sys.exit("pictures: starling did not do all of them")
        return part

    def floor(self, work, files, plain):
        out = "-" if plain else self.fresh()
        if not plain:
            os.mkdir(out)
        begin = cpu_s()
        text = subprocess.run([os.path.join(self.build, "bench/bare_loop"),
                               *(["-s"] if plain else []), "-o", work, out,
                               *files],
                              stdout=subprocess.PIPE, check=True).stdout
        return {"": json.loads(text)["work_s"], ".cpu": cpu_s() - begin}

    def python(self, work, urls, done):
        part, out = measured([os.path.join(ROOT,
                                           "bench/peers/python_pictures.py"),
                              "--work", work, "--out", self.fresh(), urls])
        if json.loads(out)["done"] != done:
            sys.exit("pictures: the Python peer did not do all of them")
        return part

    def pure_python(self, url, kind, count):
        """A picture takes seconds, so a few stand for all of them."""
        part = self.python("pure-edges", self.list_of(url, kind, PURE), PURE)
        return {field: part[field] * count / PURE for field in ("", ".cpu")}

    def curl(self, sizes, urls):
        out = self.fresh()
        os.makedirs(os.path.join(out, "made"))
        script = ["set -e", 'sed "s/.*/url=\\"&\\"\\nremote-name/" "$1" >"$2/rc"',
                  'curl -sS --no-progress-meter --parallel --parallel-max 50 --output-dir "$2" '
                  '-K "$2/rc"']
        script += [f'find "$2" -maxdepth 1 -name "*.jpg" | VIPS_CONCURRENCY=1 '
                   f'xargs -P2 -n50 vipsthumbnail -s {size} '
                   f'-o "$2/made/%s_{size}.jpg[Q={quality}]"'
                   for size, quality in sizes]
        return measured(["sh", "-c", "\n".join(script), "sh", urls, out])[0]

    def serve(self, latency_ms):
        process = subprocess.Popen(
            [os.path.join(self.build, "tool/cmd/starling"), "serve",
             self.folder] + (["--latency", f"{latency_ms}ms"] if latency_ms
                             else []), stdout=subprocess.PIPE, text=True)
        for line in process.stdout:
            at = line.find("http://")
            if at >= 0:
                return process, line[at:].split()[0].rstrip("/")
        sys.exit("pictures: the server did not start")


def rows_of(bench, url, name, share, latency):
    """The programs of a workload, each as (suffix, function)."""
    kind, count, work, arguments, sizes = WORKLOADS[name]
    count = max(4, count // share)
    urls = bench.list_of(url, kind, count)
    rows = [("", lambda: bench.starling(arguments, ["--urls", urls], count)),
            (".python", lambda: bench.python(work or "none", urls, count))]
    if work is not None:
        files = bench.files(kind, count)
        rows.append((".floor", lambda: bench.floor(work, files, True)))
        rows.append((".bare", lambda: bench.floor(work, files, False)))
    if sizes is not None and shutil.which("curl") and \
            (not sizes or shutil.which("vipsthumbnail")):
        rows.append((".curl", lambda: bench.curl(sizes, urls)))
    if work == "edges" and not latency:
        rows.append((".pure-python",
                     lambda: bench.pure_python(url, kind, count)))
    return rows


def say(name, value, unit):
    print(f"{name}\t{value:.3f}\t{unit}", flush=True)


UNITS = {"": "s", ".cpu": "s", ".memory": "MiB", ".main": "MiB"}


def measure(bench, url, name, label, options):
    rows = rows_of(bench, url, name, options.share, label != name)
    samples = {}
    for _ in range(options.rounds):
        for suffix, run in rows:
            for field, value in run().items():
                samples.setdefault((suffix, field), []).append(value)
    medians = {key: statistics.median(v) for key, v in samples.items()}
    for (suffix, field), value in medians.items():
        if value > 0 or field in ("", ".cpu"):
            say(label + suffix + field, value, UNITS[field])
    for suffix, _ in rows[1:]:
        for field in ("", ".cpu"):
            say(f"{label}.vs-{suffix[1:]}{field}",
                medians[suffix, field] / medians["", field], "times")


def say_flat(name, count, part):
    say(f"{name}-{count}.per-picture", 1e3 * part[""] / count, "ms")
    say(f"{name}-{count}.per-picture.cpu", 1e3 * part[".cpu"] / count, "ms")
    say(f"{name}-{count}.memory", part[".memory"], "MiB")
    say(f"{name}-{count}.main", part[".main"], "MiB")


def flat(bench, options):
    """The same small pictures again and again, each a file of its own."""
    originals = bench.files("small", 100)
    folder = os.path.join(bench.folder, "many")
    os.mkdir(folder)
    made = 0
    for count in (100, 1000, 10000) + ((100000,) if options.long else ()):
        count = max(20, count // options.share)
        for made in range(made, count):
            with open(originals[made % 100], "rb") as file:
                data = file.read()
            with open(os.path.join(folder, f"p{made:06d}.jpg"), "wb") as file:
                file.write(data + made.to_bytes(8, "big"))
        made = count
        part = bench.starling(["thumbs"], [folder], count)
        say_flat("flat", count, part)


def many(bench, options):
    """Links to a few small files, since to make so many takes its time."""
    folder = os.path.join(bench.folder, "links")
    os.mkdir(folder)
    made = 0
    for count in (1000, 100000):
        count = max(20, count // options.share)
        for made in range(made, count):
            one = os.path.join(bench.folder, f"one-{made // 10000}")
            if not os.path.exists(one):
                with open(one, "wb") as file:
                    file.write(b"\xff\xd8\xff small\xff\xd9")
            os.link(one, os.path.join(folder, f"p{made:031d}.jpg"))
        made = count
        say_flat("many", count, bench.starling(["run", "--op", "none"],
                                               [folder], count))


def run_all(options, names):
    with tempfile.TemporaryDirectory(prefix="starling-bench-",
                                     dir=options.folder) as folder:
        bench = Bench(options.build, folder, options.share)
        for latency in (0, 50):
            server, url = bench.serve(latency)
            try:
                for name in WORKLOADS:
                    first, _, rest = name.partition("-")
                    label = name if latency == 0 else name + "-50ms"
                    if not names or label in names:
                        measure(bench, url, name, label, options)
            finally:
                server.terminate()
                server.wait()
        if not names or "flat" in names:
            flat(bench, options)
        if not names or "many" in names:
            many(bench, options)


NAMES = [n + s for n in WORKLOADS for s in ("", "-50ms")] + ["flat", "many"]


def add_options(parser):
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--share", type=int, default=1,
                        help="only this part of the pictures, for a look")
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--folder", help="where to work; the system's own")
    parser.add_argument("--build", default=os.path.join(ROOT, "build"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[1])
    add_options(parser)
    parser.add_argument("names", nargs="*", metavar="NAME")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in NAMES]
    if unknown:
        parser.error(f"no such row: {unknown[0]}; there are {', '.join(NAMES)}")
    run_all(options, options.names)


if __name__ == "__main__":
    main()
