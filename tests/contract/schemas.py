"""Schemas that tables have in the wild, as a list of cases that every sampler must stand."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pyspark.ml.linalg import Vectors, VectorUDT
from pyspark.sql import functions as F
from pyspark.sql import types as T

from spark_smote.errors import DataError, SchemaError
from tests.tables import unreadable

ROWS = 48
X = "id * 0.5D AS x"


def label_of_three(rare="'a'", few="'b'", many="'c'"):
    return f"CASE WHEN id < 12 THEN {rare} WHEN id < 28 THEN {few} WHEN id < {ROWS} THEN {many} END"


LABEL = label_of_three()


@dataclass(frozen=True)
class Case:
    """A table, how it is resampled, and what is said where it is refused."""

    table: Callable[[Any], Any]
    params: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    """Parameters of the samplers that it concerns, beside those it sets."""
    of_label: bool = True
    """Whether it concerns methods that look at the label only."""


@dataclass(frozen=True)
class Refusal(Case):
    """A case that no sampler can work on."""

    error: type[Exception] = SchemaError
    words: tuple[str, ...] = ()
    of_label: bool = False


def of(*columns, label=LABEL, names=None):
    """A table of SQL expressions over `id`, with the label in second place."""

    def make(spark):
        rows = spark.range(0, ROWS, 1, 2)
        table = rows.selectExpr(columns[0], f"{label} AS label", *columns[1:])
        return table.toDF(*names) if names else table

    return make


def unread(*columns):
    """A table whose rows must not be read."""
    return lambda spark: unreadable(spark, *columns)


NAMES = [
    "in.put", "label", "with space", "back`tick", "quo'te\"s", "naïve", "nai\u0308ve", "列",
    "🦆.🦆", " ", "a-b;c,d", "x\ty", "`", "select", "*",
]  # fmt: skip

OURS = [
    "base_id", "neighbour_id", "gap", "row_key", "key", "class", "features", "records", "partition",
    "task", "carried", "carry", "multiplicity", "home", "buckets", "valid", "rows", "usable",
    "lost", "dense", "size", "id", "made", "c0", "c1", "c2", "w0",
]  # fmt: skip


def named_awkwardly(spark):
    numbers = [f"cast(id % {i + 3} AS {kind})" for i, kind in enumerate(("int", "float") * 7)]
    return of(*numbers, names=NAMES)(spark)


def named_like_ours(spark):
    numbers = [f"id % {i + 5} * 1D AS {name}" for i, name in enumerate(OURS)]
    return of(*numbers)(spark)


def wide(spark):
    numbers = [f"cast(id % {2 + i % 7} AS {('int', 'double')[i % 2]}) AS n{i}" for i in range(299)]
    return of(*numbers)(spark)


def never_null(spark):
    """Every field non-nullable, metadata on all of them."""
    table = of(
        *("cast(id AS tinyint) AS i", "id * 1D AS x", "float(id) AS f", "'s' AS s"),
        *(
            "coalesce(cast(id AS decimal(9, 2)), 0.00BD) AS d",
            "array(id, 1) AS l",
            "named_struct('a', id) AS t",
        ),
        *("map('k', id) AS m", "id > 3 AS b", "date'2024-02-29' AS y"),
        label="IF(id < 12, 'a', 'b')",
    )(spark)
    assert not any(f.nullable for f in table.schema)
    return table.select(*[F.col(name).alias(name, metadata={"of": name}) for name in table.columns])


def vectors(form):
    """A column `v` of vectors of 8, few of them filled."""

    def make(spark):
        schema = T.StructType(
            [
                T.StructField("v", VectorUDT(), False, {"unit": "m"}),
                T.StructField("label", T.StringType()),
                T.StructField("n", T.IntegerType()),
            ]
        )
        rows = []
        for i in range(ROWS):
            sparse = Vectors.sparse(8, {i % 3: 1.0 + i, 5: 2.0 + i % 4})
            dense = form == "dense" or (form == "mixed" and i % 2)
            label = "a" if i < 12 else "b" if i < 28 else "c"
            rows.append((Vectors.dense(sparse.toArray()) if dense else sparse, label, i))
        return spark.createDataFrame(rows, schema)

    return make


def never_null_inside(elements):
    """A column `v` of arrays whose type says that they hold no null."""

    def make(spark):
        table = of(f"array({elements}) AS v")(spark)
        assert not table.schema["v"].dataType.containsNull
        return table

    return make


PACKED = {"featuresCol": "v"}
COPY = {"carryPolicy": "copy"}
CASE_SENSITIVE = {"spark.sql.caseSensitive": "true"}

ACCEPTED = {
    "awkward names": Case(named_awkwardly),
    "names like ours": Case(named_like_ours),
    "300 columns": Case(wide, needs=("boundsPolicy",), of_label=False),
    "names in two cases": Case(of(X, "id % 7 * 1D AS a", "id % 5 AS A", "'s' AS Label"), COPY),
    "names in two cases, told apart": Case(
        of(X, "id % 7 * 1D AS a", "id % 5 AS A", "'s' AS Label"), COPY, CASE_SENSITIVE
    ),
    "nothing may be null": Case(never_null, COPY),
    "boolean label": Case(of(X, "id % 3 AS n", label="id < 12")),
    "decimal label": Case(of(X, label=label_of_three("1.50", "1.05", "-0.10"))),
    "date label": Case(
        of(X, label=label_of_three("date'0001-01-01'", "date'1969-12-31'", "date'9999-12-31'"))
    ),
    "blanks in labels": Case(of(X, label=label_of_three("' a'", "'a '", "'a'"))),
    "zeros before labels": Case(of(X, label=label_of_three("'01'", "'1'", "'001'"))),
    "empty label": Case(of(X, label=label_of_three("''", "' '", "'null'"))),
    "label in Unicode": Case(of(X, label=label_of_three("'é'", "'e\u0301'", "'🦆'"))),
    "dense vectors": Case(vectors("dense"), PACKED),
    "sparse vectors": Case(vectors("sparse"), PACKED),
    "mixed vectors": Case(vectors("mixed"), PACKED),
    "carried vectors": Case(vectors("mixed"), {"inputCols": ["n"], **COPY}),
    "arrays of decimals": Case(
        never_null_inside("coalesce(cast(id % 9 AS decimal(5, 2)), 0.00BD), 123.45BD"), PACKED
    ),
    "arrays that may hold null": Case(
        of("array(nullif(cast(id % 9 AS decimal(5, 2)), NULL), nullif(1.50BD, NULL)) AS v"), PACKED
    ),
    "arrays of floats": Case(never_null_inside("float(id), float(1)"), PACKED),
    "arrays of bytes": Case(never_null_inside("coalesce(cast(id % 9 AS tinyint), 0Y), 1Y"), PACKED),
    "field names in two cases": Case(
        of(X, "named_struct('a', IF(id % 2 = 0, NULL, id), 'A', map('k', id)) AS s"), COPY
    ),
    "field names twice": Case(
        of(X, "nullif(named_struct('a', id, 'a', 's'), NULL) AS s"), {"carryPolicy": "null"}
    ),
    "collated text": Case(
        of(X, "IF(id % 2 = 0, 'A', 'a') COLLATE UTF8_LCASE AS s") if hasattr(T, "VariantType")
        else of(X, "'a' AS s"),
        COPY,
    ),
    "columns in columns, and of nothing": Case(
        of(
            *(X, "array(map('k', named_struct('l.m', array(id, NULL)))) AS deep"),
            *("array(NULL) AS void", "NULL AS nothing", "map(array(id), 1) AS m"),
        ),
        COPY,
    ),
    "years that Python does not know": Case(
        of(X, "date'+12345-01-01' AS far", "timestamp'-1234-01-01 00:00:00' AS past"), COPY
    ),
    "text of set length": Case(
        of(
            *(X, "cast('a' AS char(3)) AS c", "cast(id AS varchar(9)) AS v"),
            "array(named_struct('c', cast('b' AS char(3)))) AS deep",
            label="cast(IF(id < 12, 'a', 'bb') AS char(3))",
        ),
        COPY,
        {"spark.sql.preserveCharVarcharTypeInfo": "true"},
    ),
    "intervals of months": Case(
        of(X, "IF(id < 99, interval '1' month, NULL) AS y"), {"carryPolicy": "null"}
    ),
    "intervals of days": Case(
        of(X, "make_dt_interval(id, 1, 2, 3.000004) AS d", "interval '3' hour AS h"), COPY
    ),
}  # fmt: skip

if hasattr(T, "TimeType"):
    PLACE = "ST_GeogFromWKB(X'0101000000000000000000F03F0000000000000040')"
    ACCEPTED |= {
        "times": Case(of(X, "time'23:59:59.123456' AS t"), COPY),
        "places": Case(of(X, f"{PLACE} AS g", f"array({PLACE}) AS more"), COPY),
    }

REFUSED = {
    "marker there already": Refusal(
        unread(X, "id > 3 AS is_synthetic"), COPY,
        words=("'is_synthetic'", "syntheticCol"), of_label=True,
    ),
    "provenance there already": Refusal(
        unread(X, "id AS row_key"), {"provenance": True}, words=("'row_key'", "provenance=False")
    ),
    "name twice": Refusal(unread(X, X), words=("'x'", "more than once", "rename"), of_label=True),
    "timestamp label": Refusal(
        of(X, label="timestamp'2024-01-01 00:00:00'"),
        words=("labelCol", "timestamp", "string"), of_label=True,
    ),
    "label of an array": Refusal(
        of(X, label="array(1)"), words=("labelCol 'label'", "array<int>", "string"), of_label=True
    ),
    "field names twice, copied": Refusal(
        unread(X, "named_struct('a', id, 'a', id) AS s"), COPY, words=("'s'", "'copy'", "drop")
    ),
    "arrays of nothing, copied": Refusal(
        unread(X, "array() AS s"), COPY, words=("'s'", "array<void>", "'copy'", "cast")
    ),
    "intervals of months, copied": Refusal(
        unread(X, "interval '1' month AS y"), COPY, words=("'y'", "interval month", "'copy'")
    ),
    "features of text": Refusal(
        unread("array('a') AS v"), PACKED, words=("featuresCol 'v'", "array<string>", "inputCols")
    ),
    "null labels": Refusal(
        of(X, label="IF(id < 12, NULL, 'b')"), error=DataError,
        words=("labelCol 'label'", "null in 12 rows", "drop"), of_label=True,
    ),
    "NaN labels": Refusal(
        of(X, label="IF(id < 12, double('NaN'), 1)"), error=DataError,
        words=("labelCol 'label'", "NaN", "drop"), of_label=True,
    ),
    "label in the year 12345": Refusal(
        of(X, label="IF(id < 12, date'+12345-01-01', date'2024-01-01')"), error=DataError,
        words=("labelCol 'label'", "1 to 9999", "string"), of_label=True,
    ),
    "arrays of unequal length": Refusal(
        of("IF(id = 3, array(1D), array(1D, id)) AS v"), PACKED, error=DataError,
        words=("featuresCol 'v'", "from 1 to 2", "same number"),
    ),
    "arrays with null inside": Refusal(
        of("array(nullif(id, 3)) AS v"), PACKED, error=DataError,
        words=("featuresCol 'v'", "1 rows", "handleInvalid='skip'"),
    ),
    "empty arrays": Refusal(
        of("cast(array() AS array<double>) AS v"), PACKED, error=DataError,
        words=("featuresCol 'v'", "at least one"),
    ),
    "a decimal beyond a double": Refusal(
        of("cast('12345678901234567890123456789012345678' AS decimal(38, 0)) AS d"),
        needs=("inputCols",),
        error=DataError, words=("'d'", "decimal(38,0)", "double", "rescale"),
    ),
}  # fmt: skip

if hasattr(T, "VariantType"):
    REFUSED |= {
        "collated label": Refusal(
            of(X, label="IF(id < 12, 'A', 'b') COLLATE UTF8_LCASE"),
            words=("labelCol 'label'", "string collate UTF8_LCASE", "UTF8_BINARY"), of_label=True,
        ),
        "variant beside twins": Refusal(
            unread(X, "named_struct('a', parse_json('1'), 'A', 1) AS s"), COPY,
            words=("'s'", "variant", "rename"), of_label=True,
        ),
    }  # fmt: skip
