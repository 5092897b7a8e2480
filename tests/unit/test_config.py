"""The YAML of a job, the command line laid over it, and what is said about mistakes in either."""

import re
from pathlib import Path

import pytest

from spark_smote import SMOTE
from spark_smote.config import ResampleConfig, load_config, parse_value
from spark_smote.demo import demo_config
from spark_smote.errors import ParameterError, PathError

CONF = Path(__file__).parents[2] / "conf"
PATHS = {"input.path": "in.parquet", "output.path": "out"}


@pytest.fixture
def write(tmp_path):
    def _write(text):
        path = tmp_path / "job.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return _write


def test_paths_alone_make_a_configuration():
    config = load_config(options=PATHS)

    assert config.input.path == "in.parquet"
    assert config.output.if_exists == "error"
    assert config.method == "smote"
    assert config.params == {}


def test_command_line_options_win_over_the_file(write):
    path = write("input: {path: a}\noutput: {path: b}\nparams: {kNeighbors: 3, seed: 1}")

    config = load_config(path, options={"output.path": "c"}, overrides=["params.kNeighbors=7"])

    assert (config.input.path, config.output.path) == ("a", "c")
    assert config.params == {"kNeighbors": 7, "seed": 1}


def test_options_not_given_leave_the_file_alone(write):
    path = write("input: {path: a}\noutput: {path: b, interleave: true}")

    config = load_config(path, options={"output.path": None, "output.interleave": None})

    assert config.output.path == "b"
    assert config.output.interleave is True


def test_dots_below_a_free_form_section_belong_to_the_key():
    config = load_config(
        options=PATHS,
        overrides=["spark.config.spark.sql.shuffle.partitions=4", "input.options.nullValue=NA"],
    )

    assert config.spark.config == {"spark.sql.shuffle.partitions": 4}
    assert config.input.options == {"nullValue": "NA"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7", 7),
        ("0.25", 0.25),
        ("1e-3", 0.001),
        ('{"fraud": 500}', {"fraud": 500}),
        ("{1: 500}", {1: 500}),
        ("[a, b]", ["a", "b"]),
        ("auto", "auto"),
        ("not minority", "not minority"),
        ("true", True),
        ("NaN", "NaN"),
        ("", None),
        ("[unclosed", "[unclosed"),
        ("a=b", "a=b"),
    ],
)
def test_values_on_the_command_line_are_json_or_yaml_or_text(text, value):
    assert parse_value(text) == value


def test_numbers_with_an_exponent_are_numbers_in_a_file_as_well(write):
    path = write("input: {path: a}\noutput: {path: b}\nparams: {x: 1e-3, y: 2E5, z: -1e+2}")

    assert load_config(path).params == {"x": 1e-3, "y": 2e5, "z": -1e2}


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("outptu: {path: b}", ["unknown key 'outptu'", "did you mean 'output'?"]),
        ("searchQuality: fast", ["unknown key 'searchQuality'", "as in params.searchQuality"]),
        ("output: {path: b, partitionBy: [x]}", ["'output.partitionBy'", "'partition_by'"]),
        ("report: {htm: true}", ["'report.htm'", "did you mean 'html'?"]),
        ("report: {jsno: true}", ["'report.jsno'", "did you mean 'json'?"]),
        ("spark: {zzz: 1}", ["'spark.zzz'", "known: app_name, config, master"]),
        ("output: {path: b, target_file_mb: 0}", ["output.target_file_mb=0", "greater than"]),
        ("output: {path: b, if_exists: delete}", ["if_exists='delete'", "'error' or 'replace'"]),
        ("output: {path: b, interleave: 1}", ["output.interleave=1", "boolean"]),
        ("output: {path: 12}", ["output.path=12", "string"]),
        ("output: {}", ["output.path is missing", "give OUTPUT on the command line"]),
        ("params: [1]", ["params=[1]", "dictionary"]),
    ],
)
def test_an_error_names_key_value_bound_remedy_and_file(write, text, messages):
    path = write("input: {path: a}\n" + text)

    with pytest.raises(ParameterError) as raised:
        load_config(path, options={"output.path": "b"} if "output" not in text else None)

    for message in [*messages, str(path)]:
        assert message in str(raised.value)
    assert raised.value.exit_code == 2


