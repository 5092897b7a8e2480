"""Which rows of a bucket new ones are made of: drawn, and searched."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from spark_smote.kernels.bucket import (
    BucketRows,
    Draw,
    Neighbourhoods,
    draw,
    neighbourhoods,
    shared_bases,
)
from spark_smote.kernels.distances import Floats, Ints
from spark_smote.kernels.nominal import modes
from spark_smote.kernels.streams import stream
from spark_smote.kernels.value_difference import ValueDifference
from spark_smote.plans.buckets import Bucket
from spark_smote.plans.classes import ClassTask
from spark_smote.plans.layout import ROWS_PER_SLICE, Slice
from spark_smote.plans.model import ClassModel
from spark_smote.plans.recipe import Recipe

ENTRIES_AT_ONCE = 1 << 22
"""Bases whose lists are made at once, times k squared: 32 MiB an array."""


@dataclass(frozen=True)
class Parents:
    """Which rows of a bucket some new ones are made of."""

    bases: Ints
    neighbours: Ints
    gaps: Floats
    levels: Ints
    """Whose levels they take, shape (q, nominal columns)."""
    alone: bool = False
    """Whether no one neighbour is a parent beside the base."""
    far: Floats | None = None
    """The neighbours' features, where bases took neighbours along that may be elsewhere."""
    far_ids: pa.Array | None = None
    """Their ids, with provenance."""

    def taken(self, some: slice) -> Parents:
        """Those of some of the new rows."""
        names = "bases", "neighbours", "gaps", "levels", "far", "far_ids"
        held = {name: getattr(self, name) for name in names}
        return replace(self, **{n: each[some] for n, each in held.items() if each is not None})

    def among(self, rows: Ints) -> Parents:
        """The same, as places in an ascending selection of the rows."""
        return replace(
            self,
            bases=np.searchsorted(rows, self.bases),
            neighbours=np.searchsorted(rows, self.neighbours),
            levels=np.searchsorted(rows, self.levels),
        )


def neighbours_at_hand(around: Neighbourhoods, recipe: Recipe, task: ClassTask) -> int:
    """How many neighbours a base has; 0 where bases are copied."""
    if task.method != "smote":
        return 0
    return min(task.k, around.points - 1) if recipe.distinct else task.k


def listed_neighbours(around: Neighbourhoods, bases: Ints, k: int, recipe: Recipe) -> Ints:
    """The k nearest neighbours of each base, shape (u, k)."""
    listed = around.distinct_lists if recipe.distinct else around.lists
    step = max(1, ENTRIES_AT_ONCE // (k * k))
    blocks = [bases[start : start + step] for start in range(0, len(bases), step)]
    return np.concatenate([listed(block, k) for block in blocks])


def draw_slice(rows: BucketRows, recipe: Recipe, part: Slice, k: int, ranks: Ints | None) -> Draw:
    """Draw; ranks are asked about where not all rows of the class are bases alike."""
    task = recipe.tasks[part.class_code]
    random = stream(recipe.seed, "draw", *task.stream, part.bucket, part.number)
    if ranks is None or task.ranked is None:
        return draw(rows, part.quota, k, random)
    shares = recipe.layout.shares[part.class_code]
    if shares is None:
        able = rows.home & (np.array(task.ranked.weights)[ranks] > 0)
        if part.rank is None:
            return draw(replace(rows, home=able), part.quota, k, random)
        drawn = draw(replace(rows, home=able & (ranks == part.rank)), part.quota, k, random)
        return replace(drawn, gaps=drawn.gaps * task.ranked.steps[part.rank] + 0.0)
    each, extra = np.array(shares.each), shares.extra[part.bucket]
    start = part.number * ROWS_PER_SLICE
    bases = shared_bases(rows, ranks, each, extra, start, part.quota)
    return draw(rows, part.quota, k, random, bases)


def parents_of(
    rows: BucketRows,
    around: Neighbourhoods,
    recipe: Recipe,
    part: Slice,
    ranks: Ints | None = None,
) -> Parents:
    """Draw and search."""
    task, nominal = recipe.tasks[part.class_code], recipe.models[part.class_code].nominal
    k = neighbours_at_hand(around, recipe, task)
    drawn = draw_slice(rows, recipe, part, k, ranks)
    levels = np.repeat(drawn.base_ids[:, None], nominal.columns if nominal else 0, axis=1)
    if k == 0:
        return Parents(drawn.base_ids, drawn.base_ids, drawn.gaps, levels, alone=True)
    if nominal is None and not recipe.distinct:
        neighbours = around.chosen(drawn.base_ids, drawn.slots, k)
        return Parents(drawn.base_ids, neighbours, drawn.gaps, levels)
    bases, which = np.unique(drawn.base_ids, return_inverse=True)
    lists = listed_neighbours(around, bases, k, recipe)
    if isinstance(nominal, ValueDifference):
        # the base has a vote, and the lowest of the levels that tie has a chance of 1
        lists = np.concatenate([bases[:, None], lists], axis=1)
        chances = np.zeros((len(bases), nominal.columns))
        won = _modes(around, lists, np.arange(len(bases)), chances)[which]
        return Parents(drawn.base_ids, drawn.base_ids, drawn.gaps, won, alone=True)
    if nominal is not None:
        of_slice = *task.stream, part.bucket, part.number
        chances = stream(recipe.seed, "mode", *of_slice).random(levels.shape)
        levels = _modes(around, lists, which, chances)
    return Parents(drawn.base_ids, lists[which, drawn.slots], drawn.gaps, levels)


def _modes(around: Neighbourhoods, lists: Ints, which: Ints, chances: Floats) -> Ints:
    """The rows of some lists whose levels are the most frequent there, shape of `chances`."""
    listed, places = np.unique(lists, return_inverse=True)
    won: Ints = listed[modes(around.codes(listed), places.reshape(lists.shape), which, chances)]
    return won


def parents_along(inside: Bucket, recipe: Recipe, part: Slice) -> Parents:
    """Draw among the neighbours that bases took along; half a step at most to other classes."""
    task = recipe.tasks[part.class_code]
    of_slice = *task.stream, part.bucket, part.number
    drawn = draw_slice(inside.rows, recipe, part, task.k, inside.ranks)
    half = 0.5 * stream(recipe.seed, "half step", *of_slice).random(part.quota)
    lists = inside.records.column("near_other").combine_chunks()
    first = lists.offsets.to_numpy()[:-1].astype(np.int64)
    place = first[inside.sources[drawn.base_ids]] + drawn.slots
    differs = lists.values.to_numpy(zero_copy_only=False)[place]
    features = inside.records.column("near_features").combine_chunks().values.to_numpy()
    ids = None
    if "near_id" in inside.records.column_names:
        ids = inside.records.column("near_id").combine_chunks().values.take(pa.array(place))
    return Parents(
        bases=drawn.base_ids,
        neighbours=drawn.base_ids,
        gaps=drawn.gaps * np.where(differs, half, 1.0),
        levels=np.zeros((part.quota, 0), dtype=np.int64),
        far=features.reshape(len(lists.values), -1)[place] + 0.0,
        far_ids=ids,
    )


def around_bucket(rows: BucketRows, model: ClassModel) -> Neighbourhoods:
    """Which rows of a bucket are near to which, as the search sees them."""
    seen = replace(rows, features=model.searched(rows.features))
    return neighbourhoods(seen, model.inverse_scale, model.nominal)
