"""The public samplers.

A new sampler is one file here and one line in `REGISTRY`.
"""

from spark_smote.samplers.adasyn import ADASYN
from spark_smote.samplers.all_knn import AllKNN
from spark_smote.samplers.base import Sampler
from spark_smote.samplers.borderline import BorderlineSMOTE
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

REGISTRY: dict[str, type[Sampler]] = {
    "smote": SMOTE,
    "smotenc": SMOTENC,
    "smoten": SMOTEN,
    "borderline": BorderlineSMOTE,
    "svmsmote": SVMSMOTE,
    "adasyn": ADASYN,
    "kmeans_smote": KMeansSMOTE,
    "polynomfit": PolynomFitSMOTE,
    "enn": EditedNearestNeighbours,
    "renn": RepeatedEditedNearestNeighbours,
    "allknn": AllKNN,
    "ncr": NeighbourhoodCleaningRule,
    "tomek": TomekLinks,
    "oss": OneSidedSelection,
    "nearmiss": NearMiss,
    "iht": InstanceHardnessThreshold,
    "smote_tomek": SMOTETomek,
    "smote_enn": SMOTEENN,
    "random_over": RandomOverSampler,
    "random_under": RandomUnderSampler,
}
"""Method names of the command line and of job configurations."""

__all__ = [
    "ADASYN",
    "REGISTRY",
    "SMOTE",
    "SMOTEENN",
    "SMOTEN",
    "SMOTENC",
    "SVMSMOTE",
    "AllKNN",
    "BorderlineSMOTE",
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
    "SMOTETomek",
    "Sampler",
    "TomekLinks",
]