def test_missing_paths_say_where_they_can_be_given():
    with pytest.raises(ParameterError, match=r"input\.path is missing: give INPUT") as raised:
        load_config()

    assert "output.path is missing: give OUTPUT" in str(raised.value)


def test_a_key_written_twice_is_refused(write):
    path = write("input: {path: a}\nparams:\n  seed: 1\n  seed: 2\n")

    with pytest.raises(ParameterError, match=r"line 4.*'seed' is written twice"):
        load_config(path)


def test_a_value_given_twice_on_the_command_line_is_refused():
    with pytest.raises(ParameterError, match=r"params\.kNeighbors is given twice.*5 and 7"):
        load_config(options={**PATHS, "params.kNeighbors": 5}, overrides=["params.kNeighbors=7"])


@pytest.mark.parametrize("override", ["params.kNeighbors", "=7", "params.kNeighbors 7"])
def test_an_override_without_key_or_value_is_refused(override):
    with pytest.raises(ParameterError, match="is not of the form key=value"):
        load_config(options=PATHS, overrides=[override])


def test_an_override_below_a_plain_value_is_refused(write):
    path = write("input: plain\noutput: {path: b}")

    with pytest.raises(ParameterError, match="input is 'plain', not a section"):
        load_config(path, overrides=["input.path=a"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1, 2]", "holds a list"),
        ("input: {path: a", "not valid YAML"),
        ("x: !!python/name:os.system", "YAML"),
    ],
)
def test_a_file_that_is_no_yaml_mapping_is_refused(write, text, message):
    with pytest.raises(ParameterError, match=message):
        load_config(write(text))


def test_an_empty_file_is_an_empty_configuration(write):
    assert load_config(write("# nothing\n"), options=PATHS).input.path == "in.parquet"


def test_a_file_that_cannot_be_read_is_a_path_error(tmp_path):
    with pytest.raises(PathError, match=r"nowhere\.yaml.*No such file"):
        load_config(tmp_path / "nowhere.yaml")


def test_the_resolved_configuration_loads_again(tmp_path):
    config = load_config(options={**PATHS, "params": {"samplingStrategy": {1: 500, "x": 3}}})
    path = tmp_path / "again.yaml"
    path.write_text(config.to_yaml(), encoding="utf-8")

    assert load_config(path) == config


def test_the_commented_configuration_loads_and_shows_every_key_with_its_default():
    config = load_config(CONF / "resample.yaml")
    shown = config.model_dump(by_alias=True)
    defaults = load_config(options=PATHS).model_dump(by_alias=True)

    assert shown.keys() == defaults.keys()
    for section, keys in defaults.items():
        if section == "params":
            continue
        if isinstance(keys, dict):
            assert (
                shown[section] == {**keys, "path": shown[section]["path"]}
                if "path" in keys
                else keys
            )
    text = (CONF / "resample.yaml").read_text(encoding="utf-8")
    for section, field in ResampleConfig.model_fields.items():
        assert f"\n{section}:" in text
        for name, inner in getattr(field.annotation, "model_fields", {}).items():
            assert f"\n  {inner.alias or name}:" in text


def test_the_demo_configuration_is_what_the_demo_runs():
    assert load_config(CONF / "demo.yaml") == demo_config(Path("demo_output"))


def test_the_commented_configuration_shows_every_parameter_with_its_default():
    sampler = SMOTE()
    lines = (CONF / "resample.yaml").read_text(encoding="utf-8").splitlines()
    shown = load_config(CONF / "resample.yaml").params

    for param in sampler.params:
        line = next(line for line in lines if re.match(rf"  (# )?{param.name}:", line))
        if "(example" not in line and "# " + param.name not in line:
            assert shown[param.name] == sampler.getOrDefault(param)
