"""Small pictures made with nothing but the standard library, and FITS fields
with stars in them."""
import random
import struct
import zlib


def png(width=64, height=64, level=40):
    def chunk(kind, data):
        return (struct.pack(">I", len(data)) + kind + data +
                struct.pack(">I", zlib.crc32(kind + data)))
    rows = b"".join(b"\0" + bytes([level]) * width for _ in range(height))
    return (b"\x89PNG\r\n\x1a\n" +
            chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0,
                                       0)) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def fits(stars=20, side=200, seed=1):
    """A frame of noise with `stars` round stars; returns (bytes, places)."""
    rng = random.Random(seed)
    pixels = [[int(1000 + rng.gauss(0, 5)) for _ in range(side)]
              for _ in range(side)]
    places = []
    while len(places) < stars:
        x, y = (rng.uniform(12, side - 13) for _ in range(2))
        if any((x - a) ** 2 + (y - b) ** 2 < 300 for a, b in places):
            continue
        places.append((x, y))
        for j in range(int(y) - 8, int(y) + 10):
            for i in range(int(x) - 8, int(x) + 10):
                r2 = (i - x) ** 2 + (j - y) ** 2
                pixels[j][i] += int(2000 * 2.718281828 ** (-r2 / 5))
    cards = ["SIMPLE  =                    T", "BITPIX  =                   16",
             "NAXIS   =                    2", f"NAXIS1  = {side:20d}",
             f"NAXIS2  = {side:20d}", "END"]
    header = "".join(card.ljust(80) for card in cards).ljust(2880).encode()
    data = b"".join(struct.pack(f">{side}h", *row) for row in pixels)
    return header + data + b"\0" * (-len(data) % 2880), places
