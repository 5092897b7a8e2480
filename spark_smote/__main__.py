"""The command `spark-smote`, also as `python -m spark_smote`."""

import sys


def main() -> None:
    """Run the command line; say what to install where its libraries are missing."""
    try:
        from spark_smote.cli import run
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing == "spark_smote":
            raise
        sys.stderr.write(
            f"error: the command line needs {missing}: pip install 'spark-smote[cli,report]'\n"
        )
        sys.exit(4)
    run()


if __name__ == "__main__":
    main()
