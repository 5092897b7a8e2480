"""The public samplers.

A new sampler is one file here and one line in `REGISTRY`.
"""

from spark_smote.samplers.base import Sampler
from spark_smote.samplers.enn import EditedNearestNeighbours
from spark_smote.samplers.smote import SMOTE
from spark_smote.samplers.smotenc import SMOTENC
from spark_smote.samplers.tomek import TomekLinks

REGISTRY: dict[str, type[Sampler]] = {
    "smote": SMOTE,
    "smotenc": SMOTENC,
    "enn": EditedNearestNeighbours,
    "tomek": TomekLinks,
}
"""Method names of the command line and of job configurations."""

__all__ = ["REGISTRY", "SMOTE", "SMOTENC", "EditedNearestNeighbours", "Sampler", "TomekLinks"]
