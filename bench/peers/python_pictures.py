#!/usr/bin/python3
"""python_pictures.py --work thumbs3|256|edges|pure-edges|none --out FOLDER LIST

The jobs of `starling thumbs`, `edges` and `run --op none`, written the way a
competent Python user writes them: aiohttp downloads, a ProcessPoolExecutor with
Pillow (edges: and numpy) works on each picture as soon as it is there. The
pure edges are traced pixel by pixel, as a textbook has it. Prints one JSON
object with the number of pictures done.
"""
import argparse
import asyncio
import json
import os
from concurrent.futures import ProcessPoolExecutor
from io import BytesIO

import aiohttp

AT_ONCE = 128
WIDTHS = (32, 64, 200)
EDGE_THRESHOLD = 30


def start_worker():
    global Image, np
    import numpy as np
    from PIL import Image


def thumbs3(data, stem):
    for width in WIDTHS:
        picture = Image.open(BytesIO(data))
        picture.draft("RGB", (2 * width, 2 * width))
        height = max(1, picture.height * width // picture.width)
        picture.convert("RGB").resize((width, height), Image.LANCZOS).save(
            f"{stem}_{width}.jpg", quality=85)


def box256(data, stem):
    picture = Image.open(BytesIO(data)).convert("RGB")
    picture.thumbnail((256, 256), Image.LANCZOS)
    picture.save(f"{stem}_256x256.jpg", quality=95)


def edges(data, stem):
    pixels = np.asarray(Image.open(BytesIO(data)).convert("RGB"), np.int16)
    total = np.zeros(pixels.shape[:2], np.int32)
    count = np.zeros_like(total)
    right = np.abs(pixels[:, 1:] - pixels[:, :-1]).sum(2)
    below = np.abs(pixels[1:] - pixels[:-1]).sum(2)
    total[:, :-1] += right
    total[:-1] += below
    count[:, :-1] += 1
    count[:-1] += 1
    strength = total // np.maximum(count, 1)
    made = np.where(strength > EDGE_THRESHOLD, 255, 0).astype(np.uint8)
    save_edges(Image.fromarray(made), stem)


def save_edges(made, stem):
    made.save(os.path.join(
        os.path.dirname(stem), "edges_" + os.path.basename(stem) + ".jpg"),
        quality=85)


def difference(a, b):
    return abs(a[0] - b[0]) + abs(a[1] - b[1]) + abs(a[2] - b[2])


def pure_edges(data, stem):
    picture = Image.open(BytesIO(data)).convert("RGB")
    width, height = picture.size
    pixels = picture.load()
    made = Image.new("L", picture.size)
    out = made.load()
    for y in range(height):
        for x in range(width):
            own, total, count = pixels[x, y], 0, 0
            if x + 1 < width:
                total += difference(own, pixels[x + 1, y])
                count += 1
            if y + 1 < height:
                total += difference(own, pixels[x, y + 1])
                count += 1
            if count > 0 and total // count > EDGE_THRESHOLD:
                out[x, y] = 255
    save_edges(made, stem)


WORKS = {"thumbs3": thumbs3, "256": box256, "edges": edges,
         "pure-edges": pure_edges, "none": None}


async def one(session, gate, pool, work, url, out):
    name = url.rsplit("/", 1)[1]
    async with gate, session.get(url) as response:
        response.raise_for_status()
        data = await response.read()
    with open(os.path.join(out, "images", name), "wb") as file:
        file.write(data)
    if work is not None:
        await asyncio.get_running_loop().run_in_executor(
            pool, work, data, os.path.join(out, "made", name[:-4]))
    return 1


async def run(options, urls, pool):
    gate = asyncio.Semaphore(AT_ONCE)
    connector = aiohttp.TCPConnector(limit=AT_ONCE)
    async with aiohttp.ClientSession(connector=connector) as session:
        return sum(await asyncio.gather(*(
            one(session, gate, pool, WORKS[options.work], url, options.out)
            for url in urls)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", choices=list(WORKS), required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("list")
    options = parser.parse_args()
    for folder in ("images", "made"):
        os.makedirs(os.path.join(options.out, folder))
    with open(options.list) as file:
        urls = file.read().split()
    with ProcessPoolExecutor(initializer=start_worker) as pool:
        done = asyncio.run(run(options, urls, pool))
    print(json.dumps({"done": done}))


if __name__ == "__main__":
    main()
