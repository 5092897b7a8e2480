"""Instance hardness threshold (Smith, Martinez, Giraud-Carrier 2014)."""

from __future__ import annotations

from collections.abc import Mapping

from spark_smote.labels import in_order
from spark_smote.plans.hardness import Learned, learned, ranked_by_hardness
from spark_smote.plans.profile import Profile
from spark_smote.plans.ranked import keeping_first
from spark_smote.plans.records import KeptRecords, joint_records
from spark_smote.plans.table import Table
from spark_smote.results import LabelValue, Notice
from spark_smote.samplers.base import PhaseClock
from spark_smote.samplers.checks import whole
from spark_smote.samplers.params import Parameter
from spark_smote.samplers.ranked import KeepsFirst, Ranked


class InstanceHardnessThreshold(KeepsFirst):
    """Leave out the rows of large classes that are hardest to tell from other classes.

    The hardness of a row is one minus the probability that a classifier gives its class, fitted on
    rows of other folds: equal rows are in the same of `numFolds` folds. Every class keeps exactly
    the rows asked for, the easiest ones; each occurrence of equal rows counts as a row, and which
    of two equally hard ones stays is decided by a hash of their content.

    The classifiers are gradient-boosted trees (scikit-learn's `HistGradientBoostingClassifier`),
    fitted on the driver: on all rows, or on a sample of them, up to 65,536 (64 MiB) of all classes
    together, that count as much as their classes are large. The report says on how many.
    Other classifiers, and other samples, find other rows hard.

    References
    ----------
    M. R. Smith, T. Martinez, C. Giraud-Carrier, "An instance level analysis of data complexity",
    Machine Learning 95, 2014.

    Examples
    --------
    >>> from pyspark.sql import SparkSession
    >>> from spark_smote import InstanceHardnessThreshold
    >>> spark = SparkSession.builder.getOrCreate()
    >>> rows = [(float(i), int(i >= 180)) for i in range(200)]
    >>> rows += [(185.5, 0), (190.5, 0)]  # of class 0, among rows of class 1
    >>> df = spark.createDataFrame(rows, "x double, label int")
    >>> sampler = InstanceHardnessThreshold(samplingStrategy={0: 180}, seed=7)
    >>> sorted(row.x for row in sampler.plan(df).removed().collect())
    [185.5, 190.5]
    """

    method = "instance hardness threshold"
    phases = ("profile", "sample", "rank")
    _outcome = "easiest"

    numFolds = Parameter(
        "numFolds",
        "Folds: the hardness of a row is what a classifier fitted on the other folds makes of it.",
        5,
        whole(2, 100),
    )
    inputCols = KeepsFirst.inputCols.saying(
        "Numeric columns to learn from. Unset: every numeric column but the label, `idCol` and "
        "`ignoreCols`."
    )
    handleInvalid = KeepsFirst.handleInvalid.saying(
        "What to do where an input is null, NaN or infinite: fail; leave the row in the output, "
        "where it counts among those that its class is to keep; or let the classifiers take it for "
        "missing, which they learn from."
    )

    def _ranked(
        self, table: Table, profile: Profile, keep: Mapping[LabelValue, int], clock: PhaseClock
    ) -> Ranked:
        labels, seed = in_order(profile.counts), self._value("seed")
        records = KeptRecords(joint_records(table, labels, with_key=True))
        folds = self._value("numFolds")
        found: Learned = clock.run(
            "sample", lambda: learned(table, records, labels, profile, folds=folds, seed=seed)
        )
        codes = [code for code, label in enumerate(labels) if label in keep]
        ranked = KeptRecords(ranked_by_hardness(records, codes, found.models))
        removal = clock.run(
            "rank", lambda: keeping_first(table, labels, ranked, keep, profile.usable)
        )
        return Ranked(removal, keep, [_told(found, folds, profile), *found.notices])


def _told(found: Learned, folds: int, profile: Profile) -> Notice:
    usable = sum(profile.usable.values())
    which = f"all {usable:,}" if found.whole else f"{found.rows:,} sampled of {usable:,}"
    return Notice(
        "hardness",
        f"What is hard was learned by {folds} classifiers from {which} rows. The rows left out are "
        "those that look like other classes: probabilities learned from the others are too sure of "
        "themselves where classes meet. Calibrate them on rows that were not resampled.",
        "info",
    )
