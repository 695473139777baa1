"""Parameters: what a parameter cell declares, and values as texts and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from repsim_book.parameters import Parameter, read_parameters, resolve
from repsim_core.errors import InputError, nearest
from repsim_core.notebook import check
from repsim_core.texts import shown, written


def test_a_parameter_cell_is_read_with_types_defaults_and_meanings():
    source = (
        "classes: int = 7  # number of labels K\n"
        "# a remark of its own line is no meaning\n"
        "rates: list[float] = [  # the first line's comment\n    1, 2.5,\n]  # learning rates, with a # in it\n"
        "seed: int | None = None  # none for a new one\n"
        "name: str = 'a # b'  # a text\n"
        "odd: str | None = 'none'  # a text, too\n"
        "words: list[str] = ['\"a\"', '']  # texts as Python has them\n"
    )
    found = read_parameters(source)
    assert [(p.name, p.type, p.default, p.meaning) for p in found.values()] == [
        ("classes", "int", 7, "number of labels K"),
        ("rates", "list[float]", [1.0, 2.5], "learning rates, with a # in it"),
        ("seed", "int | None", None, "none for a new one"),
        ("name", "str", "a # b", "a text"),
        ("odd", "str | None", "none", "a text, too"),
        ("words", "list[str]", ['"a"', ""], "texts as Python has them"),
    ]
    assert all(type(item) is float for item in found["rates"].default)


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("classes = 7  # number", "line 1: expected `name: type = value  # meaning`"),
        ("classes: int = 7", "classes has no comment"),
        ("import os  # what for", "expected `name: type"),
        ("a: int  # no value", "expected `name: type"),
        ("a: dict = {}  # x", "the type dict is not among"),
        ("a: int | str = 1  # x", "the type int | str is not among"),
        ("a: int = 1  # x\na: int = 2  # y", "line 2: a appears twice"),
        ("a: int = 1.5  # x", "a = 1.5 has the wrong type; expected is int"),
        ("a: int = '1'  # x", "a = '1' has the wrong type; expected is int"),
        ("a: list[int] = '1,2'  # x", "a = '1,2' has the wrong type"),
        ("a: int = None  # x", "a = None has the wrong type"),
        ("a: int = 3 * 5  # x", "line 1"),
        ("a: list[int] = [1, '2']  # x", "a = [1, '2'] has the wrong type; expected is list[int]"),
        ("a: list[str] = 'b,c'  # x", "a = 'b,c' has the wrong type; expected is list[str]"),
        ("a: str | None = 3  # x", "a = 3 has the wrong type; expected is str | None"),
        ("a: list[int] = {[]: 1}  # x", "line 1"),
        ("a: int = (1  # x", "the parameter cell is no Python"),
        ('a: int = """1  # x', "the parameter cell is no Python"),
        (f"a: int = {'[' * 3000}1{']' * 3000}  # x", "the parameter cell is no Python"),
    ],
)
def test_a_parameter_cell_out_of_form_is_refused(source, complaint):
    with pytest.raises(ValueError, match="parameter cell") as error:
        read_parameters(source)
    assert complaint in str(error.value)


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("int", "9", 9),
        ("int", " -3 ", -3),
        ("float", "30", 30.0),
        ("float", 30, 30.0),
        ("float", "1e-3", 1e-3),
        ("str", " as it is ", " as it is "),
        ("str", "none", "none"),
        ("str", "", ""),
        ("bool", "True", True),
        ("bool", "false", False),
        ("list[int]", "[5,0,2]", [5, 0, 2]),
        ("list[int]", "5, 0,2", [5, 0, 2]),
        ("list[int]", "[]", []),
        ("list[int]", "7", [7]),
        ("list[float]", [1, 0.5], [1.0, 0.5]),
        ("list[str]", "a, b", ["a", "b"]),
        ("int | None", "none", None),
        ("int | None", None, None),
        ("int | None", "4", 4),
        ("list[int] | None", "null", None),
        ("str | None", "None", None),
        ("str | None", '"none"', "none"),
        ("str", '"a b"', "a b"),
        ("str", "'it''s'", "it's"),
        ("str", '"a" and "b"', '"a" and "b"'),
        ("str", '"', '"'),
        ("list[str]", '["a","b"]', ["a", "b"]),
        ("list[str]", "['a', \"b\"]", ["a", "b"]),
        ("list[str]", '"a,b", c', ["a,b", "c"]),
        ("list[str]", '[""," a","]","\\""]', ["", " a", "]", '"']),
        ("list[str]", "it's, so", ["it's", "so"]),
        ("list[str]", "none", ["none"]),
        ("list[str]", ['"a"', "b,c"], ['"a"', "b,c"]),
        ("list[int]", ["1", 2], [1, 2]),
        ("float", "5.", 5.0),
        ("float", "-.5E+03", -500.0),
        ("int", "+0", 0),
    ],
)
def test_values_are_converted(kind, value, expected):
    converted = Parameter("x", kind, None, "").convert(value)
    assert converted == expected
    assert type(converted) is type(expected)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("int", "9.0"),
        ("int", "nine"),
        ("int", ""),
        ("int", 9.0),
        ("int", True),
        ("int", None),
        ("int", [1]),
        ("float", "nan"),
        ("float", "inf"),
        ("float", float("inf")),
        ("float", False),
        ("float", "1,5"),
        ("float", 10**400),
        ("bool", "1"),
        ("bool", 1),
        ("bool", "yes"),
        ("str", 3),
        ("str", None),
        ("list[int]", "[1,2.5]"),
        ("list[int]", "[1,,2]"),
        ("list[int]", "[[1],[2]]"),
        ("list[int]", 5),
        ("list[int]", "none"),
        ("list[float]", {"a": 1}),
        ("int | None", "nothing"),
        # what not everybody, or not every program, reads as the same number
        ("int", "010"),
        ("int", "1_000"),
        ("int", "０１"),
        ("int", "٣"),
        ("int", "0x10"),
        ("int", "1e3"),
        ("int", '"5"'),
        ("float", "01.5"),
        ("float", "1_0.0"),
        ("float", "１.5"),
        ("float", "1e999"),
        ("float", "infinity"),
        ("float", "0x1p3"),
        ("float", "1e0_1"),
        ("float", "."),
        ("list[int]", "1,02"),
        ("list[int]", '["1"]'),
        # items that could be meant in several ways
        ("list[str]", "a,,b"),
        ("list[str]", "a,"),
        ("list[str]", "[a],[b]"),
        ("list[str]", '"a,b'),
        ("list[str]", '"a"b,c'),
        ("list[str]", 'a"b'),
        ("list[str]", r'["\x"]'),
        # half a character, as bytes of another encoding become on a command line
        ("str", "\udcff"),
        ("list[str]", ["\ud800"]),
    ],
)
def test_values_of_another_type_are_refused_with_name_value_and_type(kind, value):
    with pytest.raises(InputError) as error:
        Parameter("rho_max", kind, None, "").convert(value)
    assert str(error.value).startswith(f"rho_max = {shown(value)} has the wrong type; expected is {kind}")


