"""Tomek links: pairs of different class, no third row strictly closer to either (Tomek 1976)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np

from spark_smote.kernels.bucket import BucketRows, distinct_points
from spark_smote.kernels.distances import Flags, Floats, Ints
from spark_smote.kernels.knn import k_nearest
from spark_smote.kernels.metric import LevelMetric

ENTRIES_AT_ONCE = 1 << 20
"""Nearest points listed at once."""

TIES_AT_FIRST = 4
"""Nearest points asked for at first; more where all of them are equally near."""


@dataclass(frozen=True)
class Links:
    """What one bucket tells of the links of its home rows."""

    linked: Flags
    """Whether each row asked for is in a link with a row on hand, shape (q,)."""
    rows: Ints
    partners: Ints
    """Pairs of a row asked for and a nearest one, of another class, that is at home elsewhere: a
    link if that row finds this one among its nearest too. Shape (p,) each."""


def links(
    rows: BucketRows,
    classes: Ints,
    asked: Ints,
    inverse_scale: Floats,
    nominal: LevelMetric | None = None,
) -> Links:
    """The links of some home rows.

    Two rows are linked if they differ in class and each is among the nearest of the other, equally
    near ones all counting: so rows that are equal but for their class are.

    Parameters
    ----------
    classes : int64, shape (n,)
        Of each row.
    asked : int64, shape (q,)
        Home rows.
    """
    points = _Points.of(rows, classes, inverse_scale, nominal)
    own = np.unique(points.of_row[asked])
    nearest, *few, many = points.nearest(own)
    missing = np.unique(few[1]) if not len(many) else np.arange(len(nearest))
    missing = missing[points.home[missing] & np.isnan(nearest[missing])]
    nearest[missing] = points.nearest(missing)[0][missing]

    linked = np.zeros(len(rows.keys), dtype=bool)
    low, high = points.lowest.copy(), points.highest.copy()
    away: list[tuple[Ints, Ints]] = []
    for owners, ties in chain([few], points.ties(many, nearest)):
        # at no distance from another row: nothing can be nearer to either
        touching = nearest[owners] == 0
        np.minimum.at(low, owners[touching], points.lowest[ties[touching]])
        np.maximum.at(high, owners[touching], points.highest[ties[touching]])
        # alone at their point: so must be the partner
        apart = ~touching & (points.held[ties] == 1)
        apart &= points.lowest[owners] != points.lowest[ties]
        one, other = points.first[owners[apart]], points.first[ties[apart]]
        at_home = rows.home[other]
        mutual = at_home & (nearest[ties[apart]] == nearest[owners[apart]])
        linked[one[mutual]] = True
        away.append((one[~at_home], other[~at_home]))
    crowded = nearest[points.of_row[asked]] == 0
    place = points.of_row[asked[crowded]]
    linked[asked[crowded]] = low[place] != high[place]
    return Links(linked[asked], *map(np.concatenate, zip(*away, strict=True)))


@dataclass(frozen=True)
class _Points:
    """The distinct points that rows lie on."""

    places: Floats
    of_row: Ints
    first: Ints
    """The first row on each."""
    held: Ints
    """How many rows, equal ones counted each."""
    lowest: Ints
    highest: Ints
    """The lowest and the highest class among them."""
    home: Flags
    inverse_scale: Floats
    nominal: LevelMetric | None

    @classmethod
    def of(
        cls, rows: BucketRows, classes: Ints, inverse_scale: Floats, nominal: LevelMetric | None
    ) -> _Points:
        of_row, first = distinct_points(rows.features)
        lowest, highest = classes[first], classes[first]
        np.minimum.at(lowest, of_row, classes)
        np.maximum.at(highest, of_row, classes)
        held = np.bincount(of_row, weights=rows.multiplicity).astype(np.int64)
        return cls(
            places=rows.features[first],
            of_row=of_row,
            first=first,
            held=held,
            lowest=lowest,
            highest=highest,
            home=rows.home[first],
            inverse_scale=inverse_scale,
            nominal=nominal,
        )

    def nearest(self, asked: Ints) -> tuple[Floats, Ints, Ints, Ints]:
        """How near the nearest other row is to a row on each point, and on which other points.

        Returns
        -------
        squared : float64, shape (points,)
            0 where a point holds several rows, NaN where it was not asked for.
        owners, ties : int64, shape (t,)
            Pairs of a point and another one that is as near as that.
        many : int64, shape (m,)
            Points that have more of these than were looked at: for `ties`.
        """
        squared = np.full(len(self.places), np.nan)
        squared[asked] = np.where(self.held[asked] > 1, 0.0, np.inf)
        none = np.zeros(0, dtype=np.int64)
        found = [(none, none, none)]
        for block, near, away in self._listed(asked, TIES_AT_FIRST):
            squared[block] = np.minimum(squared[block], away[:, 0])
            found.append(self._tied(block, near, away, squared))
        owners, ties, many = map(np.concatenate, zip(*found, strict=True))
        return squared, owners, ties, many

    def ties(self, asked: Ints, squared: Floats) -> Iterator[tuple[Ints, Ints]]:
        """The pairs of points of which `nearest` did not list all, so many at a time."""
        width = TIES_AT_FIRST
        while len(asked):
            width *= 2
            left = []
            for block, near, away in self._listed(asked, width):
                owners, ties, many = self._tied(block, near, away, squared)
                left.append(many)
                yield owners, ties
            asked = np.concatenate(left)

    def _tied(
        self, block: Ints, near: Ints, away: Floats, squared: Floats
    ) -> tuple[Ints, Ints, Ints]:
        """Pairs of points as near as can be; and points that may have more than are listed."""
        tied = away == squared[block][:, None]
        more = tied.all(axis=1) & (near.shape[1] < len(self.places) - 1)
        owner, column = np.nonzero(tied & ~more[:, None])
        return block[owner], near[owner, column], block[more]

    def _listed(self, asked: Ints, width: int) -> Iterator[tuple[Ints, Ints, Floats]]:
        """Points block by block, with so many of the nearest others and their distances."""
        width = min(width, len(self.places) - 1)
        step = max(1, ENTRIES_AT_ONCE // max(width, 1))
        for start in range(0, len(asked) if width else 0, step):
            block = asked[start : start + step]
            near, away = k_nearest(
                self.places[block],
                self.places,
                width,
                self.inverse_scale,
                own=block,
                near=self.home,
                nominal=self.nominal,
            )
            yield block, near, away
