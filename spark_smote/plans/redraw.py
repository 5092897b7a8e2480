"""Step 4 where new rows must meet conditions: draw, judge, draw again, judge, choose.

Spark evaluates the conditions between three Python workers of one task; nothing is shuffled. The
first worker draws once for every place of a slice, and sends along all that it takes to draw again.
The second lets go what passes, and draws often for what does not (`kernels.redraws`). The third
fills the places. A slice is complete when as many rows of it were seen as it says there are: no
worker relies on the order or the size of batches.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from spark_smote.errors import DataError
from spark_smote.kernels.distances import Flags, Ints
from spark_smote.kernels.redraws import best_draws, redraws
from spark_smote.plans.arrow import ArrowFunction, integers_of, worker
from spark_smote.plans.conditions import condition_met, fresh_names
from spark_smote.plans.draws import ABOUT_DRAWS, Drawing, Kin
from spark_smote.plans.hashing import send_to_tasks
from spark_smote.plans.layout import Slice
from spark_smote.plans.recipe import Recipe
from spark_smote.plans.synthesise import SliceRows, emitted_schema, emitter, no_rows, restored
from spark_smote.plans.table import Table


def constrained(table: Table, recipe: Recipe, records: DataFrame | None) -> DataFrame:
    """New rows as `synthesise` gives them, each of which meets the conditions.

    In buckets with the same quota, rows whose first draw meets them are those of `synthesise`.
    """
    if records is None or not recipe.layout.task_count:
        return no_rows(table)
    labels = [task.label for task in recipe.tasks]
    provenance = table.request.provenance
    emitted = emitted_schema(table, labels)
    drawing = Drawing(recipe, provenance)
    # one row = the first draw for a place, or what it takes to draw for a slice again
    drawn = draws_of(table, recipe, records, drawing.first)
    # one row = a draw of the second round, or a row that passed in the first
    again = _judged(drawn, table, recipe).mapInArrow(_second_draws(drawing), drawn.schema)
    # one row = a new row
    chosen = _judged(again, table, recipe).mapInArrow(_choice(drawing), emitted)
    return chosen.select(*restored(table, labels, provenance))


def draws_of(table: Table, recipe: Recipe, records: DataFrame, slice_rows: SliceRows) -> DataFrame:
    """Send records to their buckets, and draw there: rows of `emitted_schema` and `ABOUT_DRAWS`."""
    sent = send_to_tasks(records, recipe.models, recipe.layout)
    emitted = emitted_schema(table, [task.label for task in recipe.tasks])
    fields = [T.StructField(each.name, each.dataType) for each in emitted]
    fields += [T.StructField(name, kind) for name, kind in ABOUT_DRAWS.items()]
    return sent.mapInArrow(emitter(recipe.layout, slice_rows), T.StructType(fields))


def judged(draws: DataFrame, table: Table, recipe: Recipe) -> DataFrame:
    """Draws with `met array<boolean>`: of each condition, whether the row as written meets it.

    Unknown (NULL) counts as not met. Null where the row is no draw.
    """
    names = [each.name for each in table.schema]
    own = fresh_names(draws.columns, names)
    as_written = restored(table, [task.label for task in recipe.tasks], provenance=False)
    wide = draws.select(*map(F.col, draws.columns), *as_written).toDF(*own, *names)
    is_draw = F.col(own[draws.columns.index("of")]) > 0
    met = F.array(*[F.coalesce(condition_met(c), F.lit(False)) for c in recipe.conditions])
    mine = [F.col(o).alias(name) for o, name in zip(own, draws.columns, strict=True)]
    return wide.select(*mine, F.when(is_draw, met).alias("met"))


def _judged(draws: DataFrame, table: Table, recipe: Recipe) -> DataFrame:
    """The same for workers: without the values of draws that failed, and without vectors."""
    failed = F.coalesce(F.array_contains("met", F.lit(False)), F.lit(False))

    def sent(name: str) -> Column:
        if name in ("class", *ABOUT_DRAWS, "met"):
            return F.col(name)
        vector = name == "features" and table.vectors
        return F.when(~failed, F.unwrap_udt(name) if vector else F.col(name)).alias(name)

    flagged = judged(draws, table, recipe)
    return flagged.select(*map(sent, flagged.columns))


def _by_slice(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[int, pa.Table]]:
    for batch in batches:
        numbers = integers_of(batch, "slice")
        for number in np.unique(numbers):
            own = numbers == number
            rows = batch if own.all() else batch.filter(pa.array(own))
            yield int(number), pa.Table.from_batches([rows])


def _met(draws: pa.Table) -> Flags:
    """Of each draw, which conditions it meets, shape (n, conditions)."""
    flags = draws.column("met").combine_chunks()
    flat = pa.concat_arrays(flags.chunks) if isinstance(flags, pa.ChunkedArray) else flags
    met: Flags = flat.flatten().to_numpy(zero_copy_only=False).reshape(len(draws), -1)
    return met


@dataclass
class _Round:
    """What came of the draws of a slice in one round, so far."""

    seen: int = 0
    of: int = 0
    short: int = 0
    unmet: Ints | int = 0
    """Draws that did not meet each condition."""

    def note(self, draws: pa.Table) -> Flags:
        """Take note of draws; which of them passed."""
        met = _met(draws)
        self.seen += len(draws)
        self.of, self.short = (int(draws.column(name)[0].as_py()) for name in ("of", "short"))
        self.unmet = self.unmet + (~met).sum(axis=0)
        return np.asarray(met.all(axis=1))


@dataclass
class _FirstRound(_Round):
    """Whose first draw passed."""

    kin: Kin | None = None
    passed: list[Ints] = field(default_factory=list)
    failed: list[Ints] = field(default_factory=list)

    def enter(self, draws: pa.Table) -> Flags:
        """Take note of draws; which of them passed."""
        passed, places = self.note(draws), integers_of(draws, "place")
        self.passed.append(places[passed])
        self.failed.append(places[~passed])
        return passed


def _second_draws(drawing: Drawing) -> ArrowFunction:
    """The worker that lets go what passes, and draws again for what does not."""
    slices = drawing.slices

    def emit(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        rounds: dict[int, _FirstRound] = {}
        with worker():
            for number, rows in _by_slice(batches):
                part, this = slices[number], rounds.setdefault(number, _FirstRound())
                for each in rows.column("kin").drop_null():
                    this.kin = pickle.loads(each.as_buffer())  # written by the first worker
                draws = rows.filter(pc.is_valid(rows.column("of")))
                if len(draws):
                    settled = this.enter(draws) & (integers_of(draws, "place") < part.quota)
                    yield from _settled(draws.filter(pa.array(settled))).to_batches()
                if this.kin is not None and 0 < this.of == this.seen:
                    del rounds[number]
                    yield from _redrawn(this, this.kin, drawing, part)
        _require_complete(rounds)

    return emit


def _redrawn(
    first: _FirstRound, kin: Kin, drawing: Drawing, part: Slice
) -> Iterator[pa.RecordBatch]:
    """The draws of the second round of a slice."""
    passed, failed = np.sort(np.concatenate(first.passed)), np.sort(np.concatenate(first.failed))
    missing = int((failed < part.quota).sum())
    if not missing:
        return
    random = drawing.stream("others", part)
    bases = {"bases": kin.which, "times": kin.times}
    planned = redraws(passed, failed, part.quota, kin.lists.shape[1], random, **bases)
    if not planned.total:
        raise _shortfall(drawing.recipe, part, missing, first)
    yield from drawing.again(kin, planned, part, short=missing)


@dataclass
class _SecondRound(_Round):
    """What there is to fill places with."""

    settled: int = 0
    """Places that are filled since the first round."""
    held: list[pa.Table] = field(default_factory=list)
    """Draws that passed."""

    def enter(self, draws: pa.Table, quota: int) -> None:
        """Take note of draws; of those that pass, no more are held than may be needed."""
        self.held.append(draws.filter(pa.array(self.note(draws))))
        if sum(map(len, self.held)) > 2 * self.short:
            self.held = [self.best(quota, self.short)]

    def best(self, quota: int, needed: int) -> pa.Table:
        """The draws that fill the slice best."""
        held = pa.concat_tables(self.held)
        best = best_draws(integers_of(held, "place"), integers_of(held, "try"), quota, needed)
        return held.take(pa.array(best))


def _choice(drawing: Drawing) -> ArrowFunction:
    """The worker that fills the places."""
    slices, recipe = drawing.slices, drawing.recipe

    def emit(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        rounds: dict[int, _SecondRound] = {}
        with worker():
            for number, rows in _by_slice(batches):
                part, this = slices[number], rounds.setdefault(number, _SecondRound())
                is_draw = pc.greater(rows.column("of"), 0)
                settled, draws = rows.filter(pc.invert(is_draw)), rows.filter(is_draw)
                this.settled += len(settled)
                yield from _new_rows(settled).to_batches()
                if len(draws):
                    this.enter(draws, part.quota)
                if this.of == this.seen and this.settled + this.short == part.quota:
                    del rounds[number]
                    if this.short:
                        yield from _filled(this, recipe, part)
        _require_complete(rounds)

    return emit


def _filled(this: _SecondRound, recipe: Recipe, part: Slice) -> Iterator[pa.RecordBatch]:
    best = this.best(part.quota, this.short)
    if len(best) < this.short:
        raise _shortfall(recipe, part, this.short - len(best), this)
    yield from _new_rows(best).to_batches()


def _settled(draws: pa.Table) -> pa.Table:
    """Draws that passed, on their way past the second round."""
    none = pa.array(np.zeros(len(draws), dtype=np.int64))
    place = draws.column_names.index("of")
    return draws.drop_columns("met").set_column(place, "of", none)


def _new_rows(draws: pa.Table) -> pa.Table:
    """Draws as new rows."""
    return draws.drop_columns([*ABOUT_DRAWS, "met"])


def _require_complete(rounds: Mapping[int, _Round]) -> None:
    if rounds:
        raise RuntimeError(f"draws of slices {sorted(rounds)[:10]} were lost on their way")


def _shortfall(recipe: Recipe, part: Slice, missing: int, last: _Round) -> DataError:
    unmet = np.broadcast_to(last.unmet, len(recipe.conditions)).tolist()
    costs = sorted(zip(unmet, recipe.conditions, strict=True), key=lambda pair: -pair[0])
    told = "; ".join(f"{condition!r} by {count:,}" for count, condition in costs if count)
    return DataError(
        f"constraints: class {recipe.tasks[part.class_code].label!r} is {missing:,} short of the "
        f"{part.quota:,} new rows that bucket {part.bucket} was to give. Of the last {last.seen:,} "
        f"draws, from their own bases and from others of the bucket, conditions were not met (or "
        f"unknown, NULL): {told}. Correct or drop the real rows that break them (the report counts "
        f"them), relax a condition, add OR ... IS NULL to it, or ask for fewer rows of the class "
        f"(samplingStrategy)"
    )
