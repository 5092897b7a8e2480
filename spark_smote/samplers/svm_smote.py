"""SVM-SMOTE: borderline over-sampling (Nguyen, Cooper, Kamei 2011)."""

from __future__ import annotations

from spark_smote.kernels.streams import stream
from spark_smote.plans.border import Border, find_border
from spark_smote.plans.classes import ClassTask, Standing
from spark_smote.plans.profile import Profile
from spark_smote.plans.search import Search
from spark_smote.results import Notice
from spark_smote.samplers.base import PhaseClock
from spark_smote.samplers.checks import number
from spark_smote.samplers.params import HasNeighbours, HasNewRows, HasSearch, Parameter
from spark_smote.samplers.standing import ByDanger


class SVMSMOTE(ByDanger):
    """Over-sample around the support vectors of a class, inwards or outwards.

    A support vector machine (radial kernel, C = 1, gamma = 1 / (columns * variance), one class
    against one) is fitted on the driver, on a sample of up to 4,096 distinct rows of the table
    (fewer of more than 512 columns). A row of the class is a support vector where it lies on the
    machine's margin, within it or on the wrong side, y f(x) <= 1.001, against at least one other
    class; so every row of the class is judged, whether the machine was fitted on it or not.

    The `mNeighbors` nearest rows of a support vector in the whole table say how it stands. With all
    of them of other classes it is noise, and no base. With half of them or more it is in danger,
    and new rows lie between it and one of its k nearest neighbours of the class, as in `SMOTE`.
    Else it is safe, and new rows lie on the other side, away from the neighbour:
    x_b - u * outStep * (x_nn - x_b). A fraction f of the new rows, one draw of Beta(10, 10) per
    class, is made from rows in danger and the others from safe ones, all of them where there are
    none of the other kind. Bases are drawn uniformly. Searches are approximate, inside hash
    buckets; the report says how near to exact they are, how many support vectors stand how, and how
    many rows the machine was fitted on.

    Tables of up to 4,096 rows are the sample, so that support vectors are those of scikit-learn's
    `SVC`. Of larger ones each class gives the same number of rows, or all it has; those of two
    classes then count in the proportion of the whole classes, each of the smaller one as one row,
    as if the table had been thinned out until the smaller class is what the machine sees of it.
    Judging a row costs one value of the kernel per support vector of the machine.

    References
    ----------
    H. M. Nguyen, E. W. Cooper, K. Kamei, "Borderline over-sampling for imbalanced data
    classification", International Journal of Knowledge Engineering and Soft Data Paradigms 3(1),
    2011.

    Examples
    --------
    >>> from pyspark.sql import SparkSession
    >>> from spark_smote import SVMSMOTE
    >>> spark = SparkSession.builder.getOrCreate()
    >>> rows = [(float(i), int(i < 12)) for i in range(60)]  # classes meet between 11 and 12
    >>> df = spark.createDataFrame(rows, "x double, label int")
    >>> plan = SVMSMOTE(kNeighbors=3, mNeighbors=4, seed=7).plan(df)
    >>> plan.synthetic().count()
    36
    """

    method = "SVM-SMOTE"
    phases = ("profile", "sample", "hash", "count", "machine", "search", "sample", "hash")

    outStep = Parameter(
        "outStep",
        "How far beyond a safe base new rows may lie, in distances to the neighbour they lead away "
        "from.",
        0.5,
        number(0.0, 1.0),
    )
    inputCols = ByDanger.inputCols.adding(
        "Where a new row leads away from its neighbour, the range is that of the table."
    )
    standardize = HasSearch.standardize.adding("The machine measures as the search of the table.")
    distinctNeighbours = HasNeighbours.distinctNeighbours.adding(
        "`mNeighbors` counts rows in any case."
    )
    provenance = HasNewRows.provenance.adding("A gap below 0 leads away from the neighbour.")

    def _border(self, search: Search, profile: Profile, clock: PhaseClock) -> Border:
        border: Border = clock.run(
            "machine",
            lambda: find_border(
                search,
                profile.usable,
                standardize=self._value("standardize"),
                seed=self._value("seed"),
            ),
        )
        return border

    def _standing(self, task: ClassTask, rows: tuple[int, ...]) -> Standing:
        safe, danger, _, _ = rows
        fraction = stream(self._value("seed"), "fraction", *task.stream).beta(10, 10)
        share = int(fraction * (task.new_rows + 1))
        in_danger = 0 if not danger else task.new_rows if not safe else share
        return Standing(
            rows,
            (1, 1, 0, 0),
            totals=(task.new_rows - in_danger, in_danger, 0, 0),
            steps=(-self._value("outStep"), 1.0, 0.0, 0.0),
        )

    def _described(self, task: ClassTask, rows: tuple[int, ...]) -> Notice:
        safe, danger, noise, _ = rows
        outwards, inwards, _, _ = self._standing(task, rows).totals
        return Notice(
            "standing",
            f"Class {task.label!r}: {safe + danger + noise:,} of its {sum(rows):,} rows are "
            f"support vectors. {danger:,} are in danger, and {inwards:,} new rows lie between "
            f"these and neighbours; {safe:,} are safe, and {outwards:,} new rows lead from these "
            f"away from neighbours; {noise:,} are noise.",
            "info",
        )

    def _missing(self, task: ClassTask, rows: tuple[int, ...]) -> str:
        noise = rows[2]
        return (
            f"class {task.label!r}: {noise:,} of its {task.rows:,} rows are support vectors, all "
            f"of them noise (mNeighbors={self._value('mNeighbors')}), so nothing can be added to "
            "it; use SMOTE"
        )
