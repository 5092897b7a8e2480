"""Small awkward tables, and ways to compare what comes out of them.

Rows are made by expressions over a range, so they cost no Python worker and are the same in every
process.
"""

from collections import Counter
from contextlib import contextmanager

from pyspark.ml.functions import array_to_vector
from pyspark.sql import functions as F
from pyspark.sql import types as T

from spark_smote import SMOTE

BATCH_ROWS = "spark.sql.execution.arrow.maxRecordsPerBatch"


@contextmanager
def settings(spark, values):
    """Session settings for a while."""
    before = {key: spark.conf.get(key, None) for key in values}
    for key, value in values.items():
        spark.conf.set(key, value)
    try:
        yield
    finally:
        for key, value in before.items():
            if value is None:
                spark.conf.unset(key)
            else:
                spark.conf.set(key, value)


def uniform(number, of="id"):
    """SQL for a number in [0, 1) that depends on a column and on `number` alone."""
    return f"(shiftrightunsigned(xxhash64({of}, {number}), 11) / 9007199254740992D)"


def clustered(number):
    """SQL for a coordinate of a point in one of 19 small clusters."""
    return f"(20D * {uniform(number, 'id % 19')} + {uniform(number)})"


def label_of(sizes):
    """SQL that gives the first rows the first label, and so on; labels are SQL literals."""
    cases, end = "", 0
    for label, rows in sizes.items():
        end += rows
        cases += f" WHEN id < {end} THEN {label}"
    return f"CASE{cases} END"


def classes(spark, sizes, *columns, partitions=1):
    """A table of `{SQL literal: rows}`, with `id`, columns (by default x, y), `label`."""
    chosen = columns or (f"{clustered(1)} AS x", f"{clustered(2)} AS y")
    rows = spark.range(0, sum(sizes.values()), 1, partitions)
    return rows.selectExpr("nullif(id, -1) AS id", *chosen, f"{label_of(sizes)} AS label")


def points(spark, sizes, *columns, partitions=1):
    """The same without `id`."""
    return classes(spark, sizes, *columns, partitions=partitions).drop("id")


def counts(df, label="label"):
    """Rows per class."""
    return {row[0]: row[1] for row in df.groupBy(f"`{label}`").count().collect()}


def contents(df):
    """Every row with its names and exact values (NaN, -0.0 and nulls told apart), counted."""
    return Counter(map(repr, df.collect()))


def plain_texts(df, width, *kept):
    """Columns as they are, and the first `width` of them as one text and as flags of null.

    The text is exact (NaN, -0.0 and nulls told apart), and made by Spark alone: neither years nor
    types that Python does not know stand in its way.
    """
    frame = df.toDF(*[f"k{i}" for i in range(len(df.columns))])
    fields = df.schema.fields[:width]
    texts = [exact_text(F.col(f"k{i}"), f.dataType) for i, f in enumerate(fields)]
    nulls = [F.col(f"k{i}").isNull() for i in range(width)]
    return frame.select(
        *[F.col(f"k{i}") for i in kept],
        F.concat_ws("|", *[F.coalesce(text, F.lit("null")) for text in texts]).alias("text"),
        F.array(*nulls).alias("nulls"),
    )


def exact_text(column, kind):
    """A value as text; null where it is null."""
    if isinstance(kind, T.UserDefinedType):
        return F.unwrap_udt(column).cast("string")
    if type(kind).__name__ in ("GeometryType", "GeographyType"):
        return F.hex(F.st_asbinary(column))
    if isinstance(kind, T.ArrayType):
        return F.transform(column, lambda each: exact_text(each, kind.elementType)).cast("string")
    return F.hex(column) if isinstance(kind, T.BinaryType) else column.cast("string")


def fingerprint(df):
    """Order-free hash of all rows of a table without maps, as one small job."""
    frame = df.toDF(*[f"c{i}" for i in range(len(df.columns))])
    row = F.xxhash64(*[F.struct(F.col(c).isNull(), F.col(c)) for c in frame.columns])
    found = frame.select(row.alias("row")).agg(
        F.count("row"), F.bit_xor("row"), F.sum(F.shiftrightunsigned("row", 24))
    )
    return list(found.first())


def mixed_sizes(spark):
    """One class that is divided into buckets, one that is not, and one that receives nothing."""
    return points(
        spark,
        {"'a'": 300, "'b'": 9_000, "'z'": 9_300},
        f"{clustered(1)} AS x",
        f"{clustered(2)} AS y",
        f"cast({clustered(3)} AS float) AS w",
        f"cast(100 * {uniform(4)} AS int) AS n",
        "concat('t', id % 50) AS tag",
    )


