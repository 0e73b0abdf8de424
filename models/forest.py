"""A grown forest as arrays: the same answers as scikit-learn's, without loading scikit-learn.

scikit-learn grows the forest (:mod:`models.next_action_fit`). Whoever only asks it would load that library, and with
it scipy's statistics, for nothing else: 1.2 s and 90 MB of each process of the API and each worker.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

AT_ONCE = 512
"""Rows that are asked together: what their walks touch then stays in the processor's cache."""

STEPS = 6
"""Between looking which walks are at their ends; leaves are up to 30 steps deep, half of them less than 12."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Forest:
    """Trees whose nodes stand in one table; of two siblings the right one stands right behind the left one.

    Attributes:
        roots: (n_trees,) where each tree begins.
        feature: (n_nodes,) the column that a node looks at; 0 in leaves.
        threshold: (n_nodes,) more than that goes to the right; infinite in leaves, so that a walk stays there.
        left: (n_nodes,) the left child; in leaves the leaf itself.
        share: (n_nodes,) of the rows it was grown on that came to this node, the share of hits.
    """

    roots: NDArray[np.intp]
    feature: NDArray[np.intp]
    threshold: NDArray[np.float32]
    left: NDArray[np.intp]
    share: NDArray[np.float64]

    @classmethod
    def of(cls, trees: Sequence[Any]) -> Self:
        """From the trees of a scikit-learn classifier of hit or not (``estimator.tree_`` of each)."""
        tables, roots, size = [], [], 0
        for tree in trees:
            roots.append(size)
            tables.append(_renumbered(tree, first=size))
            size += tree.node_count
        feature, threshold, left, share = (np.concatenate(column) for column in zip(*tables, strict=True))
        return cls(
            roots=np.array(roots, np.intp),
            feature=feature,
            threshold=threshold,
            left=left,
            share=share,
        )

    def votes(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """(n,) the share of hits where each row ends, on average over the trees.

        All trees walk all rows down together, a level a step: a tenth of a millisecond for one user's candidates, a
        third less than asking scikit-learn's trees one by one; twice as much as those where many rows are asked.

        Args:
            rows: (n, n_features)
        """
        told = np.empty(len(rows))
        for start in range(0, len(rows), AT_ONCE):
            told[start : start + AT_ONCE] = self._votes(rows[start : start + AT_ONCE])
        return told

    def _votes(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        flat = rows.ravel()
        # One walk for each tree and row: where it is, where its row begins, and its number.
        at = np.repeat(self.roots, len(rows))
        row = np.tile(np.arange(len(rows)) * rows.shape[1], len(self.roots))
        walks, leaves = np.arange(len(at)), np.empty(len(at), np.intp)
        while len(walks):
            for _ in range(STEPS):
                right = flat.take(row + self.feature.take(at)) > self.threshold.take(at)
                at = self.left.take(at) + right
            leaves[walks] = at
            on = self.left.take(at) != at
            walks, at, row = walks[on], at[on], row[on]
        return np.asarray(self.share.take(leaves).reshape(len(self.roots), len(rows)).mean(axis=0))


def _renumbered(tree: Any, *, first: int) -> tuple[NDArray[Any], ...]:
    """Feature, threshold, left child and share of each node, siblings side by side, numbered from ``first`` on."""
    order = [0]
    for node in order:
        if tree.children_left[node] >= 0:
            order += [tree.children_left[node], tree.children_right[node]]
    places = np.empty(len(order), np.intp)
    places[order] = np.arange(len(order)) + first
    leaf = tree.children_left[order] < 0
    left = np.where(leaf, places[order], places[tree.children_left[order]]).astype(np.intp)
    feature = np.where(leaf, 0, tree.feature[order]).astype(np.intp)
    share = tree.value[order, 0, -1].astype(np.float64)
    return feature, np.where(leaf, np.float32(np.inf), _rounded_down(tree.threshold[order])), left, share


def _rounded_down(numbers: NDArray[np.float64]) -> NDArray[np.float32]:
    """As float32, never above: what is compared with them is float32, so that each comparison stays the same."""
    rounded = numbers.astype(np.float32)
    return np.where(rounded > numbers, np.nextafter(rounded, np.float32(-np.inf)), rounded)
