"""Where gradients vanish and explode, by a factor of a thousand."""

import numpy as np

from gruviz.analysis import acting, set_out, vanishing
from gruviz.recording.gradient import SUM


def test_a_loss_at_one_timestep_is_held_against_that_one():
    norms = np.array([-5.0, -2.0, 1.0, -np.inf])
    assert set_out(norms, 2) == 1.0
    np.testing.assert_array_equal(vanishing(norms, 1.0), [-1, 0, 0, -1])


def test_a_sum_is_held_against_the_median():
    norms = np.array([0.0, 0.1, 4.0, np.nan, -np.inf, -0.1])
    assert set_out(norms, SUM) == 0.05
    np.testing.assert_array_equal(vanishing(norms, 0.05), [0, 0, 1, 0, -1, 0])
    assert np.isnan(set_out(np.array([np.nan, -np.inf]), SUM))


def test_a_factor_of_a_thousand_is_not_enough_and_more_is():
    np.testing.assert_array_equal(vanishing(np.array([-3.0, -3.001, 3.0, 3.001])), [0, -1, 0, 1])


def test_what_comes_after_the_loss_has_not_vanished():
    norms = np.array([-np.inf, -5.0, -np.inf, 0.0, -np.inf, -np.inf])
    assert acting(norms) == slice(0, 4)
    assert acting(norms, backward=True) == slice(1, 6)
    assert acting(np.full(3, -np.inf)) == slice(0, 3)  # of a loss on which no state acts
