"""The public samplers.

A new sampler is one file here and one line in `REGISTRY`.
"""

from spark_smote.samplers.base import Sampler
from spark_smote.samplers.smote import SMOTE
from spark_smote.samplers.smotenc import SMOTENC

REGISTRY: dict[str, type[Sampler]] = {"smote": SMOTE, "smotenc": SMOTENC}
"""Method names of the command line and of job configurations."""

__all__ = ["REGISTRY", "SMOTE", "SMOTENC", "Sampler"]
