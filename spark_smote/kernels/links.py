"""Tomek links: pairs of different class, no third row strictly closer to either (Tomek 1976)."""

from __future__ import annotations

from dataclasses import dataclass

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
    nearest, owners, ties = points.nearest(own)
    linked = np.zeros(len(rows.keys), dtype=bool)

    # at no distance from another row: nothing can be nearer to either
    low, high = points.lowest.copy(), points.highest.copy()
    touching = nearest[owners] == 0
    np.minimum.at(low, owners[touching], points.lowest[ties[touching]])
    np.maximum.at(high, owners[touching], points.highest[ties[touching]])
    crowded = nearest[points.of_row[asked]] == 0
    place = points.of_row[asked[crowded]]
    linked[asked[crowded]] = low[place] != high[place]

    # alone at their point: so must be the partner
    apart = ~touching & (points.held[ties] == 1) & (points.lowest[owners] != points.lowest[ties])
    one, other = points.first[owners[apart]], points.first[ties[apart]]
    at_home = rows.home[other]
    missing = np.unique(points.of_row[other[at_home]])
    missing = missing[np.isnan(nearest[missing])]
    nearest[missing] = points.nearest(missing)[0][missing]
    mutual = at_home & (nearest[points.of_row[other]] == nearest[points.of_row[one]])
    linked[one[mutual]] = True
    return Links(linked[asked], one[~at_home], other[~at_home])


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

    def nearest(self, asked: Ints) -> tuple[Floats, Ints, Ints]:
        """How near the nearest other row is to a row on each point, and on which other points.

        Returns
        -------
        squared : float64, shape (points,)
            0 where a point holds several rows, NaN where it was not asked for.
        owners, ties : int64, shape (t,)
            Pairs of a point and another one that is as near as that.
        """
        squared = np.full(len(self.places), np.nan)
        squared[asked] = np.where(self.held[asked] > 1, 0.0, np.inf)
        owners, ties = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
        most = len(self.places) - 1
        left, width = asked if most else asked[:0], min(TIES_AT_FIRST, most)
        while len(left):
            again = []
            step = max(1, ENTRIES_AT_ONCE // width)
            for start in range(0, len(left), step):
                block = left[start : start + step]
                near, away = k_nearest(
                    self.places[block],
                    self.places,
                    width,
                    self.inverse_scale,
                    own=block,
                    near=self.home,
                    nominal=self.nominal,
                )
                squared[block] = np.minimum(squared[block], away[:, 0])
                tied = away == squared[block][:, None]
                more = tied.all(axis=1) & (width < most)
                again.append(block[more])
                owner, column = np.nonzero(tied & ~more[:, None])
                owners.append(block[owner])
                ties.append(near[owner, column])
            left, width = np.concatenate(again), min(2 * width, most)
        return squared, np.concatenate(owners), np.concatenate(ties)
