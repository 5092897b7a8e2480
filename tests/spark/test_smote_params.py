"""Parameters: what may be set, what they default to, and what survives being saved."""

import ast
import inspect
import re

import numpy as np
import pytest
from pyspark.ml import Transformer
from pyspark.ml.util import DefaultParamsReader

from spark_smote import SMOTE, TomekLinks
from spark_smote.errors import ParameterError
from spark_smote.samplers import REGISTRY
from spark_smote.samplers.params import REQUIRED, Parameter
from tests.tables import counts, points

SAMPLERS = sorted(REGISTRY)


def parameters(cls):
    found = (getattr(cls, name) for name in dir(cls))
    return {p.name: p for p in found if isinstance(p, Parameter)}


def range_of(parameter):
    """Which check a parameter has, and the bounds that check was made with."""
    check = inspect.getclosurevars(parameter.typeConverter).nonlocals["check"].kept
    return check.__qualname__.partition(".")[0], inspect.getclosurevars(check).nonlocals


def most(number, bounds):
    """A number, or the largest one that the bounds allow."""
    return min(number, bounds.get("most") or number)


def bad_values(parameter):
    """Values just outside of what the parameter's own range says, and of other types."""
    kind, bounds = range_of(parameter)
    if kind == "whole":
        beyond = [] if bounds["most"] is None else [bounds["most"] + 1]
        return [bounds["least"] - 1, *beyond, True, "3", 2.5, float("nan"), [1], np.float64(3)]
    if kind == "number":
        least = bounds["least"]
        return [least - 1e-9, True, "3", float("nan"), float("inf"), [1.0]]
    if kind == "number_or_auto":
        beyond = [bounds["most"] + 1e-9] if bounds["most"] < 1e9 else []
        least = bounds["least"]
        return [least - 1e-9, *beyond, True, "3", "Auto", float("nan"), float("inf"), [1.0]]
    if kind == "one_of":
        first = bounds["choices"][0]
        return ["", first.upper(), f"{first} ", 7, True, [first]]
    if kind in ("strategy", "ratios"):
        return bad_strategies(kind, bounds["kind"])
    return {
        "flag": ["true", 1, 0, 1.0, [True]],
        "column": ["", 3, ["x"]],
        "column_or_none": [3, False, ["x"]],
        "columns": ["x", [1], {"x": 1}, 3],
        "columns_or_auto": ["Auto", "", [1], {"x": 1}, 3],
        "conditions": ["x > 1", [1], [" "], {"x": 1}, 3, ["x > 1", "x > 1"]],
        "policy": ["keep", "", 3, {"x": "keep"}, {"x": None}, {3: "copy"}, ["copy"]],
        "bounds": [
            "double", "ceil", "", 3, True, {"x": "ceil"}, {"x": None}, {3: "round"}, ["floor"],
        ],
    }[kind]  # fmt: skip


def bad_strategies(kind, of):
    if kind == "ratios":
        return [
            {}, {"a": 0}, {"a": -0.5}, {"a": float("nan")}, {"a": float("inf")}, {"a": "x"},
            {"a": True}, 0.5, "auto", ["a"],
        ]  # fmt: skip
    bad = [
        0.0, -0.25, 1.5, float("nan"), float("inf"), 1, 0, True, "most", "Auto", "0.5", object(),
        {}, {"a": 2.5}, {"a": -1}, {"a": True}, {"a": "9"}, [],
    ]  # fmt: skip
    word = "majority" if of == "over-sampling" else "minority"
    return [*bad, word, *([0.5, {"a": 9}] if of == "cleaning" else [["a"]])]


BAD = [
    pytest.param(method, name, value, id=f"{method}-{name}-{number}")
    for method in SAMPLERS
    for name, parameter in parameters(REGISTRY[method]).items()
    for number, value in enumerate(bad_values(parameter))
]


