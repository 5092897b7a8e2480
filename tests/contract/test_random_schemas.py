"""Every sampler keeps its promises on tables of drawn columns, names, types and policies."""

from collections import Counter
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pyspark.sql import functions as F

from spark_smote.samplers import REGISTRY
from tests.contract.fitting import OF_SCHEMAS, has, params_for, with_levels

NUMBERS = {
    "tinyint": ["-128Y", "127Y", "-1Y", "0Y", "5Y", "77Y"],
    "smallint": ["-32768S", "32767S", "0S", "300S"],
    "int": ["-2147483648", "2147483647", "0", "9", "65536"],
    "bigint": ["-9007199254740992L", "9007199254740992L", "0L", "123456789012L"],
    "float": ["float(-0.0)", "float(0.1)", "float(-3.4e38)", "float(3.4e38)", "float(1e-45)"],
    "double": ["-0.0D", "0.1D", "-1e150D", "1e150D", "1e-300D", "3.7D"],
    "decimal(7,2)": ["-99999.99", "99999.99", "0.00", "0.01", "12345.67"],
}
OTHERS = {
    "double": ["double('NaN')", "-0.0D", "0D", "double('-Infinity')", "1.5D"],
    "float": ["float('NaN')", "float(-0.0)", "float(0.1)"],
    "bigint": ["9223372036854775807L", "-9223372036854775807L", "0L"],
    "decimal(38,18)": ["12345678901234567890.123456789012345678", "-0.000000000000000001"],
    "string": ["''", "' '", "'null'", "'é🦆'", "'a\\\\nb'", "'x'"],
    "boolean": ["true", "false"],
    "date": ["date'0001-01-01'", "date'9999-12-31'", "date'1969-12-31'"],
    "timestamp": ["timestamp'1969-12-31 23:59:59.999999'", "timestamp'2020-03-29 02:30:00'"],
    "timestamp_ntz": ["timestamp_ntz'2020-03-29 02:30:00.000001'", "timestamp_ntz'1582-10-10'"],
    "binary": ["X''", "X'00FF'", "X'41'"],
    "interval day to second": ["make_dt_interval(1, 2, 3, 4.000005)", "make_dt_interval(-9)"],
    "array<double>": ["array(double('NaN'), -0.0D, NULL)", "array()", "array(1D)"],
    "map<string,int>": ["map('a', 1, 'b', NULL)", "map()", "map('', 0)"],
    "struct<a:float,b:string>": [
        "named_struct('a', float(-0.0), 'b', NULL)",
        "named_struct('a', float('NaN'), 'b', 'x')",
    ],
}
LABELS = {
    "string": ["'01'", "' 1'", "'1 '"],
    "int": ["-1", "0", "7"],
    "decimal(3,2)": ["1.50", "-0.05", "0.00"],
    "date": ["date'0001-01-01'", "date'1970-01-01'", "date'9999-12-31'"],
}


@dataclass(frozen=True)
class Drawn:
    """A column as it was drawn."""

    name: str
    kind: str
    values: tuple[str, ...]
    policy: str | None
    """None for inputs."""
    nullable: bool
    salt: int

    @property
    def column(self):
        place = f"cast(pmod(xxhash64(id, {self.salt}), {len(self.values)}) AS int)"
        listed = ", ".join(f"cast({value} AS {self.kind})" for value in self.values)
        value = F.expr(f"array({listed})[{place}]")
        if self.policy is None and self.nullable:  # a hole now and then
            value = F.when(F.expr(f"pmod(id + {self.salt}, 9) > 0"), value)
        elif not self.nullable:
            value = F.coalesce(value, F.expr(self.values[0]))
        return value.alias(self.name)


NAMES = st.text("aA.` é\u0308'\"🦆-;\n", min_size=1, max_size=5)


