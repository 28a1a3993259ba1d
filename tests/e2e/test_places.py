#!/usr/bin/env python3
"""Where on the sky stars are, and the catalogue as a table of FITS.

What a header means is worked out here once more, by the formulas of Calabretta
and Greisen (2002) and of the SIP convention, so that no library judges itself.
astropy.wcs 5.2 says the same of all headers below, to 1e-13 degrees."""
import csv
import math
import struct

from folders import summary, write
from harness import check, check_status, main, run, test
from pictures import fits

SIDE = 200
NEAR = 1e-6  # degrees: x and y are told to 1e-4 pixels of up to 0.01

BASE = {"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 83.82,
        "CRVAL2": -5.39, "CRPIX1": 90.25, "CRPIX2": 110.5, "CDELT1": -0.002,
        "CDELT2": 0.002}
CD = {"CDELT1": None, "CDELT2": None, "CD1_1": -0.0018, "CD1_2": 0.0007,
      "CD2_1": 0.0007, "CD2_2": 0.0018}
SIP = {"CTYPE1": "RA---TAN-SIP", "CTYPE2": "DEC--TAN-SIP", "A_ORDER": 3,
       "B_ORDER": 2, "A_2_0": 2e-5, "A_1_1": -1e-5, "A_0_3": 1e-7,
       "B_0_2": 3e-5, "B_1_1": 1e-5}


def by(code):
    return {"CTYPE1": "RA---" + code, "CTYPE2": "DEC--" + code}


HEADERS = {
    **{code.lower(): {**by(code), "CDELT1": -0.01, "CDELT2": 0.01}
       for code in ("TAN", "SIN", "ARC", "ZEA", "STG")},
    "car": {**by("CAR"), "CRVAL2": 0.0, "CDELT1": -0.01, "CDELT2": 0.01},
    "cd": CD,
    "one-sided": {**CD, "CD1_1": 0.0018},  # not mirrored, as a sketch has it
    "pc": {"PC1_1": 0.8, "PC1_2": -0.6, "PC2_1": 0.6, "PC2_2": 0.8},
    "crota": {"CROTA2": 33.0},
    "sip": {**CD, **SIP},
    "lonpole": {"LONPOLE": 150.0},
    "seam": {"CRVAL1": 0.03},
    "seam-west": {"CRVAL1": 359.97, **CD},
    "pole": {"CRVAL1": 12.0, "CRVAL2": 90.0},
    "near-pole": {"CRVAL1": 300.0, "CRVAL2": 89.95, **CD},
    "south": {"CRVAL2": -89.97, "CRVAL1": 7.0},
    "south-sin": {**by("SIN"), "CRVAL2": -90.0},
}
WITHOUT = {
    "plain": {name: None for name in BASE},
    "ecliptic": {"CTYPE1": "ELON-TAN", "CTYPE2": "ELAT-TAN"},
    "mixed": {"CTYPE2": "DEC--SIN"},
    "unknown": by("XYZ"),
    "flat": {**CD, "CD1_1": 0.0, "CD1_2": 0.0},
}


def header(changes):
    return {name: value for name, value in {**BASE, **changes}.items()
            if value is not None}


def with_header(data, values):
    cards = [data[i:i + 80] for i in range(0, 2880, 80)]
    cards = cards[:cards.index(b"END".ljust(80))]
    for name, value in values.items():
        text = f"'{value}'" if isinstance(value, str) else repr(value)
        cards.append(f"{name:8}= {text:>20}".ljust(80).encode())
    cards.append(b"END".ljust(80))
    head = b"".join(cards)
    return head + b" " * (-len(head) % 2880) + data[2880:]


def plane(h, x, y):
    """Intermediate coordinates, in degrees, of a pixel counted from 0."""
    u, v = x + 1 - h["CRPIX1"], y + 1 - h["CRPIX2"]

    def bent(axis):
        return sum(value * u ** int(name[2]) * v ** int(name[4])
                   for name, value in h.items()
                   if name[:2] == axis and name[2:3].isdigit())
    if h["CTYPE1"].endswith("SIP"):
        u, v = u + bent("A_"), v + bent("B_")
    if "CD1_1" in h:
        return (h["CD1_1"] * u + h["CD1_2"] * v, h["CD2_1"] * u + h["CD2_2"] * v)
    turn = math.radians(h.get("CROTA2", 0))
    dx, dy = h["CDELT1"], h["CDELT2"]
    if turn:
        return (dx * u * math.cos(turn) - dy * v * math.sin(turn),
                dx * u * math.sin(turn) + dy * v * math.cos(turn))
    return (dx * (h.get("PC1_1", 1) * u + h.get("PC1_2", 0) * v),
            dy * (h.get("PC2_1", 0) * u + h.get("PC2_2", 1) * v))


def native(code, x, y):
    """Longitude and latitude about the projection's own pole."""
    r = math.radians(math.hypot(x, y))
    theta = {"TAN": lambda: math.atan2(1, r), "SIN": lambda: math.acos(r),
             "ARC": lambda: math.pi / 2 - r,
             "ZEA": lambda: math.pi / 2 - 2 * math.asin(r / 2),
             "STG": lambda: math.pi / 2 - 2 * math.atan(r / 2)}[code]()
    return math.atan2(x, -y), theta