@pytest.mark.parametrize(("method", "name", "value"), BAD)
def test_values_out_of_range_are_refused_when_they_are_set(spark, method, name, value):
    sampler = REGISTRY[method]()
    capital = name[0].upper() + name[1:]
    for attempt in (
        lambda: REGISTRY[method](**{name: value}),
        lambda: sampler.setParams(**{name: value}),
        lambda: getattr(sampler, f"set{capital}")(value),
        lambda: sampler.copy({sampler.getParam(name): value}).plan(spark.range(3)),
    ):
        with pytest.raises(ParameterError) as caught:
            attempt()
        message = str(caught.value)
        assert name in message
        shown = [value]
        if isinstance(value, dict):
            shown += [*value, *value.values()]
        assert any(repr(each)[:12] in message for each in shown), message
        assert re.search(r"must|use|give|write|let|leave|name|outside", message), message
    assert not sampler.isSet(name)


@pytest.mark.parametrize("method", SAMPLERS)
def test_values_at_the_ends_of_a_range_are_accepted(spark, method):
    for name, parameter in parameters(REGISTRY[method]).items():
        kind, bounds = range_of(parameter)
        accepted = {
            "whole": [bounds.get("least"), bounds.get("most"), np.int32(most(7, bounds))],
            "one_of": list(bounds.get("choices", ())),
            "flag": [True, False],
            "number": [bounds.get("least"), np.float64(0.5)],
            "number_or_auto": [bounds.get("least"), np.float64(0.5), "auto"],
        }.get(kind, [])
        for value in accepted:
            if value is not None:
                sampler = REGISTRY[method](**{name: value})
                assert sampler.getOrDefault(name) == value
                assert type(sampler.getOrDefault(name)) in (int, float, str, bool)


@pytest.mark.parametrize("method", SAMPLERS)
def test_docstring_names_every_parameter_with_its_true_default(spark, method):
    cls = REGISTRY[method]
    text = inspect.getdoc(cls)
    section = text[text.index("Parameters\n") : text.index("Raises\n")]
    documented = dict(re.findall(r"^(\w+) : (.+)$", section, re.MULTILINE))

    assert set(documented) == set(parameters(cls))
    arguments = inspect.signature(cls).parameters
    assert list(arguments) == list(documented)
    assert {each.kind for each in arguments.values()} == {inspect.Parameter.KEYWORD_ONLY}
    for name, parameter in parameters(cls).items():
        default = re.search(r"default (.+)$", documented[name])
        if default:
            assert ast.literal_eval(default[1]) == parameter.default, name
        else:
            assert "optional" in documented[name], name
            assert parameter.default is REQUIRED or parameter.default == (), name


@pytest.mark.parametrize("method", SAMPLERS)
def test_every_parameter_can_be_read_set_unset_and_explained(spark, method):
    cls = REGISTRY[method]
    sampler = cls()
    explained = sampler.explainParams()
    for name, parameter in parameters(cls).items():
        get = getattr(sampler, f"get{name[0].upper()}{name[1:]}")
        set_ = getattr(sampler, f"set{name[0].upper()}{name[1:]}")
        default = None if parameter.default is REQUIRED else parameter.default
        default = [] if default == () else default
        assert get() == default
        assert f"{name}: " in explained
        assert parameter.doc in explained
        if range_of(parameter)[0] == "whole":
            value = most(9, range_of(parameter)[1])
            assert set_(value) is sampler
            assert get() == sampler.getOrDefault(name) == value
            assert set_(None) is sampler
            assert get() == default


def test_parameters_are_keyword_only_and_known():
    with pytest.raises(TypeError):
        SMOTE("label")
    with pytest.raises(ParameterError, match="kNeighbours.*did you mean kNeighbors"):
        SMOTE(kNeighbours=3)
    with pytest.raises(ParameterError, match="kNeighbours.*did you mean kNeighbors"):
        SMOTE().setParams(kNeighbours=3)


def test_a_parameter_of_other_samplers_is_told_whose_it_is(spark):
    said = r"TomekLinks has no parameter 'groupCols' \(a parameter of SMOTE, SMOTENC\)"
    with pytest.raises(ParameterError, match=said):
        TomekLinks(groupCols=["shop"])


def test_a_sampler_shows_what_was_asked_of_it(spark):
    assert repr(SMOTE(seed=7, samplingStrategy={"a": 9})) == (
        "SMOTE(seed=7, samplingStrategy={'a': 9})"
    )
    assert repr(SMOTE()) == "SMOTE()"


