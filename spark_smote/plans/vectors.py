"""Vectors of Spark ML: how they are stored, and features as Arrow columns."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from pyspark.sql import Column
from pyspark.sql import functions as F

from spark_smote.kernels.distances import Floats, Ints
from spark_smote.plans.arrow import feature_lists

_INDICES = pa.list_(pa.field("element", pa.int32(), nullable=False))
_VALUES = pa.list_(pa.field("element", pa.float64(), nullable=False))


def is_dense(vector: Column) -> Column:
    """Whether a vector is stored dense; null where it is null."""
    return F.unwrap_udt(vector).getField("type") == 1


def stored(features: Floats, storage: str) -> pa.Array:
    """An (n, d) matrix as an Arrow column of lists, or of vectors as `VectorUDT` stores them.

    Parameters
    ----------
    storage : {"array", "dense", "sparse"}
        `array`: lists. `dense`: dense vectors. `sparse`: of each row the smaller vector by the rule
        of `Vector.compressed` in Spark, sparse where 1.5 * (non-zeros + 1) < d.
    """
    if storage == "array":
        return feature_lists(features)
    sparse = storage == "sparse"
    n, d = features.shape
    filled = features != 0
    non_zeros = filled.sum(axis=1)
    few = (1.5 * (non_zeros + 1.0) < d) & sparse
    kept = filled | ~few[:, None]
    values = pa.ListArray.from_arrays(
        _offsets(np.where(few, non_zeros, d)), pa.array(features[kept]), type=_VALUES
    )
    places = np.nonzero(filled & few[:, None])[1].astype(np.int32)
    indices = pa.ListArray.from_arrays(
        _offsets(np.where(few, non_zeros, 0)), pa.array(places), type=_INDICES, mask=pa.array(~few)
    )
    size = pa.array(np.full(n, d, dtype=np.int32), mask=~few)
    kind = pa.array(np.where(few, 0, 1).astype(np.int8))
    fields = [
        pa.field("type", pa.int8(), nullable=False),
        pa.field("size", pa.int32()),
        pa.field("indices", _INDICES),
        pa.field("values", _VALUES),
    ]
    return pa.StructArray.from_arrays([kind, size, indices, values], fields=fields)


def _offsets(lengths: Ints) -> pa.Array:
    return pa.array(np.concatenate([[0], np.cumsum(lengths)]), pa.int32())
