"""Who loads what: the boundaries that import-linter cannot see from the source alone."""

import subprocess
import sys

import pytest

from spark_smote.cli import METHODS
from spark_smote.samplers import REGISTRY


def _loaded_after(statement):
    code = f"import sys\n{statement}\nprint(' '.join({{m.partition('.')[0] for m in sys.modules}}))"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return set(answer.stdout.split())


@pytest.mark.parametrize("room", ["kernels", "lsh"])
def test_rooms_below_the_plans_load_no_spark(room):
    loaded = _loaded_after(f"import spark_smote.{room}")

    assert "spark_smote" in loaded
    assert not loaded & {"pyspark", "py4j"}


def test_the_package_itself_loads_nothing_heavy():
    loaded = _loaded_after("import spark_smote")

    assert not loaded & {"pyspark", "pandas", "numpy", "sklearn", "pyarrow", "pydantic", "typer"}


@pytest.mark.parametrize("name", ["SMOTE", "inspect"])
def test_public_names_load_nothing_that_only_the_command_line_needs(name):
    loaded = _loaded_after(f"from spark_smote import {name}")

    assert not loaded & {"pydantic", "yaml", "typer", "matplotlib", "jinja2"}


def test_the_command_line_shows_its_help_without_loading_spark():
    loaded = _loaded_after("import spark_smote.cli")

    assert not loaded & {"pyspark", "sklearn", "matplotlib"}


def test_the_help_names_every_method():
    named = set(METHODS.replace(" or ", ", ").split(", "))

    assert named | {"smote"} == set(REGISTRY)
