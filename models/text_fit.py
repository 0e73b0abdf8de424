"""From headline tests to a text model: a ridge on differences within tests, weighed by what their clicks can tell."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular  # type: ignore[import-untyped]

from models.headlines import HeadlineTests, same_image_pairs, words_of
from models.sentences import sentence_model
from models.text import TextModel

PENALTY = 200.0
"""Of the ridge, on standardised style vectors of about length sqrt(3). Between 100 and 300 nothing changes by .002."""

IMAGE_VARIANCE = 0.02
"""Of log CTR between images of a test; with it, texts beside different images are compared too, but trusted less."""

WORDS_VARIANCE = 0.06
"""Of log CTR between texts of a test, beyond what the model can explain; keeps arms with many clicks from ruling."""

TEST_VARIANCE = 100.0
"""Of log CTR between tests: so wide that only differences within a test count."""

PRIOR_IMPRESSIONS = 20.0
"""Impressions at the average CTR given to each arm, so that an arm without a click has a logarithm too."""


def style_of(tests: HeadlineTests) -> NDArray[np.float64]:
    """The style vector of each arm's headline, (n_arms, 1152). Slow (5 ms a headline): ask once and cut."""
    return sentence_model().read(tests.headlines).style.astype(np.float64)


def fitted(
    tests: HeadlineTests, style: NDArray[np.float64], *, deviation: float, prior: TextModel | None = None
) -> TextModel:
    """The model that the tests teach.

    Generalised least squares with random effects of test, image and wording (Henderson 1975, doi 10.2307/2529430), that
    is a ridge on whitened rows. Deterministic: it is solved in closed form.

    Args:
        tests: What to learn from.
        style: From :func:`style_of`, row by row.
        deviation: Goes into the model as it is; see :func:`unexplained_deviation`.
        prior: A model to start from: few tests then change little. Without one, it starts from "words do not matter".
    """
    average = tests.clicks.sum() / tests.impressions.sum()
    ctr = (tests.clicks + PRIOR_IMPRESSIONS * average) / (tests.impressions + PRIOR_IMPRESSIONS)
    scale = prior.scale if prior else style.std(axis=0) * np.sqrt(style.shape[1] / 3)
    start = prior.weights if prior else np.zeros(style.shape[1])
    target = np.log(ctr) - style @ start
    gram, moment = PENALTY * np.eye(style.shape[1]), np.zeros(style.shape[1])
    for arms, whitening in _whitened(tests):
        rows = whitening @ (style[arms] / scale)
        gram += rows.T @ rows
        moment += rows.T @ (whitening @ target[arms])
    return TextModel(weights=start + np.linalg.solve(gram, moment) / scale, scale=scale, deviation=deviation)


def _whitened(tests: HeadlineTests) -> Iterator[tuple[NDArray[np.intp], NDArray[np.float64]]]:
    """Arms of each test, and the matrix that makes their log CTRs independent with variance one."""
    order = np.argsort(tests.test, kind="stable")
    starts = np.flatnonzero(tests.test[order][1:] != tests.test[order][:-1]) + 1
    words = np.array([words_of(headline) for headline in tests.headlines], object)
    for arms in np.split(order, starts):
        if len(arms) > 1:
            sampling = np.diag(1 / (tests.clicks[arms] + 0.5))  # variance of the logarithm of a Poisson count
            same_image = tests.image[arms][:, None] == tests.image[arms]
            same_words = words[arms][:, None] == words[arms]
            covariance = sampling + IMAGE_VARIANCE * same_image + WORDS_VARIANCE * same_words + TEST_VARIANCE
            yield arms, solve_triangular(np.linalg.cholesky(covariance), np.eye(len(arms)), lower=True)


def unexplained_deviation(tests: HeadlineTests, scores: NDArray[np.float64]) -> float:
    """Standard deviation of a headline's true log CTR around its score, within a test beside the same image.

    By the method of moments: what is left of the pairs' differences beyond what chance alone does to clicks. ``scores``
    must come from models that have not seen the tests, else it is too small.
    """
    pairs = same_image_pairs(tests)
    log_ctr = np.log((tests.clicks + 0.5) / tests.impressions)
    noise = 1 / (tests.clicks + 0.5)
    surprise = np.diff((log_ctr - scores)[np.stack([pairs.loser, pairs.winner])], axis=0)[0]
    chance = noise[pairs.winner] + noise[pairs.loser]
    weight = 1 / (chance + 2 * WORDS_VARIANCE)
    return float(np.sqrt(max(0.0, np.average(surprise**2 - chance, weights=weight) / 2)))
