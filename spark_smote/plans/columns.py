"""What each column of a table is to a resample: resolved from the schema, or refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pyspark.ml.linalg import VectorUDT
from pyspark.sql import DataFrame
from pyspark.sql import types as T

from spark_smote.errors import SchemaError
from spark_smote.plans.carrying import check_policy
from spark_smote.plans.groups.identity import group_positions
from spark_smote.plans.levels import AUTO, listed, nominal_positions, refuse_numbers
from spark_smote.plans.named_columns import label_position, refuse_reserved, require_id
from spark_smote.plans.table import (
    INTEGER_TYPES,
    ColumnRequest,
    Table,
    column_position,
    neutral,
)
from spark_smote.results import ColumnRole


def resolve_columns(df: DataFrame, request: ColumnRequest) -> Table:
    """Give every column of `df` a role, or say which column has none and what to do.

    Raises
    ------
    SchemaError
        For a missing or unfit column, or columns left over without a policy.
    """
    if not request.looks_at_inputs:
        request = replace(request, input_cols=None, features_col=None, nominal_cols=())
    label = label_position(df, request.label_col)
    schema = df.schema
    names = schema.names
    refuse_reserved(names, request)
    id_position = (
        None if request.id_col is None else column_position(names, request.id_col, "idCol")
    )
    if id_position is not None:
        require_id(schema[id_position], request)
    for name in request.ignore_cols:
        column_position(names, name, "ignoreCols")
    nominal: tuple[int, ...] = ()
    inputs: tuple[int, ...] = ()
    groups: tuple[int, ...] = ()
    if request.looks_at_inputs:
        nominal = nominal_positions(schema, request, label, id_position)
        groups = group_positions(schema, request, {"labelCol": [label], "nominalCols": nominal})
        inputs = _inputs(schema, request, {label, id_position, *nominal, *groups})
    bounds = _bounds(schema, request, inputs)
    policies = _policies(schema, request, {label, id_position, *inputs, *nominal, *groups})
    policies |= dict.fromkeys(groups, "copy")
    roles = tuple(
        _role(
            schema[i],
            i,
            request,
            label=label,
            id_=id_position,
            inputs=inputs,
            nominal=nominal,
            groups=groups,
            policies=policies,
            bounds=bounds.get(i),
        )
        for i in range(len(names))
    )
    return Table(
        frame=neutral(df),
        schema=schema,
        request=request,
        label=label,
        inputs=inputs,
        id=id_position,
        copied=tuple(i for i, policy in policies.items() if policy == "copy"),
        roles=roles,
        nominal=nominal,
        bounds=bounds,
        groups=groups,
        given=df,
    )


def _inputs(
    schema: T.StructType, request: ColumnRequest, settled: set[int | None]
) -> tuple[int, ...]:
    """Columns to interpolate; `settled` are label, id and nominal columns."""
    if not request.interpolates:
        refuse_numbers(schema, request, settled)
        return ()
    names = [field.name for field in schema]
    if request.features_col is not None:
        position = column_position(names, request.features_col, "featuresCol")
        kind = schema[position].dataType
        numbers = isinstance(kind, T.ArrayType) and isinstance(kind.elementType, T.NumericType)
        if not (numbers or isinstance(kind, VectorUDT)):
            raise SchemaError(
                f"featuresCol {request.features_col!r} is of type {_described(kind)}; it must be "
                "a vector of pyspark.ml or an array of numbers; for several columns use inputCols"
            )
        chosen = [position]
    elif request.input_cols is not None:
        chosen = [column_position(names, name, "inputCols") for name in request.input_cols]
        if len(set(chosen)) < len(chosen):
            raise SchemaError(f"inputCols names a column twice: {list(request.input_cols)}")
        for i in chosen:
            _require_numeric(schema[i], request)
    else:
        chosen = [
            i
            for i, field in enumerate(schema)
            if isinstance(field.dataType, T.NumericType)
            and i not in settled
            and field.name not in {*request.ignore_cols, *request.along}
        ]
        if not chosen:
            raise SchemaError(
                "the table has no numeric column beside the label, idCol and ignoreCols; at "
                "least one is needed (name them with inputCols or featuresCol)"
            )
    for parameter, name in (("labelCol", request.label_col), ("idCol", request.id_col)):
        if name in [names[i] for i in chosen]:
            raise SchemaError(f"{parameter} {name!r} is also an input; leave it out of the inputs")
    ignored = [names[i] for i in chosen if names[i] in request.ignore_cols]
    if ignored:
        raise SchemaError(f"{ignored} are both inputs and in ignoreCols; choose one")
    if not chosen:
        raise SchemaError("inputCols is empty; name at least one numeric column, or leave it out")
    return tuple(chosen)


def _require_numeric(field: T.StructField, request: ColumnRequest) -> None:
    if isinstance(field.dataType, T.NumericType):
        return
    kind = field.dataType.simpleString()
    carried = " and give it a carryPolicy" if request.makes_rows else ""
    raise SchemaError(
        f"inputCols names {field.name!r} of type {kind}, which is no number; leave it "
        f"out{carried}, or cast it to a number if its values are quantities"
    )


def _bounds(
    schema: T.StructType, request: ColumnRequest, inputs: tuple[int, ...]
) -> dict[int, str]:
    """How each integer input comes back."""
    whole = [i for i in inputs if isinstance(_element(schema[i].dataType), INTEGER_TYPES)]
    given = request.bounds_policy
    if isinstance(given, str):
        return dict.fromkeys(whole, given)
    names = [field.name for field in schema]
    for name in given:
        position = column_position(names, name, "boundsPolicy")
        if position not in whole:
            raise SchemaError(
                f"boundsPolicy names {name!r} ({schema[position].dataType.simpleString()}), which "
                "is not an integer input; leave it out"
            )
    return {i: given.get(names[i], "round") for i in whole}


def _element(kind: T.DataType) -> T.DataType:
    return kind.elementType if isinstance(kind, T.ArrayType) else kind


def _described(kind: T.DataType) -> str:
    if isinstance(kind, T.UserDefinedType):
        return f"{kind.simpleString()} ({kind.module()})"
    return kind.simpleString()


def _policies(
    schema: T.StructType, request: ColumnRequest, settled: set[int | None]
) -> dict[int, str]:
    """Policy of each column that is neither label, input nor id, where new rows need one."""
    if not request.makes_rows:
        return {}
    names = [field.name for field in schema]
    given = request.carry_policy
    left_over = [i for i in range(len(names)) if i not in settled]
    if isinstance(given, Mapping):
        for name in given:
            if column_position(names, name, "carryPolicy") in settled:
                raise SchemaError(
                    f"carryPolicy names {name!r}, which is the label, an input, nominal, a "
                    "group column or the id; it is only for columns that are none of these"
                )
        policies = {i: given[names[i]] for i in left_over if names[i] in given}
    elif given is not None:
        policies = dict.fromkeys(left_over, given)
    else:
        policies = {}
    if request.copies_rows:
        policies = dict.fromkeys(left_over, "copy") | policies
    elif request.features_col is not None:
        # the learner reads the vector; a column that may not be null is copied instead
        default = {i: "null" if schema[i].nullable else "copy" for i in left_over}
        policies = default | policies
    policies |= {i: "copy" for i in left_over if names[i] in request.along}
    undecided = [i for i in left_over if i not in policies]
    if undecided:
        kept, named = "interpolated", "nominalCols of SMOTENC, numeric ones in inputCols"
        if not request.interpolates:
            kept, named = "nominal", "nominalCols"
        raise SchemaError(
            f"carryPolicy says nothing of {len(undecided)} column(s) that are not {kept}: "
            f"{listed([schema[i] for i in undecided])}. Left null on every new row they would "
            "teach a model that null means minority. Decide: carryPolicy='copy' (the base row's "
            f"value), 'null', or a dict per column; name categories in {named}; or drop them first"
        )
    for i, policy in policies.items():
        check_policy(schema[i], policy, crossing=not request.copied_by_spark)
    return policies


def _role(
    field: T.StructField,
    position: int,
    request: ColumnRequest,
    *,
    label: int,
    id_: int | None,
    inputs: tuple[int, ...],
    nominal: tuple[int, ...],
    groups: tuple[int, ...],
    policies: Mapping[int, str],
    bounds: str | None,
) -> ColumnRole:
    kind = field.dataType.simpleString()

    def role(name: str, reason: str, policy: str | None = None) -> ColumnRole:
        return ColumnRole(field.name, kind, name, reason, policy)

    if position == label:
        return role("label", "named by labelCol")
    if position == id_:
        if not request.makes_rows:
            return role("id", "named by idCol")
        return role("id", "named by idCol; null on new rows", "null")
    if position in inputs:
        named = request.features_col is not None or request.input_cols is not None
        by = "featuresCol" if request.features_col is not None else "inputCols"
        back = {
            "floor": "; rounded down on new rows (boundsPolicy)",
            "double": "; comes back as double on all rows (boundsPolicy)",
        }.get(bounds or "", "")
        noise = "noise" if request.copies_rows else None
        return role("input", (f"named by {by}" if named else "numeric column") + back, noise)
    if position in nominal:
        by = "strings and booleans are" if request.nominal_cols == AUTO else "named by nominalCols,"
        return role("nominal", f"{by} levels")
    if position in groups:
        return role("group", "named by groupCols", "copy")
    ignored = field.name in request.ignore_cols
    reason = "named by ignoreCols" if ignored else _why_carried(field, request)
    return role("ignored" if ignored else "carried", reason, policies.get(position))


def _why_carried(field: T.StructField, request: ColumnRequest) -> str:
    if field.name in request.along:
        return "added by an earlier sampler"
    if request.features_col is not None:
        return "the learner reads featuresCol"
    if not request.looks_at_inputs:
        return "the method looks at the label only"
    if isinstance(field.dataType, T.NumericType):
        return f"not named by {'inputCols' if request.interpolates else 'nominalCols'}"
    return "not a number"
