"""The formula language: what it says, how fast it moves, and where it is wrong."""

import ast
from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhiyin.lib.faults import Unclean
from zhiyin.lib.formula import DEEPEST, LONGEST, understand

FIGURES = {"a": 2.0, "b": 3.0, "c": 5.0, "zero": 0.0}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1.0),
        (".5 + 0.25", 0.75),
        ("a+b*c", 17.0),
        ("(a+b)*c", 25.0),
        ("a-b-c", -6.0),
        ("c/b/a", 5 / 6),
        ("-a*b", -6.0),
        ("a*-b", -6.0),
        ("--a", 2.0),
        ("min(a, b, c)", 2.0),
        ("max(a+b, c-1, 1)", 5.0),
        ("max(a)", 2.0),
        ("  0.7*a +0.15 * b+ 0.15*c ", 2.6),
        ("（a＋b）×c÷5－1", 4.0),
        ("max（a，b）", 3.0),
        ("zero*a", 0.0),
    ],
)
def test_what_a_formula_comes_to(text: str, value: float) -> None:
    result = understand(text).at(FIGURES)
    assert result is not None
    assert result.value == pytest.approx(value)


@pytest.mark.parametrize(
    "text", ["a/zero", "1/(a-2)", "1+a/0", "a/0*b", "b*(a/0)", "min(a, 1/zero)", "-(1/0)", "0/0", "1/0/2", "2/(1/0)"]
)
def test_a_division_by_nothing_is_not_measurable(text: str) -> None:
    assert understand(text).at(FIGURES) is None


@pytest.mark.parametrize(
    ("text", "code", "position"),
    [
        ("", "value", 1),
        ("a +", "value", 4),
        ("a + * b", "value", 5),
        ("()", "value", 2),
        ("a b", "trailing", 3),
        ("a)", "trailing", 2),
        ("2a", "trailing", 2),
        ("(a", "missing", 3),
        ("min a", "missing", 5),
        ("max(a; b)", "sign", 6),
        ("min(a b)", "missing", 7),
        ("min()", "value", 5),
        ("a ** b", "value", 4),
        ("a % b", "sign", 3),
        ("__import__('os')", "name", 1),
        ("a.b", "sign", 2),
        ("满意度", "sign", 1),
        ("nope + a", "name", 1),
        ("a + nope", "name", 5),
        ("1e5", "trailing", 2),
        ("a\x00", "sign", 2),
        ("9" * (LONGEST + 1), "length", LONGEST + 1),
        ("(" * (DEEPEST + 1) + "a", "depth", DEEPEST + 1),
        ("-" * (DEEPEST + 1) + "a", "depth", DEEPEST + 1),
    ],
)
def test_where_a_formula_is_wrong(text: str, code: str, position: int) -> None:
    with pytest.raises(Unclean) as raised:
        understand(text, known=frozenset(FIGURES))
    (fault,) = raised.value.faults
    assert (fault.code, fault.field, fault.position) == ("formula_invalid", "formula", position)
    assert raised.value.status == 422
    sentences = {
        "value": "missing",
        "trailing": "complete",
        "missing": "is missing",
        "sign": "no such sign",
        "name": "no measure",
        "length": "longer",
        "depth": "deeper",
    }
    assert sentences[code] in fault.sentence("en")
    assert "{" not in fault.sentence("zh-hans")


def test_a_formula_knows_what_it_needs() -> None:
    formula = understand("b * a + b / max(c, 1)")
    assert formula.names == ("b", "a", "c")
    assert formula.text == "b * a + b / max(c, 1)"
    assert understand("1 + 2").names == ()


def test_a_long_flat_formula_is_no_deep_one() -> None:
    found = understand("+".join("1" * (LONGEST // 2))).at({})
    assert found is not None
    assert found.value == LONGEST // 2


@pytest.mark.parametrize("text", ["1" * LONGEST, "(" * (DEEPEST - 1) + "a" + ")" * (DEEPEST - 1)])
def test_up_to_its_limits_a_formula_is_read(text: str) -> None:
    assert understand(text).at(FIGURES) is not None


_formulas = st.recursive(
    st.sampled_from(["a", "b", "c", "2", "0.5"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda parts: f"({parts[0]}{parts[1]}{parts[2]})"),
        st.tuples(st.sampled_from(["min", "max"]), inner, inner).map(
            lambda parts: f"{parts[0]}({parts[1]},{parts[2]})"
        ),
        inner.map(lambda part: f"(-{part})"),
    ),
    max_leaves=12,
)
_figure = st.floats(0.5, 4)


def _by_python(text: str, figures: dict[str, float]) -> float:
    """An independent reading: Python's own grammar says what binds to what, a few lines say what the nodes mean."""

    def value(node: ast.expr) -> float:
        match node:
            case ast.Constant():
                return float(node.value)
            case ast.Name():
                return figures[node.id]
            case ast.UnaryOp():
                return -value(node.operand)
            case ast.Call():
                return (min if node.func.id == "min" else max)(map(value, node.args))
        left, right = value(node.left), value(node.right)
        match node.op:
            case ast.Add():
                return left + right
            case ast.Sub():
                return left - right
            case ast.Mult():
                return left * right
        return left / right

    return value(ast.parse(text, mode="eval").body)


@given(_formulas, _figure, _figure, _figure)
def test_a_formula_means_what_arithmetic_means(text: str, a: float, b: float, c: float) -> None:
    figures = {"a": a, "b": b, "c": c}
    if len(text) > LONGEST:
        return
    try:
        expected = _by_python(text, figures)
    except ZeroDivisionError:
        assert understand(text).at(figures) is None
        return
    result = understand(text).at(figures)
    assert result is not None
    assert isclose(result.value, expected, rel_tol=1e-9, abs_tol=1e-9)


@pytest.mark.parametrize(
    "text", ["a*b/c", "(a-b)/(a+b)", "a*a*a", "min(a,b)*c", "max(a-c, b)/a", "0.7*a+0.3*b", "-a/b"]
)
def test_the_slopes_are_those_of_small_steps(text: str) -> None:
    formula, figures = understand(text), {"a": 2.0, "b": 3.0, "c": 5.0}
    result = formula.at(figures)
    assert result is not None
    step = 1e-6
    for name in formula.names:
        right, left = (formula.at({**figures, name: figures[name] + side * step}) for side in (1, -1))
        assert right is not None
        assert left is not None
        slope = (right.value - left.value) / (2 * step)
        assert result.slopes.get(name, 0.0) == pytest.approx(slope, abs=1e-6)
