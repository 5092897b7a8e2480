"""Class-imbalance resampling for tables too big for one machine.

Public names are loaded when first used, so that importing a room without Spark stays light.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spark_smote.evaluation.weights import classWeights
    from spark_smote.inspection.inspect import inspect
    from spark_smote.pipeline import Resampled
    from spark_smote.samplers.adasyn import ADASYN
    from spark_smote.samplers.all_knn import AllKNN
    from spark_smote.samplers.borderline import BorderlineSMOTE
    from spark_smote.samplers.chain import Chain
    from spark_smote.samplers.enn import EditedNearestNeighbours
    from spark_smote.samplers.hardness import InstanceHardnessThreshold
    from spark_smote.samplers.kmeans_smote import KMeansSMOTE
    from spark_smote.samplers.ncr import NeighbourhoodCleaningRule
    from spark_smote.samplers.near_miss import NearMiss
    from spark_smote.samplers.one_sided import OneSidedSelection
    from spark_smote.samplers.polynom_fit import PolynomFitSMOTE
    from spark_smote.samplers.random_over import RandomOverSampler
    from spark_smote.samplers.random_under import RandomUnderSampler
    from spark_smote.samplers.renn import RepeatedEditedNearestNeighbours
    from spark_smote.samplers.smote import SMOTE
    from spark_smote.samplers.smote_enn import SMOTEENN
    from spark_smote.samplers.smote_tomek import SMOTETomek
    from spark_smote.samplers.smoten import SMOTEN
    from spark_smote.samplers.smotenc import SMOTENC
    from spark_smote.samplers.svm_smote import SVMSMOTE
    from spark_smote.samplers.tomek import TomekLinks

__version__ = "0.1.0"

_HOMES = {
    "SMOTE": "spark_smote.samplers.smote",
    "SMOTEN": "spark_smote.samplers.smoten",
    "SMOTENC": "spark_smote.samplers.smotenc",
    "SVMSMOTE": "spark_smote.samplers.svm_smote",
    "ADASYN": "spark_smote.samplers.adasyn",
    "AllKNN": "spark_smote.samplers.all_knn",
    "BorderlineSMOTE": "spark_smote.samplers.borderline",
    "EditedNearestNeighbours": "spark_smote.samplers.enn",
    "KMeansSMOTE": "spark_smote.samplers.kmeans_smote",
    "NeighbourhoodCleaningRule": "spark_smote.samplers.ncr",
    "RepeatedEditedNearestNeighbours": "spark_smote.samplers.renn",
    "NearMiss": "spark_smote.samplers.near_miss",
    "InstanceHardnessThreshold": "spark_smote.samplers.hardness",
    "OneSidedSelection": "spark_smote.samplers.one_sided",
    "SMOTEENN": "spark_smote.samplers.smote_enn",
    "SMOTETomek": "spark_smote.samplers.smote_tomek",
    "TomekLinks": "spark_smote.samplers.tomek",
    "Chain": "spark_smote.samplers.chain",
    "PolynomFitSMOTE": "spark_smote.samplers.polynom_fit",
    "RandomOverSampler": "spark_smote.samplers.random_over",
    "RandomUnderSampler": "spark_smote.samplers.random_under",
    "Resampled": "spark_smote.pipeline",
    "classWeights": "spark_smote.evaluation.weights",
    "inspect": "spark_smote.inspection.inspect",
}

__all__ = [
    "ADASYN",
    "SMOTE",
    "SMOTEENN",
    "SMOTEN",
    "SMOTENC",
    "SVMSMOTE",
    "AllKNN",
    "BorderlineSMOTE",
    "Chain",
    "EditedNearestNeighbours",
    "InstanceHardnessThreshold",
    "KMeansSMOTE",
    "NearMiss",
    "NeighbourhoodCleaningRule",
    "OneSidedSelection",
    "PolynomFitSMOTE",
    "RandomOverSampler",
    "RandomUnderSampler",
    "RepeatedEditedNearestNeighbours",
    "Resampled",
    "SMOTETomek",
    "TomekLinks",
    "__version__",
    "classWeights",
    "inspect",
]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
