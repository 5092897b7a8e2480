"""New vectors are stored as those of their class are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.ml.linalg import SparseVector, Vectors, VectorUDT
from pyspark.mllib import linalg as old
from pyspark.sql import types as T

from spark_smote import SMOTE
from spark_smote.errors import SchemaError
from spark_smote.plans.vectors import stored

SCHEMA = T.StructType([T.StructField("v", VectorUDT()), T.StructField("label", T.StringType())])


def vector(i):
    return Vectors.sparse(8, {i % 3: 1.0 + i, 5: 2.0 + i % 4})


def new_vectors(spark, rows, **params):
    plan = SMOTE(featuresCol="v", kNeighbors=3, recallQueries=0, **params).plan(
        spark.createDataFrame(rows, SCHEMA).coalesce(1)
    )
    assert plan.synthetic().dtypes == [("v", "vector"), ("label", "string")]
    return {label: [r.v for r in plan.synthetic().collect() if r.label == label] for label in "ab"}


def test_new_rows_are_sparse_where_all_of_their_class_are(spark):
    """Class a is sparse, class b has one dense row; each has 2 to 4 of 8 values filled."""
    rows = [(vector(i), "a") for i in range(9)]
    rows += [(vector(i), "b") for i in range(8)] + [(Vectors.dense(vector(8).toArray()), "b")]
    rows += [(vector(i), "c") for i in range(40)]
    new = new_vectors(spark, rows)

    assert [len(found) for found in new.values()] == [31, 31]
    for found in new["a"]:
        filled = found.numNonzeros()
        assert 2 <= filled <= 3
        assert isinstance(found, SparseVector) == (1.5 * (filled + 1) < 8)
    assert {type(found) for found in new["a"]} == {SparseVector}
    assert not any(isinstance(found, SparseVector) for found in new["b"])


def test_rows_that_are_nearly_full_are_stored_dense_even_in_a_sparse_class(spark):
    full = [(Vectors.sparse(4, {0: 1.0 + i, 1: 2.0, 2: 3.0 * i + 1}), "a") for i in range(9)]
    rows = [*full, *[(vec, "b") for vec, _ in full], *[(full[0][0], "c")] * 12]
    new = new_vectors(spark, rows)

    assert not any(isinstance(found, SparseVector) for found in new["a"] + new["b"])


@given(
    rows=st.integers(1, 6),
    width=st.integers(1, 12),
    share=st.floats(0, 1),
    seed=st.integers(0, 99),
    storage=st.sampled_from(["dense", "sparse"]),
)
def test_stored_vectors_hold_the_matrix_by_the_rule_of_spark(rows, width, share, seed, storage):
    random = np.random.default_rng(seed)
    matrix = random.normal(size=(rows, width)) * (random.random((rows, width)) < share)
    column = stored(matrix, storage)
    column.validate(full=True)

    for found, row in zip(column.to_pylist(), matrix, strict=True):
        filled = np.flatnonzero(row)
        if storage == "sparse" and 1.5 * (len(filled) + 1) < width:
            expected = (0, width, filled.tolist(), row[filled].tolist())
        else:
            expected = (1, None, None, row.tolist())
        assert tuple(found.values()) == expected


def test_vectors_of_the_old_library_are_refused_by_their_module(spark):
    schema = T.StructType([T.StructField("v", old.VectorUDT()), SCHEMA["label"]])
    table = spark.createDataFrame([(old.Vectors.dense([1.0]), "a")], schema)

    with pytest.raises(SchemaError, match=r"featuresCol 'v'.*pyspark\.mllib.*pyspark\.ml or"):
        SMOTE(featuresCol="v").plan(table)