def test_none_leaves_a_parameter_as_it_is():
    assert SMOTE(kNeighbors=None).getKNeighbors() == 5
    assert not SMOTE(kNeighbors=None).isSet("kNeighbors")
    assert SMOTE(kNeighbors=3).setParams(kNeighbors=None).getKNeighbors() == 3


def test_a_copy_is_independent_and_takes_other_values():
    sampler = SMOTE(seed=1, samplingStrategy={"a": 5})
    other = sampler.copy({sampler.seed: 2})
    sampler.setKNeighbors(9)

    assert (sampler.getSeed(), other.getSeed(), other.getKNeighbors()) == (1, 2, 5)
    assert other.uid == sampler.uid
    assert other.getSamplingStrategy() == {"a": 5}


def test_saved_parameters_mean_the_same_after_loading(spark, tmp_path):
    table = points(spark, {"0": 40, "1": 12}, "id * 1D AS x", "'s' AS `a b`")
    asked = {
        "samplingStrategy": {1: 20, np.int64(0): np.int64(41)},
        "carryPolicy": {"a b": "copy"},
        "inputCols": ["x"],
        "ignoreCols": ["a b"],
        "kNeighbors": np.int64(3),
        "searchQuality": "fast",
        "standardize": False,
        "syntheticCol": "",
        "seed": -5,
    }
    sampler = SMOTE(**asked)
    path = str(tmp_path / "sampler")
    sampler.save(path)
    sampler.write().overwrite().save(path)
    loaded = SMOTE.load(path)

    assert sampler.getSamplingStrategy() == {1: 20, 0: 41}  # saving changes nothing
    assert type(loaded) is SMOTE
    assert loaded.uid == sampler.uid
    assert loaded.getSamplingStrategy() == {"1": 20, "0": 41}
    for name in set(asked) - {"samplingStrategy"}:
        assert loaded.getOrDefault(name) == sampler.getOrDefault(name), name
    for param in sampler.params:
        assert loaded.isSet(param.name) == sampler.isSet(param.name)
    one, other = (s.plan(table).resampled() for s in (sampler, loaded))
    assert counts(other) == {0: 41, 1: 20}
    assert sorted(map(tuple, one.collect())) == sorted(map(tuple, other.collect()))
    assert isinstance(DefaultParamsReader.loadParamsInstance(path, spark), SMOTE)


def test_saved_ratios_mean_the_same_after_loading(spark, tmp_path):
    path = str(tmp_path / "sampler")
    SMOTE(samplingRatios={True: 0.5}).save(path)
    table = points(spark, {"false": 40, "true": 12}, "id * 1D AS x")

    assert counts(SMOTE.load(path).resample(table)) == {False: 40, True: 20}


def test_a_function_cannot_be_saved_and_says_so(tmp_path, spark):
    def double(found):
        return {label: 2 * rows for label, rows in found.items()}

    sampler = SMOTE(samplingStrategy=double)
    with pytest.raises(ParameterError, match=r"samplingStrategy.*double.*cannot be saved.*dict"):
        sampler.save(str(tmp_path / "sampler"))

    assert not (tmp_path / "sampler").exists()
    assert sampler.copy().getSamplingStrategy() is double


def test_report_tells_what_was_asked_from_what_was_resolved(spark):
    plan = SMOTE(kNeighbors=7, onSmallClass="reduce").plan(points(spark, {"0": 40, "1": 4}))
    report = plan.report

    assert report.asked == {"kNeighbors": 7, "onSmallClass": "reduce"}
    assert report.resolved["seed"] == 0
    assert report.resolved["searchQuality"] == "balanced"
    rare = next(c for c in report.classes if c.label == 1)
    assert (rare.k_requested, rare.k_resolved) == (7, 3)


@pytest.mark.parametrize("method", SAMPLERS)
def test_a_sampler_cannot_be_taken_for_a_transformer(spark, method):
    assert not isinstance(REGISTRY[method](), Transformer)
    assert not hasattr(REGISTRY[method], "transform")
    assert not hasattr(REGISTRY[method], "fit")