def sky_place(h, x, y):
    x, y = plane(h, x, y)
    code = h["CTYPE1"][5:8]
    if code == "CAR":
        return (h["CRVAL1"] + x) % 360, y
    phi, theta = native(code, x, y)
    pole_ra, pole = math.radians(h["CRVAL1"]), math.radians(h["CRVAL2"])
    phi -= math.radians(h.get("LONPOLE", 0 if h["CRVAL2"] >= 90 else 180))
    ra = pole_ra + math.atan2(
        -math.cos(theta) * math.sin(phi),
        math.sin(theta) * math.cos(pole)
        - math.cos(theta) * math.sin(pole) * math.cos(phi))
    sine = (math.sin(theta) * math.sin(pole)
            + math.cos(theta) * math.cos(pole) * math.cos(phi))
    across = math.hypot(math.sin(theta) * math.cos(pole)
                        - math.cos(theta) * math.sin(pole) * math.cos(phi),
                        math.cos(theta) * math.sin(phi))
    return math.degrees(ra) % 360, math.degrees(math.atan2(sine, across))


def apart(a, b):
    """Degrees between two places."""
    (ra, dec), (other_ra, other_dec) = ([math.radians(v) for v in p]
                                        for p in (a, b))
    h = (math.sin((dec - other_dec) / 2) ** 2 + math.cos(dec)
         * math.cos(other_dec) * math.sin((ra - other_ra) / 2) ** 2)
    return math.degrees(2 * math.asin(math.sqrt(h)))


def read_table(name):
    """(columns by name: (format, unit), rows) of the first binary table."""
    with open(name, "rb") as file:
        data = file.read()
    check(len(data) % 2880 == 0, len(data))
    at, values = 0, {}
    for part in range(2):
        values = {}
        while "END" not in values:
            for card in (data[at + i:at + i + 80].decode("ascii")
                         for i in range(0, 2880, 80)):
                value = card[10:].partition(" / ")[0].strip(" '")
                values.setdefault(card[:8].strip(), value)
            at += 2880
    check(values["XTENSION"] == "BINTABLE" and values["EXTNAME"] == "STARS",
          values)
    columns = {}
    form = ">"
    for i in range(1, int(values["TFIELDS"]) + 1):
        kind = values[f"TFORM{i}"]
        columns[values[f"TTYPE{i}"]] = kind, values.get(f"TUNIT{i}", "")
        form += {"A": kind[:-1] + "s", "D": "d", "E": "f", "J": "i"}[kind[-1]]
    size, count = int(values["NAXIS1"]), int(values["NAXIS2"])
    check(struct.calcsize(form) == size, form, size)
    check(len(data) == at + -(-size * count // 2880) * 2880, len(data))
    rows = [dict(zip(columns, struct.unpack_from(form, data, at + i * size)))
            for i in range(count)]
    for row in rows:
        row["image"] = row["image"].rstrip(b"\0").decode()
    return columns, rows


def find_all():
    data, places = fits(12, side=SIDE)
    names = []
    for name, changes in {**HEADERS, **WITHOUT}.items():
        write(name + ".fits", with_header(data, header(changes)))
        names.append(name + ".fits")
    check_status(run("stars", *names), 0)
    return places, read_table("starling-run/stars.fits")


def check_against_csv(columns, rows):
    with open("starling-run/stars.csv", newline="") as file:
        reader = csv.DictReader(file)
        lines = list(reader)
    check(list(columns) == reader.fieldnames, columns, reader.fieldnames)
    check(len(lines) == len(rows), len(lines), len(rows))
    for line, row in zip(lines, rows):
        for name, text in line.items():
            value = row[name]
            if name == "image":
                same = value == text
            elif text == "":
                same = math.isnan(value)
            else:
                digits = len(text.partition(".")[2])
                same = abs(value - float(text)) <= 0.51 * 10 ** -digits
            check(same, name, text, value)


@test
def stars_of_a_header_with_coordinates_are_where_its_formulas_say():
    places, (columns, rows) = find_all()
    for name, changes in HEADERS.items():
        h = header(changes)
        found = [r for r in rows if r["image"] == name + ".fits"]
        check(len(found) == len(places), name, len(found))
        for row in found:
            off = apart((row["ra"], row["dec"]),
                        sky_place(h, row["x"], row["y"]))
            check(off < NEAR and 0 <= row["ra"] < 360, name, row, off)
            # And where they were drawn: pixels count from 0 at a centre.
            check(min(math.hypot(row["x"] - x, row["y"] - y)
                      for x, y in places) < 0.1, name, row)
    reasons = {item["name"]: item["sky"]["no_ra_dec"]
               for item in summary()["items"]}
    for name in WITHOUT:
        found = [r for r in rows if r["image"] == name + ".fits"]
        check(len(found) == len(places), name, len(found))
        check(all(math.isnan(r["ra"]) and math.isnan(r["dec"])
                  for r in found), name)
        check(reasons[name + ".fits"] != "", name)
    check(all(reasons[name + ".fits"] == "" for name in HEADERS), reasons)
    check({name: unit for name, (_, unit) in columns.items() if unit}
          == {"x": "pixel", "y": "pixel", "flux": "adu", "peak": "adu",
              "fwhm": "pixel", "a": "pixel", "b": "pixel", "theta": "rad",
              "ra": "deg", "dec": "deg"}, columns)
    check_against_csv(columns, rows)


if __name__ == "__main__":
    main()
