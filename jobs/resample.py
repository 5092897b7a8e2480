"""Resample a table under spark-submit; the same options as `spark-smote resample`.

spark-submit --master yarn jobs/resample.py INPUT OUTPUT --label LABEL --config conf/resample.yaml

Ship the package with the job (`--py-files`, `--archives`) where the cluster does not have it.
"""

import sys

from spark_smote.__main__ import main

if __name__ == "__main__":
    sys.argv.insert(1, "resample")
    main()
