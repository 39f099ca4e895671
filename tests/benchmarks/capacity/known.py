"""Parameters that are easy to reckon with: round ones, and nothing where a test names none."""

from dataclasses import fields

from benchmarks.capacity.parameters import Parameters


def known(**values: float) -> Parameters:
    return Parameters(**{field.name: values.get(field.name, 0.0) for field in fields(Parameters)})
