"""What a sampler needs beside what a test of all samplers gives it."""

from pyspark.sql import functions as F
from pyspark.sql import types as T

from spark_smote.samplers import REGISTRY

METHODS = sorted(REGISTRY)

ALIKE = {
    "borderline": "smote",
    "svmsmote": "smote",
    "adasyn": "smote",
    "kmeans_smote": "smote",
    "renn": "enn",
    "allknn": "enn",
    "ncr": "enn",
    "tomek": "enn",
    "oss": "enn",
    "nearmiss": "enn",
    "iht": "enn",
    "smote_tomek": "smote",
    "smote_enn": "smote",
    "random_under": "random_over",
    "polynomfit": "random_over",
}
"""Methods that look at a schema by the very code of another, which is tried on all of them."""

OF_SCHEMAS = [method for method in METHODS if method not in ALIKE]


def has(method, parameter):
    """Whether the sampler of this name takes a parameter."""
    return hasattr(REGISTRY[method], parameter)


def fitting(cases):
    """Each sampler with each case that concerns it."""
    return [(method, name) for method in OF_SCHEMAS for name in cases if fits(method, cases[name])]


def fits(method, case):
    """Whether it takes the case's parameters, or looks at the label only and so needs none."""
    if REGISTRY[method]()._columns().looks_at_inputs:
        return all(has(method, parameter) for parameter in (*case.params, *case.needs))
    # without inputs this policy would empty every column
    return case.of_label and case.params.get("carryPolicy") != "null"


def needs_levels(method):
    """Whether the sampler works on tables with nominal columns only."""
    return REGISTRY[method].needs_levels()


def with_levels(method, table):
    """The table, with a nominal column where the sampler works on such only."""
    return table.withColumn("a level", F.lit("one")) if needs_levels(method) else table


def params_for(method, params, table):
    """Those of the parameters that the sampler takes, with those that it needs too.

    One that interpolates nothing takes the numbers for levels that others interpolate.
    """
    taken = {name: value for name, value in params.items() if has(method, name)}
    if not needs_levels(method):
        return taken
    levels = ["a level"]
    if not has(method, "inputCols"):
        policies = params.get("carryPolicy")
        decided = {"label", *params.get("ignoreCols", ())}
        decided |= set(policies if isinstance(policies, dict) else ())
        numbers = [f.name for f in table.schema if isinstance(f.dataType, T.NumericType)]
        levels += [name for name in numbers if name not in decided]
    return {**taken, "nominalCols": levels}
