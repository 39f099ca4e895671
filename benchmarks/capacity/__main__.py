"""Fits the model to the benchmarks' results, simulates, and writes the tables of docs/capacity.md.

`--probe` first measures what the load benchmark does not (three minutes, with a Redis); `--check`
neither fits nor writes.
"""

import argparse
from dataclasses import asdict

from benchmarks import pages
from benchmarks.capacity import fit, measurements, parameters, probes, tables
from benchmarks.capacity.parameters import Parameters
from benchmarks.machine import pin_here

PAGE = "capacity.md"


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.capacity", description=__doc__)
    parser.add_argument("--probe", action="store_true", help="measure Redis and the kernel first")
    parser.add_argument("--check", action="store_true", help="print; fit nothing, write nothing")
    options = parser.parse_args()
    known, rows = parameters.load(), measurements.load_rows()
    if options.probe:
        pin_here()
        found = probes.measure(write_us=known.write_us)
        known = Parameters(**{**asdict(known), **found})
    if not options.check:
        known = fit.fit(known, rows)
        known.save()
        known = parameters.load()  # with the rounded values of the file
    for name, text in {
        "limits": tables.limits(known),
        "parameters": tables.parameters(known),
        "comparison": tables.comparison(known, rows),
        "million": tables.million(known),
        "storms": tables.storms(known),
        "million-counted": tables.million(known, reads_presence=False),
        "storms-counted": tables.storms(known, reads_presence=False),
    }.items():
        print(f"\n{text}")
        if not options.check:
            pages.put(PAGE, name, text)


if __name__ == "__main__":
    main()
