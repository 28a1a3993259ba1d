#!/usr/bin/python3
"""python_stars.py [--count N] [--out FOLDER] [--api-key K] BASE_URL

The job of `starling apod`, written the way a competent Python user writes it:
asyncio and aiohttp download, a ProcessPoolExecutor finds the stars with SEP and
marks them with OpenCV as soon as each picture is there. Prints one JSON object;
failures are named in it.

    total_s     from the start of the interpreter
    work_s      from the first request on, imports and pool start-up left out
    busy_s      waiting that the server asked for with Retry-After
"""
import time

STARTED = time.monotonic()

import argparse
import asyncio
import csv
import json
import os
import sys
from concurrent.futures import ProcessPoolExecutor

import aiohttp

MESH_PX = 64
THRESHOLD_SIGMA = 3.0
AREA_MIN_PX = 5
QUALITY = 90
PIXELS_MAX = 100 << 20
AT_ONCE = 16
RETRIES = 4
RETRY_STATUS = {408, 425, 429, 500, 502, 503, 504}


def start_worker():
    """Import once in each worker; one thread each, the pool is the parallelism."""
    global cv2, np, sep
    # Without this limit the demo's bomb takes all memory and with it the pool.
    os.environ["OPENCV_IO_MAX_IMAGE_PIXELS"] = str(PIXELS_MAX)
    import cv2
    import numpy as np
    import sep

    cv2.setNumThreads(1)
    sep.set_extract_pixstack(2_000_000)


def warm_up(_):
    time.sleep(0.02)  # long enough for every worker to get one of these
    return os.getpid()


def find_stars(path, marked_path):
    picture = cv2.imread(path, cv2.IMREAD_COLOR)
    if picture is None:
        raise ValueError("not a picture")
    light = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.float32)
    sky = sep.Background(light, bw=MESH_PX, bh=MESH_PX)
    sky.subfrom(light)
    stars = sep.extract(light, THRESHOLD_SIGMA, err=sky.globalrms,
                        minarea=AREA_MIN_PX)
    for star in stars:
        centre = int(star["x"] + 0.5), int(star["y"] + 0.5)
        radius = int(max(3, 3 * star["a"]))
        cv2.circle(picture, centre, radius, (0, 0, 255), 1)
    if not cv2.imwrite(marked_path, picture,
                       [cv2.IMWRITE_JPEG_QUALITY, QUALITY]):
        raise OSError(f"cannot write {marked_path}")
    return [(float(s["x"]), float(s["y"]), float(s["flux"]), float(s["peak"]),
             float(s["a"]), float(s["b"]), float(s["theta"])) for s in stars]


class Run:
    def __init__(self, session, pool, options):
        self.session, self.pool, self.options = session, pool, options
        self.at_once = asyncio.Semaphore(AT_ONCE)
        self.asked_to_wait_s = 0.0
        self.rows, self.failures, self.skipped, self.done = [], [], [], 0

    async def fetch(self, url):
        for attempt in range(RETRIES + 1):
            async with self.session.get(url) as response:
                if response.status not in RETRY_STATUS or attempt == RETRIES:
                    response.raise_for_status()
                    return await response.read()
                pause = float(response.headers.get("Retry-After", 2 ** attempt))
            self.asked_to_wait_s += pause
            await asyncio.sleep(pause)

    async def process(self, index, item):
        name = f"space_{index}.jpg"
        if item["media_type"] != "image":
            self.skipped.append(name)
            return
        path = os.path.join(self.options.out, "space_images", name)
        marked = os.path.join(self.options.out, "processed_images",
                              "detected_" + name)
        try:
            async with self.at_once:
                data = await self.fetch(item.get("hdurl") or item["url"])
            with open(path, "wb") as file:
                file.write(data)
            stars = await asyncio.get_running_loop().run_in_executor(
                self.pool, find_stars, path, marked)
        except Exception as error:  # one bad picture costs that picture
            self.failures.append(f"{name}: {error!r}")
            return
        self.done += 1
        self.rows += [(name, *star) for star in stars]

    async def run(self):
        base = self.options.base_url.rstrip("/")
        url = (f"{base}/planetary/apod?api_key={self.options.api_key}"
               f"&count={self.options.count}")
        items = json.loads(await self.fetch(url))
        await asyncio.gather(*(self.process(i, item)
                               for i, item in enumerate(items)))
        with open(os.path.join(self.options.out, "stars.csv"), "w",
                  newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("image", "x", "y", "flux", "peak", "a", "b",
                             "theta"))
            writer.writerows(self.rows)


async def work(pool, options):
    started = time.monotonic()
    async with aiohttp.ClientSession() as session:
        run = Run(session, pool, options)
        await run.run()
    return run, time.monotonic() - started


def parse_options():
    parser = argparse.ArgumentParser()
    parser.add_argument("base_url")
    parser.add_argument("--count", type=int, default=16)
    parser.add_argument("--out", default="python-stars")
    parser.add_argument("--api-key", default="DEMO_KEY")
    return parser.parse_args()


def main():
    options = parse_options()
    for folder in ("space_images", "processed_images"):
        os.makedirs(os.path.join(options.out, folder), exist_ok=True)
    cores = len(os.sched_getaffinity(0))
    with ProcessPoolExecutor(cores, initializer=start_worker) as pool:
        list(pool.map(warm_up, range(2 * cores)))
        run, work_s = asyncio.run(work(pool, options))
    # What the interpreter needed before its first line belongs to the total.
    with open("/proc/self/stat") as file:
        ticks = int(file.read().rsplit(")", 1)[1].split()[19])
    started_s = ticks / os.sysconf("SC_CLK_TCK")
    with open("/proc/uptime") as file:
        total_s = float(file.read().split()[0]) - started_s
    json.dump({"total_s": round(total_s, 3), "work_s": round(work_s, 3),
               "busy_s": run.asked_to_wait_s, "done": run.done,
               "failed": len(run.failures), "skipped": len(run.skipped),
               "stars": len(run.rows), "failures": run.failures}, sys.stdout)
    print()


if __name__ == "__main__":
    main()
