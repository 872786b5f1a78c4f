"""The distributions against scipy."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from zhiyin.lib.distributions import (
    beta_quantile,
    beta_share,
    chi_square_quantile,
    chi_square_tail,
    rising_root,
    two_sided,
    z_quantile,
)

_probability = st.floats(0.0005, 0.9995)
_shape = st.floats(-1, 4).map(lambda power: 10.0**power)


@given(_probability, _shape, _shape)
def test_the_beta_quantile_is_scipys(probability: float, a: float, b: float) -> None:
    assert beta_quantile(probability, a, b) == pytest.approx(stats.beta.ppf(probability, a, b), abs=1e-10)


@given(st.floats(0, 1), _shape, _shape)
def test_the_beta_distribution_is_scipys(x: float, a: float, b: float) -> None:
    assert beta_share(x, a, b) == pytest.approx(stats.beta.cdf(x, a, b), abs=1e-9)


@given(_probability, st.floats(0, 4).map(lambda power: 10.0**power))
def test_the_chi_square_quantile_is_scipys(probability: float, degrees: float) -> None:
    assert chi_square_quantile(probability, degrees) == pytest.approx(stats.chi2.ppf(probability, degrees), rel=1e-9)


@given(st.floats(0, 5_000), st.floats(0.1, 2_000))
def test_the_chi_square_tail_is_scipys(x: float, degrees: float) -> None:
    assert chi_square_tail(x, degrees) == pytest.approx(stats.chi2.sf(x, degrees), abs=1e-9)


@given(st.floats(-8, 8))
def test_the_normal_tails_are_scipys(z: float) -> None:
    assert two_sided(z) == pytest.approx(2 * stats.norm.sf(abs(z)), rel=1e-9)


def test_the_reach_of_an_interval_of_95_percent_is_the_number_everyone_knows() -> None:
    assert z_quantile(0.95) == pytest.approx(1.959963984540054)


def test_quantiles_of_hopelessly_skewed_distributions_stay_inside_them() -> None:
    assert 0 <= beta_quantile(0.025, 0.001, 30.0) < 1e-6
    assert beta_quantile(0.975, 2_000.0, 0.5) < 1
    assert chi_square_quantile(0.0001, 1) == pytest.approx(stats.chi2.ppf(0.0001, 1), rel=1e-9)


def test_a_root_is_found_between_its_bounds() -> None:
    assert rising_root(lambda x: x * x - 2, 0.0, 2.0) == pytest.approx(2**0.5, abs=1e-14)