@st.composite
def columns(draw):
    """One to seven columns, the first of them an input."""
    names = draw(st.lists(NAMES, min_size=1, max_size=7, unique=True))
    drawn = []
    for number, name in enumerate(names):
        is_input = number == 0 or draw(st.booleans())
        pool = NUMBERS if is_input else OTHERS
        kind = draw(st.sampled_from(sorted(pool)))
        nullable = draw(st.booleans())
        policy = draw(st.sampled_from(["null", "copy"])) if nullable else "copy"
        values = tuple(pool[kind]) + (("NULL",) if nullable and not is_input else ())
        drawn.append(Drawn(name, kind, values, None if is_input else policy, nullable, number))
    return drawn


@st.composite
def tables(draw):
    """Columns, where the label stands among them, its type, and the rows per class."""
    drawn = draw(columns())
    sizes = draw(st.lists(st.integers(8, 22), min_size=2, max_size=3))
    kind = draw(st.sampled_from(sorted(LABELS)))
    return drawn, draw(st.integers(0, len(drawn))), kind, sizes


def built(spark, drawn, place, kind, sizes):
    cases, end = "", 0
    for value, rows in zip(LABELS[kind], sizes, strict=False):
        end += rows
        cases += f" WHEN id < {end} THEN cast({value} AS {kind})"
    label = F.expr(f"CASE{cases} END").alias("label")
    chosen = [each.column for each in drawn]
    return spark.range(0, end, 1, 1).select(*chosen[:place], label, *chosen[place:])


@pytest.mark.parametrize("method", OF_SCHEMAS)
@settings(
    max_examples=5,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],  # each example is a handful of jobs: too dear to shrink
    suppress_health_check=list(HealthCheck),
)
@given(table=tables())
def test_promises_hold_whatever_the_schema(spark, method, table):
    drawn, place, kind, sizes = table
    df = with_levels(method, built(spark, drawn, place, kind, sizes))
    carried = [each for each in drawn if each.policy]
    numbers = [each.name for each in carried if each.kind in ("double", "float", "bigint")]
    numbers += [each.name for each in carried if each.kind.startswith("decimal")]
    sampler = REGISTRY[method](
        **params_for(
            method,
            {
                "ignoreCols": numbers,
                "carryPolicy": {each.name: each.policy for each in carried},
                "handleInvalid": "skip",
                "seed": 3,
                "kNeighbors": 2,
                "onSmallClass": "reduce",
                "mNeighbors": 4,
                "onNoCandidates": "warn",
                "nNeighbors": 2,
            },
            df,
        )
    )
    plan = sampler.plan(df)
    output = plan.resampled()
    rows = [tuple(row) for row in output.collect()]
    given_rows = [tuple(row) for row in df.collect()]

    assert output.schema.fields[:-1] == df.schema.fields
    assert Counter(r[place] for r in rows) == Counter(
        {c.label: c.rows_after for c in plan.report.classes}
    )
    real = Counter(repr(row[:-1]) for row in rows if not row[-1])
    originals = Counter(map(repr, given_rows))
    assert real + Counter(repr(tuple(row)) for row in plan.removed().collect()) == originals
    for row in rows:
        if row[-1]:
            check_new_row(row, given_rows, drawn, place, interpolated=has(method, "inputCols"))
    elsewhere = sampler.resample(df.repartition(3).sortWithinPartitions(F.rand(1)))
    assert Counter(map(repr, map(tuple, elsewhere.collect()))) == Counter(map(repr, rows))


def check_new_row(row, given_rows, drawn, place, *, interpolated):
    """A new row holds, in every column, what its class and the column's policy allow."""
    own = [each for each in given_rows if each[place] == row[place]]
    positions = [i for i in range(len(drawn) + 1) if i != place]
    for i, column in zip(positions, drawn, strict=True):
        values = [each[i] for each in own]
        if column.policy == "null":
            assert row[i] is None
        elif column.policy == "copy" or not interpolated:
            assert repr(row[i]) in set(map(repr, values))
        else:
            known = [value for value in values if value is not None]
            copied = repr(row[i]) in set(map(repr, values))
            assert copied or min(known) <= row[i] <= max(known), column