def mixed_sizes_sampler(family):
    """What determinism is tested with: all that can vary is in the output."""
    return SMOTE(seed=7, hashFamily=family, carryPolicy="copy", provenance=True, recallQueries=32)


CARRIED = {
    "a.b": "CASE id % 4 WHEN 0 THEN double('NaN') WHEN 1 THEN double('-0.0') "
    "WHEN 2 THEN NULL ELSE id / 3D END",
    "a`b": "CASE id % 3 WHEN 0 THEN float('NaN') WHEN 1 THEN float('-0.0') ELSE float(id / 7) END",
    "with space": "IF(id % 3 = 0, NULL, concat(' s', id, ' '))",
    "naïve 列": "cast(concat(id, '.123456789012345678') AS decimal(38, 18))",
    "day": "IF(id % 5 = 0, date'0001-01-01', date_add(date'1969-12-28', cast(id AS int)))",
    "moment": "IF(id % 6 = 0, NULL, timestamp_micros(-1234567 + id * 86400000001))",
    "wall": "timestamp_ntz'2020-03-29 02:30:00.000001' + make_dt_interval(id)",
    "bytes": "IF(id % 5 = 0, NULL, unhex(lpad(hex(id), 4, '0')))",
    "list": "array(double('NaN'), double('-0.0'), NULL, id * 1D)",
    "dict": "map('k', array(id, NULL), concat('m', id), NULL)",
    "tree": "named_struct('leaf.x', named_struct('t', timestamp_micros(id), 'n', int(NULL)), "
    "'v', IF(id % 2 = 0, NULL, id))",
    "flag": "IF(id % 3 = 0, NULL, id % 2 = 0)",
    "span": "make_dt_interval(id, 1, 2, 3.000004)",
    "big": "9007199254740993 + id",
    # Names that an implementation may well use for itself.
    "class": "concat('c', id)",
    "key": "-id",
    "c0": "concat('c0', id)",
    "carry": "array(id)",
    "gap": "string(NULL)",
}
"""One column of every kind that can be carried, by a name that needs quoting or clashes."""

ML_ATTRIBUTES = {
    "ml_attr": {"attrs": {"numeric": [{"idx": 0, "name": "p"}, {"idx": 1, "name": "q"}]}}
}


def vector_column(*expressions):
    """A vector of SQL expressions, named `features`, with the attributes ML keeps about it."""
    values = F.array(*[F.expr(e).cast("double") for e in expressions])
    return array_to_vector(values).alias("features", metadata=ML_ATTRIBUTES)


def awkward(spark):
    """Every kind of carried column around two inputs, and a label in the middle."""
    carried = dict(CARRIED)
    if hasattr(T, "VariantType"):
        carried["any"] = """parse_json(concat('{"k": ', id, '}'))"""
    columns = [F.expr(sql).alias(name) for name, sql in carried.items()]
    half = len(columns) // 2
    return spark.range(0, 60, 1, 3).select(
        F.expr("nullif(concat('row ', id), '')").alias("the id"),
        F.expr("IF(id % 7 = 0, double('-0.0'), id * 0.25D)").alias("in.put"),
        *columns[:half],
        F.expr("IF(id < 14, ' 01 ', '1')").alias("the `label`"),
        *columns[half:],
        vector_column("id", "IF(id % 2 = 0, 0, -id)"),
        F.expr("cast(id % 11 AS smallint)").alias("In.Put", metadata={"unit": "m"}),
    )


AWKWARD_INPUTS = ["in.put", "In.Put"]
AWKWARD_LABEL = "the `label`"
AWKWARD_ID = "the id"


def unreadable(spark, *columns):
    """A table whose schema is plain and whose rows must not be read."""
    label = F.raise_error(F.lit("rows were read")).cast("int").alias("label")
    return spark.range(10).select(*[F.expr(c) for c in columns], label)


def overlapping_classes(spark):
    """Three classes that overlap, of which no row has an equal one: `x`, `y`, `tag`, `label`."""
    return points(
        spark,
        {"'a'": 400, "'b'": 150, "'c'": 250},
        f"{uniform(1)} + IF(id < 400, 0, 0.4) AS x",
        f"{uniform(2)} AS y",
        "concat('t', id) AS tag",
    )
