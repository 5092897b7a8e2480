"""Inspect a table under spark-submit; the same options as `spark-smote inspect`.

spark-submit --master yarn jobs/inspect_table.py INPUT --label LABEL --json

Not called inspect.py: scripts of this folder would import it for the standard library's module.
"""

import sys

from spark_smote.__main__ import main

if __name__ == "__main__":
    sys.argv.insert(1, "inspect")
    main()
