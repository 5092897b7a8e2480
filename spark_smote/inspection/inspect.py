"""Looking at a table before it is resampled."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame
from pyspark.sql import types as T

from spark_smote.errors import DataError
from spark_smote.inspected import InspectedClass, Inspection
from spark_smote.inspection.advice import Circumstances, advise
from spark_smote.inspection.columns import describe_columns
from spark_smote.inspection.findings import class_findings, column_findings, flag_findings
from spark_smote.inspection.roles import Role, assign_roles, choose
from spark_smote.inspection.sampled import Sampled, rows_wanted
from spark_smote.inspection.seen import Seen, Sizes
from spark_smote.inspection.surroundings import Found, look_around_classes
from spark_smote.kernels.tally import Tally
from spark_smote.labels import in_order
from spark_smote.plans.profile import Profile, profile_table
from spark_smote.plans.records import KeptRecords, class_records
from spark_smote.plans.sample import sample_classes
from spark_smote.plans.survey import (
    can_be_looked_into,
    packed_table,
    rows_not_one_hot,
    tally_columns,
)
from spark_smote.plans.table import neutral
from spark_smote.samplers.base import PhaseClock, Progress, library_versions
from spark_smote.samplers.checks import columns
from spark_smote.samplers.params import HasLabel, HasNeighbours, HasOtherCols, HasSeed

PHASES = ("survey", "profile", "sample", "search", "judge")


def inspect(
    df: DataFrame,
    *,
    labelCol: str = "label",
    inputCols: Sequence[str] | None = None,
    nominalCols: Sequence[str] = (),
    ignoreCols: Sequence[str] = (),
    idCol: str | None = None,
    kNeighbors: int = 5,
    seed: int = 0,
    progress: Progress | None = None,
) -> Inspection:
    """Look at a table before it is resampled: columns, classes, and what to try first.

    Reads the table three times, then a packed copy of it that Spark keeps meanwhile. Counts and
    extremes are exact; distinct values beyond 1,023 are estimated; spreads, leaks, markers and
    one-hot groups are looked for in a canonical sample of each class; the neighbours of sampled
    rows are searched exactly in the whole table. The same rows give the same result, however the
    table is partitioned or ordered.

    Parameters
    ----------
    df : DataFrame
        The training rows.
    labelCol : str, default "label"
        Column that holds the class: string, boolean, date or whole number, never null.
    inputCols : list of str, optional
        Numeric columns to interpolate. Unset: every numeric column that is not named elsewhere and
        does not look like an id.
    nominalCols : list of str, optional
        Columns of categories, beside text and booleans, which are taken for such.
    ignoreCols : list of str, optional
        Columns to leave alone.
    idCol : str, optional
        Column that identifies a row.
    kNeighbors : int, default 5
        Neighbours to look at around a row.
    seed : int, default 0
        Seed of the sample.
    progress : callable, optional
        Given the name of each phase, returns a context manager entered while it lasts.

    Returns
    -------
    Inspection
        Prints as text, displays in a notebook; `.to_json()`, `.to_html()`.

    Raises
    ------
    ParameterError, SchemaError
        For what can be decided without reading rows.
    DataError
        For an empty table, labels that are null or continuous, or one class only.

    References
    ----------
    Napierala, Stefanowski, "Types of minority class examples and their influence on learning
    classifiers from imbalanced data", JIIS 46, 2016. Beyer et al., "When is nearest neighbor
    meaningful?", ICDT 1999. Elor, Averbuch-Elor, "To SMOTE, or not to SMOTE?", 2022.

    Examples
    --------
    >>> from pyspark.sql import SparkSession
    >>> from spark_smote import inspect
    >>> spark = SparkSession.builder.getOrCreate()
    >>> rows = spark.range(1000).selectExpr(
    ...     "id AS row", "id % 37 / 3 AS x", "id % 41 / 7 AS y", "id % 37 > 31 AS rare")
    >>> found = inspect(rows, labelCol="rare", kNeighbors=5)
    >>> [(c.name, c.role) for c in found.columns]
    [('row', 'id'), ('x', 'input'), ('y', 'input'), ('rare', 'label')]
    >>> [(f.code, f.columns) for f in found.findings if f.severity == "warning"]
    [('id_like', ('row',)), ('leak', ('x',))]
    >>> found.advice[0].method
    'SMOTE'
    """
    k = HasNeighbours.kNeighbors.typeConverter(kNeighbors)
    seed = HasSeed.seed.typeConverter(seed)
    chosen = choose(
        df,
        label_col=HasLabel.labelCol.typeConverter(labelCol),
        input_cols=None if inputCols is None else columns("inputCols", inputCols),
        nominal_cols=columns("nominalCols", nominalCols),
        ignore_cols=columns("ignoreCols", ignoreCols),
        id_col=None if idCol is None else HasOtherCols.idCol.typeConverter(idCol),
    )
    clock = PhaseClock(progress)
    schema = df.schema
    frame = neutral(df)
    tallies: list[Tally] = clock.run("survey", lambda: tally_columns(frame, schema))
    roles = assign_roles(schema, chosen, tallies)
    inputs = [i for i, role in enumerate(roles) if role.name == "input"]
    profile: Profile = clock.run(
        "profile",
        lambda: profile_table(
            packed_table(frame, schema, chosen.label, inputs or [chosen.label]),
            handle_invalid="skip",
        ),
    )
    sizes = _sizes(profile, labelCol)
    looked = _looked_into(schema, roles) or [chosen.label]
    packed = packed_table(frame, schema, chosen.label, looked)
    records = KeptRecords(class_records(packed, sizes.labels))
    sampled: Sampled = clock.run("sample", lambda: _sample(records, sizes, looked, seed))
    levels = [i for i, role in enumerate(roles) if role.name == "nominal"]
    around: Found | None = clock.run(
        "search", lambda: _search(records, sampled, sizes, inputs, levels, k)
    )
    seen = Seen(schema, roles, tallies, sizes, sampled)
    found: Inspection = clock.run("judge", lambda: _judged(frame, seen, around, labelCol, k))
    return found


def _sizes(profile: Profile, label_col: str) -> Sizes:
    labels = in_order(profile.counts)
    if len(labels) == 1:
        raise DataError(
            f"labelCol {label_col!r} holds one class only, {labels[0]!r} "
            f"({profile.counts[labels[0]]:,} rows); at least two are needed: check the column, or "
            "the filter before it"
        )
    return Sizes(
        {label: profile.counts[label] for label in labels},
        {label: profile.usable[label] for label in labels},
    )


def _looked_into(schema: T.StructType, roles: Sequence[Role]) -> list[int]:
    """Columns whose values are sampled."""
    return [
        i
        for i, role in enumerate(roles)
        if role.name in ("input", "nominal", "carried") and can_be_looked_into(schema[i].dataType)
    ]


def _sample(records: KeptRecords, sizes: Sizes, looked: Sequence[int], seed: int) -> Sampled:
    wanted = dict.fromkeys(sizes.labels, rows_wanted(len(sizes.labels), len(looked)))
    samples = sample_classes(records.frame, sizes.counts, wanted, seed=seed, purpose="inspection")
    return Sampled.of(samples, sizes.counts, looked)


def _search(
    records: KeptRecords,
    sampled: Sampled,
    sizes: Sizes,
    inputs: Sequence[int],
    levels: Sequence[int],
    k: int,
) -> Found | None:
    if not inputs and not levels:
        return None
    return look_around_classes(
        records.frame,
        sampled,
        inputs=inputs,
        levels=levels,
        judged=[sizes.labels.index(label) for label in sizes.others],
        classes=len(sizes.labels),
        k=k,
    )


def _judged(
    frame: DataFrame, seen: Seen, around: Found | None, label_col: str, k: int
) -> Inspection:
    sizes, described = seen.sizes, describe_columns(seen)
    classes = {
        label: InspectedClass(
            label=label,
            rows=sizes.counts[label],
            usable_rows=sizes.usable[label],
            distinct_rows=min(
                around.distinct[code] if around else sizes.usable[label], sizes.usable[label]
            ),
            surroundings=around.around(code) if around and label in sizes.others else None,
        )
        for code, label in enumerate(sizes.labels)
    }
    contrast = around.contrast() if around else None
    groups = seen.one_hot_groups()
    inputs, nominal = len(seen.of_role("input")), len(seen.of_role("nominal"))
    table = Circumstances(sizes.counts[sizes.largest], k, inputs, nominal, contrast)
    return Inspection(
        label_col=label_col,
        rows=sum(sizes.counts.values()),
        columns=described,
        classes=list(classes.values()),
        k=k,
        findings=[
            *column_findings(seen, described),
            *flag_findings(seen, groups, rows_not_one_hot(frame, groups)),
            *class_findings(list(classes.values()), inputs + nominal, contrast),
        ],
        advice=[
            advise(classes[label], table) for label in sizes.rare_first if label in sizes.others
        ],
        contrast=contrast,
        sampled_rows=int(seen.sampled.times.sum()),
        approximate=_approximate(seen, around),
        versions=library_versions(),
    )


def _by(seen: Seen, around: Found) -> str:
    """What distances are made of."""
    if not seen.of_role("input"):
        return (
            "by the number of nominal columns that differ (SMOTE-N looks at classes too, which "
            "would flatter these figures)"
        )
    if around.nominal is None:
        return "in standard deviations of the inputs"
    return (
        "in standard deviations of the inputs; each nominal column that differs adds "
        f"{around.nominal.weight:g} to the squared distance"
    )


def _approximate(seen: Seen, around: Found | None) -> list[str]:
    said = [
        f"Spread, separation, markers: from a sample of {seen.sampled.times.sum():,} rows.",
        "One-hot groups: found in the sample; rows that break them are counted in the table.",
        "Distinct values and rows beyond 1,023 are estimated, with a standard error of 3 %.",
    ]
    if around is not None:
        said.append(
            f"Neighbours are the exact ones in the whole table, of {len(around.asked):,} sampled "
            f"distinct rows, {_by(seen, around)}."
        )
    return said
