"""Hash families: fitted on a sample, they say which buckets a row belongs to. No Spark.

A new family is one file here and one line in `FAMILIES`.
"""

from spark_smote.lsh.family import FitSettings, HashFamily, Placement
from spark_smote.lsh.projection import RandomProjectionHash
from spark_smote.lsh.voronoi import VoronoiHash

FAMILIES: dict[str, type[HashFamily]] = {
    "voronoi": VoronoiHash,
    "random_projection": RandomProjectionHash,
}

__all__ = [
    "FAMILIES",
    "FitSettings",
    "HashFamily",
    "Placement",
    "RandomProjectionHash",
    "VoronoiHash",
]