NASTY = st.text("aN o,;[]{}=:#é\"'\\\n\t\0漢", max_size=6) | st.sampled_from(
    ["none", " None ", "null", "true", "3", '"a"', "'a'", "''", '"', "[]", "[a,b]", "--html", "=", "~", "010"]
)
KINDS = {
    "int": st.integers(),
    "float": st.floats(allow_nan=False, allow_infinity=False),
    "bool": st.booleans(),
    "str": NASTY | st.text(),
}
TYPES = {
    **KINDS,
    **{f"list[{kind}]": st.lists(values, max_size=5) for kind, values in KINDS.items()},
}
TYPES |= {f"{kind} | None": st.none() | values for kind, values in TYPES.items()}


@given(st.data(), st.sampled_from(sorted(TYPES)))
def test_what_is_written_is_read_back_as_the_same_value(data, kind):
    value = data.draw(TYPES[kind])
    read = Parameter("x", kind, None, "").convert(written(value))
    assert repr(read) == repr(value)  # also its type, and that of items, and the sign of a zero


@given(st.data(), st.sampled_from([kind for kind in sorted(TYPES) if "str" not in kind or "list" in kind]))
def test_values_that_have_their_type_stay_as_they_are(data, kind):
    value = data.draw(TYPES[kind])
    assert repr(Parameter("x", kind, None, "").convert(value)) == repr(value)


def test_unknown_names_are_answered_with_the_nearest_and_all_known():
    known = {name: Parameter(name, "int", 1, "x") for name in ("classes", "rho_max", "seed")}
    with pytest.raises(InputError, match=r"clases is no parameter of 02_theorem; did you mean classes"):
        resolve(known, {"clases": 4}, "02_theorem")
    with pytest.raises(InputError, match=r"^zzz is no parameter; known are: classes, rho_max, seed$"):
        resolve(known, {"zzz": 4})
    assert nearest("SEED", known).startswith("did you mean seed?")
    assert nearest("seed", []) == "there are none"


def test_check_names_the_parameter_what_was_found_and_what_is_allowed():
    check(np.bool_(True), "classes", 7, "at least 4")
    said = ["3", "none", "true", "three", "[a]", '""']
    for value, text in zip((3, None, True, "three", ["a"], ""), said, strict=True):
        with pytest.raises(InputError) as error:
            check(np.bool_(False), "classes", value, "at least 4")
        assert str(error.value) == f"classes = {text} is not possible; allowed is: at least 4"


def test_a_message_has_no_line_breaks_and_an_end():
    with pytest.raises(InputError) as error:
        Parameter("x", "int", 1, "").convert("a\nb")
    assert str(error.value).startswith(r'x = "a\nb" has the wrong type')
    with pytest.raises(InputError) as error:
        check(False, "x", list(range(10**5)), "shorter")
    assert len(str(error.value)) < 300
