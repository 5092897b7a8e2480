"""Names mean Spark's functions, or the table is refused."""

import ast
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from pyspark.sql import functions as F

import spark_smote
from spark_smote import SMOTE, inspect
from spark_smote.errors import ParameterError
from spark_smote.plans.called import CALLED_BY_NAME, refuse_replaced_functions
from tests.tables import classes, clustered

WORDS = {"and", "as", "cast", "decimal", "not", "then", "when"}
"""What may come before a bracket and is no function."""

NO_FUNCTIONS = {"broadcast", "col", "expr", "lit", "unwrap_udt", "when"}
"""What `pyspark.sql.functions` has beside functions of SQL."""

NOT_IN_EVERY_VERSION = {"schema_of_variant", "st_asbinary", "st_srid"}
"""A catalog without them does not know their names."""

IN_SQL = {"create_map": "map", "log": "ln"}
"""Functions of columns that have another name there."""


def test_what_plans_call_by_name_is_what_sessions_may_not_replace(spark, monkeypatch):
    texts = []

    def noted(text, expr=F.expr):
        texts.append(text)
        return expr(text)

    table = classes(
        spark,
        {"1": 40, "0": 400},
        f"{clustered(1)} AS double",
        f"CAST(9 * {clustered(2)} AS INT) AS rounded",
        f"CAST(9 * {clustered(3)} AS INT) AS cut",
        f"nullif(CAST(9 * {clustered(4)} AS INT), 3) AS holes",
    )
    vectors = table.selectExpr("label", "array(rounded, cut) AS features")
    others = table.selectExpr(
        "*", "'a' AS text", "DATE'2020-01-01' AS day", "TIMESTAMP'2020-01-01' AS moment"
    )
    monkeypatch.setattr(F, "expr", noted)
    numbers = SMOTE(
        inputCols=["double", "rounded", "cut", "holes"],
        idCol="id",
        boundsPolicy={"cut": "floor"},
        handleInvalid="impute",
    )
    numbers.plan(table).resampled()
    SMOTE(featuresCol="features").plan(vectors).resampled()
    inspect(others, labelCol="label")

    called = {name.lower() for text in texts for name in re.findall(r"(\w+) ?\(", text)} - WORDS
    assert called >= {"abs", "array", "coalesce", "isnan", "rint", "transform", "xxhash64"}
    assert called <= set(CALLED_BY_NAME)


def test_what_columns_call_is_what_sessions_may_not_replace():
    used = set()
    for module in Path(spark_smote.__file__).parent.rglob("*.py"):
        tree = ast.parse(module.read_text(encoding="utf-8"))
        imported = [n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)]
        names = {
            given.asname or given.name
            for each in imported
            if each.module == "pyspark.sql"
            for given in each.names
            if given.name == "functions"
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                used |= {node.attr} if node.value.id in names else set()

    assert len(used) > 40
    called = {IN_SQL.get(name, name) for name in used} - NO_FUNCTIONS - NOT_IN_EVERY_VERSION
    assert called <= set(CALLED_BY_NAME)


def test_the_catalog_knows_each_of_them_for_sparks_own(spark):
    refuse_replaced_functions(SimpleNamespace(version="4.1.0", catalog=spark.catalog))


def session(version, replaced):
    """A session of a version of Spark in which some functions are the user's."""

    def described(name):
        mine = "org.apache.spark.sql.UDFRegistration$$Lambda$1180/0x00007fe47085aa08"
        own = f"org.apache.spark.sql.catalyst.expressions.{name.title()}"
        return SimpleNamespace(className=mine if name in replaced else own)

    return SimpleNamespace(version=version, catalog=SimpleNamespace(getFunction=described))


def test_functions_in_the_place_of_sparks_own_are_refused_by_name():
    with pytest.raises(ParameterError, match=r"\['abs', 'rint'\].*3\.5\.9.*other names"):
        refuse_replaced_functions(session("3.5.9", {"rint", "abs", "mine"}))


def test_functions_under_other_names_and_newer_versions_are_no_matter(spark):
    refuse_replaced_functions(session("3.5.9", {"mine"}))
    refuse_replaced_functions(session("4.2.1", {"abs"}))
    refuse_replaced_functions(spark)
