#!/usr/bin/python3
"""star_fields.py FOLDER [--pictures TIMES] [--stars TIMES] OPTION...

The simulator `make-fields` of FOLDER, which is no part of this repository, with its
pictures so many times as wide and high and its stars so many times as wide. All
else is as the simulator has it, each star's signal to noise as well: larger pictures
have more room between as many stars, smaller ones and those of wider stars less.
OPTION... are the simulator's own.
"""
import argparse
import importlib.machinery
import importlib.util
import os
import sys


def load_script(path):
    """A module from a script, which need not be named as modules are."""
    name = os.path.basename(path).replace("-", "_")
    loader = importlib.machinery.SourceFileLoader(name, path)
    module = importlib.util.module_from_spec(
        importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


def load(folder, pictures=1.0, stars=1.0):
    """The simulator as a module. Most of its families ask size() how large a
    picture is to be; the others say so to their Scene alone."""
    fields = load_script(os.path.join(folder, "make-fields"))
    asked, sized = fields.size, []

    def times(lengths):
        return tuple(int(pictures * length) for length in lengths)

    def size(*args, **how):
        sized[:] = [times(asked(*args, **how))]
        return sized[0]

    class Scene(fields.Scene):
        def __init__(self, rng, h, w, *args, fwhm=3.0, **how):
            if (h, w) not in sized:
                h, w = times((h, w))
            super().__init__(rng, h, w, *args, fwhm=stars * fwhm, **how)

    fields.size, fields.Scene = size, Scene
    return fields


def add_sizes(parser):
    """The options that load() is called with."""
    def positive(text):
        value = float(text)
        if not .1 <= value <= 10:
            raise argparse.ArgumentTypeError(f"{text} is not within 0.1 and 10")
        return value

    parser.add_argument("--pictures", type=positive, default=1.0, metavar="TIMES",
                        help="as wide and high as the simulator's (default 1)")
    parser.add_argument("--stars", type=positive, default=1.0, metavar="TIMES",
                        help="as wide as the simulator's (default 1)")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[1],
                                     allow_abbrev=False)
    parser.add_argument("folder")
    add_sizes(parser)
    options, others = parser.parse_known_args()
    fields = load(options.folder, options.pictures, options.stars)
    sys.argv[1:] = others
    fields.main()


if __name__ == "__main__":
    main()
