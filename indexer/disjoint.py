"""Disjoint sets that are joined step by step (union-find). Not for what their members are."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)


class DisjointSets(Generic[T]):
    """Each of ``members`` in a set of its own at first."""

    def __init__(self, members: Iterable[T]) -> None:
        self._parent = {m: m for m in members}

    def root(self, member: T) -> T:
        """The member that stands for its set until that is joined to another."""
        while self._parent[member] != member:
            self._parent[member] = self._parent[self._parent[member]]
            member = self._parent[member]
        return member

    def join(self, one: T, other: T) -> None:
        self._parent[self.root(one)] = self.root(other)

    def all(self) -> list[list[T]]:
        """The sets, in the order of their first members."""
        found: dict[T, list[T]] = {}
        for member in self._parent:
            found.setdefault(self.root(member), []).append(member)
        return list(found.values())
